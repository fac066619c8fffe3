"""Procfiles: `name: command`, one process a line (Heroku, foreman, honcho)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.source import Source

LINE: Final = re.compile(r"[ \t]*([A-Za-z0-9_-]+)[ \t]*:[ \t]*(\S.*)")
MOST: Final = 1000  # processes


class Process(Record):
    """One process; its `command` is run by a shell (`sh -c`, Heroku: `bash -c`)."""

    name: str
    command: str
    place: Place


def parse(source: Source) -> tuple[Process, ...]:
    """Return the processes; lines of another shape are left out, as foreman does."""
    found: list[Process] = []
    for number, line in enumerate(source.lines, 1):
        match = LINE.match(line)
        if match and len(found) < MOST:
            found.append(Process(match[1], match[2].rstrip(), source.place(number)))
    return tuple(found)
