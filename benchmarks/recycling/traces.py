"""What a process and its descendants hold: memory, descriptors, processes, files."""

from __future__ import annotations

import contextlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_RUN_DIRECTORY = re.compile(r"/[^\0:]*/gracekeeper-[^/\0]+(?=/)")
_OURS = {"log", "notes", "app.py"}  # the benchmark's own


@dataclass(frozen=True, slots=True)
class Traces:
    """At one moment; `pss_kib` is None where the kernel does not let us see it."""

    pss_kib: int | None
    fds: int
    processes: int
    files: tuple[str, ...]


def take(pid: int, folder: Path) -> Traces:
    """Look at PID 1 (by the number that it has here), everything below it, and their files."""
    tree = _tree(pid)
    folders = {folder, *(Path(found) for one in tree for found in _run_directories(one))}
    files = sorted(
        path.name
        for place in folders
        if place.is_dir()
        for path in place.iterdir()
        if path.name not in _OURS
    )
    fds = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return Traces(pss_kib(pid), fds, len(tree), tuple(files))


def growth(before: Traces, after: Traces) -> dict[str, Any]:
    """What has become more; `files` are names that were not there."""
    seen = before.pss_kib is not None and after.pss_kib is not None
    return {
        "before": asdict(before),
        "after": asdict(after),
        "pss_kib": (after.pss_kib or 0) - (before.pss_kib or 0) if seen else None,
        "fds": after.fds - before.fds,
        "processes": after.processes - before.processes,
        "files": sorted(set(after.files) - set(before.files)),
    }


def pss_kib(pid: int) -> int | None:
    """A process's fair share of memory, in KiB; None where the kernel does not let us see it."""
    try:
        found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))
    except OSError:
        return None
    return int(found[1]) if found else None


def _tree(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii")
            found += [int(word) for word in words.split()]
    return found


def _run_directories(pid: int) -> set[str]:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    return set(_RUN_DIRECTORY.findall(words))
