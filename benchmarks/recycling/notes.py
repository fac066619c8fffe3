"""What the application noted, and what follows from it: who is fresh, and who followed whom."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.recycling.windows import Span

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Note:
    """One request that a worker ran; `worker` is its number, 0 where there are none. Seconds."""

    worker: int
    pid: int
    begin: float
    end: float


def parse(text: str) -> list[Note]:
    """The notes of benchmarks.app.noted; a last line that is not complete is left out."""
    notes = []
    for line in text.splitlines(keepends=True):
        if line.endswith("\n"):
            worker, pid, begin, end = line.split()
            notes.append(Note(int(worker), int(pid), float(begin), float(end)))
    return notes


class Notebook:
    """The notes of a server that runs; each byte is read once, since the load goes on meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path, self._read, self._rest = path, 0, ""
        self.notes: list[Note] = []
        self.pids: set[int] = set()

    def read(self) -> list[Note]:
        """All notes so far."""
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
            self._read += len(data)
            whole, newline, self._rest = (self._rest + data.decode("ascii")).rpartition("\n")
            fresh = parse(whole + newline)
            self.notes += fresh
            self.pids.update(note.pid for note in fresh)
        return self.notes


def served_at(notes: Iterable[Note], known: set[int], workers: int) -> float | None:
    """When the last of so many processes that were not known had its first answer; or None."""
    first: dict[int, float] = {}
    for note in notes:
        if note.pid not in known:
            first.setdefault(note.pid, note.end)
    return sorted(first.values())[workers - 1] if len(first) >= workers else None


def turnovers(notes: Iterable[Note]) -> list[Span]:
    """From each worker's last answer to the first one of who came in its place."""
    last: dict[int, Note] = {}
    spans = []
    for note in sorted(notes, key=lambda it: it.end):
        before = last.get(note.worker)
        if before is not None and before.pid != note.pid:
            spans.append(Span(before.end, note.end))
        last[note.worker] = note
    return spans
