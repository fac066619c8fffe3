"""The rows: each way of getting fresh workers, as a command line and what triggers it.

Placeholders as in benchmarks.entrypoints. A trigger is a tuple: ("run", COMMAND...), ("fifo",
CHARACTERS), ("signal", NAME), or ("itself",) for servers that decide on their own.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.scenarios import HTTP_ROUTER, HTTP_SOCKET, PORT, Scenario, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

GUNICORN = "gunicorn"
RESTART, RECYCLE = "restart", "recycle"  # new code; or fresh workers with the same code
_UWSGI = (HTTP_SOCKET, HTTP_ROUTER)
_NOTES = ["env", "BENCH_NOTES={tmp}/notes"]
_CONTROL = ["--control", "{tmp}/control.sock"]
_PROGRAMS = ("gracekeeper", "uwsgi", "gunicorn")
_LEAK_BYTES, _RSS_MIB, _REQUESTS, _AGE_S = 1 << 20, 80, 60, 1


def load(route_s: float, *, leak_bytes: int = 0) -> Scenario:
    """Eight clients that never pause, on a short route."""
    path = f"/leak?bytes={leak_bytes}&s={route_s:g}" if leak_bytes else f"/slow?s={route_s:g}"
    title = f"8 closed-loop clients on a {route_s:g} s route"
    return Scenario(name="turnover", title=title, path=path)


def uwsgi(shape: Shape, *more: str) -> list[str]:
    """uWSGI as in `make bench-stop`, with the application of this trial."""
    words = shape.arguments()
    words[words.index("--wsgi-file") + 1] = "{tmp}/app.py"
    return ["uwsgi", *words, *more]


@dataclass(frozen=True, slots=True)
class Contender:
    """One row. `modes`: where it makes sense; `leak_bytes`: what a request must keep for it."""

    name: str
    title: str
    kind: str
    modes: tuple[str, ...]
    trigger: tuple[str, ...]
    serve: Callable[[Shape], list[str]]
    leak_bytes: int = 0

    @property
    def is_ours(self) -> bool:
        """Whether we are PID 1."""
        return self.name.startswith("gracekeeper")

    @property
    def decides_itself(self) -> bool:
        """Whether nobody can say when."""
        return self.trigger == ("itself",)

    def command(self, shape: Shape) -> list[str]:
        """PID 1 and its arguments."""
        return [*_NOTES, *self.serve(shape)]

    def cannot(self, *, broken: bool) -> str:
        """Why this can't be asked of it; empty: it can."""
        if broken and self.kind == RECYCLE:
            return "it loads no code"
        return ""

    def missing(self, path: str) -> str:
        """The programs that are not installed; empty: none."""
        shape = Shape(scenario=load(0.05), mode=self.modes[0])
        words = {*self.command(shape), *self.trigger[1:2]}
        absent = (it for it in _PROGRAMS if it in words and shutil.which(it, path=path) is None)
        return ", ".join(absent)


def _own(*more: str) -> Callable[[Shape], list[str]]:
    """uWSGI as PID 1, with a master FIFO and what a way of its own needs."""
    return lambda shape: uwsgi(shape, "--master-fifo", "{tmp}/fifo", *more)


def _kept(shape: Shape) -> list[str]:
    """Us as PID 1; the only worker may go, too."""
    least = ["--recycle-min-ready", str(min(1, shape.workers - 1))]
    return ["gracekeeper", "run", *_CONTROL, *least, "--", *uwsgi(shape)]


def _gunicorn(shape: Shape, *bind: str) -> list[str]:
    words = ["gunicorn", "--chdir", "{tmp}", "--pythonpath", "{root}"]
    return [*words, *bind, "--workers", str(shape.workers), "app:application"]


def _own_gunicorn(shape: Shape) -> list[str]:
    return _gunicorn(shape, "--bind", f"127.0.0.1:{PORT}")


def _kept_gunicorn(shape: Shape) -> list[str]:
    listen = ["--listen", f"127.0.0.1:{PORT}"]
    return ["gracekeeper", "run", *_CONTROL, *listen, "--", *_gunicorn(shape)]


def _uwsgi_row(name: str, title: str, kind: str, trigger: tuple[str, ...], *more: str) -> Contender:
    return Contender(name, title, kind, _UWSGI, trigger, _own(*more))


_ASKED_TO_RESTART = ("run", "gracekeeper", "restart", *_CONTROL)
_ASKED_TO_RECYCLE = ("run", "gracekeeper", "recycle", "--all", *_CONTROL)
_LIMITED = ("--min-worker-lifetime", str(_AGE_S))
_ROWS = (
    Contender(
        "gracekeeper-restart", "gracekeeper restart", RESTART, _UWSGI, _ASKED_TO_RESTART, _kept
    ),
    Contender(
        "gracekeeper-recycle",
        "gracekeeper recycle --all",
        RECYCLE,
        _UWSGI,
        _ASKED_TO_RECYCLE,
        _kept,
    ),
    _uwsgi_row("uwsgi-r", "uWSGI, `r` to its FIFO", RESTART, ("fifo", "r")),
    _uwsgi_row("uwsgi-w", "uWSGI, `w`", RECYCLE, ("fifo", "w")),
    _uwsgi_row("uwsgi-c", "uWSGI, `c`", RECYCLE, ("fifo", "c")),
    _uwsgi_row("uwsgi-lazy-w", "uWSGI lazy-apps, `w`", RESTART, ("fifo", "w"), "--lazy-apps"),
    _uwsgi_row("uwsgi-lazy-c", "uWSGI lazy-apps, `c`", RESTART, ("fifo", "c"), "--lazy-apps"),
    _uwsgi_row(
        "uwsgi-max-requests",
        f"uWSGI, max-requests {_REQUESTS}",
        RECYCLE,
        ("itself",),
        *("--max-requests", str(_REQUESTS), *_LIMITED),
    ),
    Contender(
        "uwsgi-rss",
        f"uWSGI, reload-on-rss {_RSS_MIB}, 1 MiB leaked a request",
        RECYCLE,
        _UWSGI,
        ("itself",),
        _own("--reload-on-rss", str(_RSS_MIB), *_LIMITED),
        leak_bytes=_LEAK_BYTES,
    ),
    Contender(
        "gunicorn-hup",
        "gunicorn, HUP to its master",
        RESTART,
        (GUNICORN,),
        ("signal", "HUP"),
        _own_gunicorn,
    ),
    Contender(
        "gracekeeper-gunicorn",
        "gracekeeper restart, gunicorn",
        RESTART,
        (GUNICORN,),
        _ASKED_TO_RESTART,
        _kept_gunicorn,
    ),
)
CONTENDERS = {contender.name: contender for contender in _ROWS}
MODES = (*_UWSGI, GUNICORN)
