"""The rows: each way of being PID 1 in front of uWSGI, as a command line.

Placeholders: {root} the checkout, {tmp} the trial's own directory. Programs come from the PATH of
the trial, which begins with the environment that runs the benchmark.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.scenarios import Shape

ROOT = Path(__file__).parents[1]
_GRACEFUL_HOOK = "unix_signal:15 gracefully_kill_them_all"


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """One row. `needs`: programs in the PATH, or files of the checkout."""

    name: str
    title: str
    needs: tuple[str, ...]
    command: Callable[[Shape, float], list[str]]

    def missing(self, path: str) -> str:
        """What is not installed, for the row that says so; empty: nothing."""
        absent = [need for need in self.needs if not _is_there(need, path)]
        return ", ".join(Path(need).name if "/" not in need else need for need in absent)


def _is_there(need: str, path: str) -> bool:
    return (ROOT / need).is_file() if "/" in need else shutil.which(need, path=path) is not None


def _classic(_shape: Shape, _grace_s: float) -> list[str]:
    return [
        "bash",
        "{root}/benchmarks/classic/start_server.sh",
        "{tmp}/uwsgi.ini",
        "{tmp}/uwsgi-fifo",
    ]


def _port(_shape: Shape, _grace_s: float) -> list[str]:
    return ["python", "{root}/benchmarks/classic/port.py", "{tmp}/uwsgi.ini", "{tmp}/uwsgi-fifo"]


def _hook(shape: Shape, _grace_s: float) -> list[str]:
    return ["uwsgi", *shape.arguments(), "--hook-master-start", _GRACEFUL_HOOK]


def _die_on_term(shape: Shape, _grace_s: float) -> list[str]:
    return ["uwsgi", *shape.arguments(), "--die-on-term"]


def _tini(shape: Shape, _grace_s: float) -> list[str]:
    return ["tini", "--", "uwsgi", *shape.arguments()]


def _dumb_init(shape: Shape, _grace_s: float) -> list[str]:
    return ["dumb-init", "--", "uwsgi", *shape.arguments()]


def _gracekeeper(shape: Shape, grace_s: float) -> list[str]:
    return ["gracekeeper", "run", "--grace", f"{grace_s:g}", "--", "uwsgi", *shape.arguments()]


def _start_server(_shape: Shape, grace_s: float) -> list[str]:
    return [
        "env",
        f"GRACEKEEPER_GRACE={grace_s:g}",
        "python",
        "{root}/entrypoints/start_server.py",
        "{tmp}/uwsgi.ini",
    ]


ENTRYPOINTS = {
    entrypoint.name: entrypoint
    for entrypoint in (
        Entrypoint("classic", "the classic start_server.sh", ("bash", "uwsgi"), _classic),
        Entrypoint("port", "its faithful Python port", ("uwsgi",), _port),
        Entrypoint("hook", "uWSGI's graceful hook", ("uwsgi",), _hook),
        Entrypoint("die-on-term", "uwsgi --die-on-term", ("uwsgi",), _die_on_term),
        Entrypoint("tini", "tini -- uwsgi", ("tini", "uwsgi"), _tini),
        Entrypoint("dumb-init", "dumb-init -- uwsgi", ("dumb-init", "uwsgi"), _dumb_init),
        Entrypoint(
            "gracekeeper", "gracekeeper run -- uwsgi", ("gracekeeper", "uwsgi"), _gracekeeper
        ),
        Entrypoint(
            "start_server",
            "entrypoints/start_server.py INI",
            ("gracekeeper", "entrypoints/start_server.py", "uwsgi"),
            _start_server,
        ),
    )
}
DEFAULT = tuple(name for name in ENTRYPOINTS if name != "dumb-init")
