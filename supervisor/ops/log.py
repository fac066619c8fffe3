"""Lines of a container's log, with the moments at which its engine has read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from supervisor.core.record import Record
from supervisor.ops.containers import NEVER, moment
from supervisor.ops.kinds import MOST

# moby's own pieces of a long line: each has the line's time before it. The line has one end, or,
# by the driver `local`, none: the next one's time, which is a later one, follows at once.
PIECE: Final = 1 << 14  # bytes
_STAMP: Final = re.compile(rb"(\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d)) ")


class Line(Record):
    """One line; `at` in nanoseconds since the epoch, NEVER where nobody says when."""

    at: int
    text: str


def lines(told: bytes) -> Iterator[Line]:
    """Yield the lines of a log that was asked for with its times."""
    at = NEVER
    for raw in told.removesuffix(b"\n").split(b"\n") if told else ():
        for stamp, text in _split(raw):
            if stamp:
                at = _moment(stamp)  # a line without is the rest of the one before
            shown = text.decode(errors="replace")
            yield from (Line(at, one) for one in shown.splitlines() or [""])


def times(some: Iterable[Line]) -> tuple[int, ...]:
    """Return when each was written; nothing where none of that is known."""
    found = tuple(one.at for one in some)
    return found if any(found) else ()


def _moment(stamp: bytes) -> int:
    try:
        found = moment(stamp.decode())
    except ValueError:
        return NEVER  # a day that there is not
    return found if found < MOST else NEVER


def _split(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the lines that one holds, pieces joined, each behind its time, if it has one."""
    stamp, at = _STAMP.match(raw), 0
    while stamp:
        first, at, pieces = stamp[1], stamp.end(), []
        while (stamp := _STAMP.match(raw, at + PIECE)) and stamp[1] == first:
            pieces.append(raw[at : at + PIECE])
            at = stamp.end()
        if pieces and not stamp:
            stamp = _later(raw, at, first)
        end = stamp.start() if stamp else len(raw)
        yield first, b"".join((*pieces, raw[at:end]))
        at = end
    if at < len(raw) or not raw:
        yield b"", raw[at:]


def _later(raw: bytes, at: int, first: bytes) -> re.Match[bytes] | None:
    """Find where the next line begins; times that a program writes itself are not later."""
    found = _STAMP.finditer(raw, at, at + PIECE)
    return next((one for one in found if _moment(one[1]) > _moment(first)), None)
