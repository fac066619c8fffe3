"""A finding: what is wrong, where, and how it is put right."""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record

CRITICAL, HIGH, MEDIUM, LOW, INFO = SEVERITIES = ("critical", "high", "medium", "low", "info")


class Place(Record):
    """Lines of a file, the first being 1; `path` is relative to the tree that was looked at."""

    path: str
    line: int = 1
    end_line: int = 0  # 0: that one line

    @property
    def last(self) -> int:
        """Return the last line."""
        return self.end_line or self.line

    def __str__(self) -> str:
        """Return what an editor jumps to."""
        return f"{self.path}:{self.line}"


class Edit(Record):
    """Lines of a file that are replaced by others; `text` without its last line end."""

    place: Place
    text: str


class Finding(Record):
    """One smell at one place.

    `why`    one sentence: which requests or seconds it costs here
    `fix`    what to do, in words; `edits` do it, where that is safe
    `facts`  other places that belong to it: `path:line: what it says there`
    """

    id: str
    severity: str
    place: Place
    why: str
    fix: str
    edits: tuple[Edit, ...] = ()
    facts: tuple[str, ...] = ()


class Skip(Record):
    """What was not read, and why."""

    place: Place
    why: str


ORDER: Final = {name: at for at, name in enumerate(SEVERITIES)}
