"""What an answer is made of: a cause, what to do about it, and how sure that is."""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record
from supervisor.report.causes import CONFIDENCES

CERTAIN, LIKELY, POSSIBLE = CONFIDENCES

# What to do where nobody has seen enough: it has ended, and may be gone.
LOOK: Final = (
    "Start it again and ask `gracekeeper inspect CONTAINER`, or record its next stop: `gracekeeper"
    " watch CONTAINER`."
)


class Cause(Record):
    """Why it ended. `facts`: what that rests on; `fix`: empty when there is nothing to do."""

    id: str
    sentence: str
    fix: str = ""
    confidence: str = CERTAIN
    facts: tuple[str, ...] = ()
