"""How a stop of a script ends, as data."""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record

NOW, DRAINS, GRACE = ENDS = ("now", "drains", "grace")
FIFO: Final = "fifo"


class Asked(Record):
    """A stop. `signal`: without SIG; `pid1`: default actions are off; `all_told`: it is sent to
    everybody in the group."""

    signal: str
    pid1: bool
    all_told: bool


class Outcome(Record):
    """How a stop ends.

    `ends`      NOW (some tenths of a second), DRAINS (when the application has finished), GRACE
                (killed at the end of it)
    `finished`  whether the application could finish; None if nobody can tell
    `own_code`  the code is the application's
    `sends`     what a trap passes on: "TERM", FIFO (a command that is written into one); empty: the
                stop signal itself, or nothing
    """

    ends: str
    code: int | None
    finished: bool | None
    why: str
    own_code: bool = False
    sends: str = ""


def exit_code(text: str, otherwise: int) -> int:
    """Return the status of `exit TEXT`; `otherwise` for what is no number."""
    known = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) % 256 if known else otherwise
