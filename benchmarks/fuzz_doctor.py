"""Fuzzes `gracekeeper doctor`: trees of bad files, until the time is over or something is raised.

With atheris (`pip install atheris`), what a tree reaches in the code guides the next one; without
it, trees are random. A tree that fails is written down, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

BYTES = 160  # which say what is done to a tree
HANG_S = 60


def main(arguments: list[str] | None = None) -> int:
    """Fuzz as long as wanted; a way to begin again is printed first."""
    parser = argparse.ArgumentParser(prog="make fuzz-doctor", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--trees", type=Path, help="a folder of projects to begin with, too")
    parser.add_argument("--found", type=Path, default=Path("fuzz-doctor-found"))
    wanted = parser.parse_args(arguments)
    guided = find_spec("atheris") is not None
    with _instrumented() if guided else nullcontext():
        from supervisor.doctor import examine
        from tests.doctor import fuzzing

        examine.all_rules()
    wanted.found.mkdir(exist_ok=True)
    start = _projects(wanted.trees) if wanted.trees else ()
    trial = Trial(fuzzing, start, wanted.found)
    print(f"seed {wanted.seed}, {'guided by atheris' if guided else 'random'}", flush=True)
    if guided:
        _guided(trial, wanted.seed, wanted.minutes)
    else:
        _random(trial, wanted.seed, wanted.minutes)
    print(f"{trial.trees} trees, no traceback", flush=True)
    return 0


class Trial:
    """Looks at one tree after the other."""

    def __init__(self, fuzzing: Any, start: Any, found: Path) -> None:
        """Remember where to begin, and where to write what fails."""
        self._fuzzing, self._start, self.found = fuzzing, start, found
        self.trees = 0

    def one(self, raw: bytes) -> None:
        """Look at the tree that some bytes mean; whatever it raises, it raises."""
        files = self._fuzzing.tree(raw, self._start)
        self.trees += 1
        try:
            self._fuzzing.look(files)
        except BaseException:
            self._kept(files)
            raise

    def _kept(self, files: Mapping[str, bytes]) -> None:
        for path, raw in files.items():
            place = self.found / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(raw)
        print(f"this tree fails: {self.found}", file=sys.stderr, flush=True)


def _random(trial: Trial, seed: int, minutes: float) -> None:
    chosen, until = random.Random(seed), time.monotonic() + minutes * 60
    while time.monotonic() < until:
        try:
            trial.one(chosen.randbytes(BYTES))
        except Exception:
            traceback.print_exc()
            raise SystemExit(1) from None


def _instrumented() -> AbstractContextManager[None]:
    atheris = import_module("atheris")
    found: AbstractContextManager[None] = atheris.instrument_imports(include=["supervisor.doctor"])
    return found


def _guided(trial: Trial, seed: int, minutes: float) -> None:
    """Give atheris the lead; it ends the process itself."""
    atheris = import_module("atheris")
    options = {
        "max_total_time": round(minutes * 60),
        "seed": seed % 2**31 or 1,
        "max_len": BYTES,
        "len_control": 0,
        "timeout": HANG_S,
        "rss_limit_mb": 2048,
        "artifact_prefix": f"{trial.found}/",
        "print_final_stats": 1,
    }
    words = [sys.argv[0], *(f"-{name}={value}" for name, value in options.items())]
    atheris.Setup(words, trial.one)
    atheris.Fuzz()


def _projects(folder: Path) -> tuple[dict[str, bytes], ...]:
    """Return the files of each folder of a folder."""
    return tuple(
        {
            str(file.relative_to(project)): file.read_bytes()[: 64 * 1024]
            for file in sorted(project.rglob("*"))
            if file.is_file()
        }
        for project in sorted(folder.iterdir())
        if project.is_dir() and any(project.rglob("*"))
    )


if __name__ == "__main__":
    raise SystemExit(main())
