"""Several cases of one test at the same time: most of a stop is waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Case = TypeVar("Case")


def together(
    folder: Path, cases: Iterable[Case], one: Callable[[Path, Case], None], at_a_time: int
) -> None:
    """Try every case in a folder of its own, some at a time, and tell of each that fails."""
    with ThreadPoolExecutor(at_a_time) as pool:
        running = {}
        for number, case in enumerate(cases):
            own = folder / str(number)
            own.mkdir()
            running[pool.submit(one, own, case)] = case
    failures = [
        AssertionError(f"{case}: {error}")
        for future, case in running.items()
        if (error := future.exception())
    ]
    if failures:
        raise ExceptionGroup(f"{len(failures)} of {len(running)} failed", failures)
