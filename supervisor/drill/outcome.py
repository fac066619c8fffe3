"""What one drill came to: data, from whoever stopped something to whoever judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from supervisor.drill.tally import Tally
    from supervisor.ops.causes.cause import Cause

ASKED = "asked"  # the mark of the moment at which the action was asked for
OVER = "over"  # and of the one at which it was done
KILL, TERM = 9, 15


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the stop, in seconds from the request: `draining`, `stopping`, ..."""

    name: str
    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class End:
    """How an action ended, as the site saw it.

    `exit_code`  None: nothing ended (a restart within, a recycle), or nobody could see it
    `seconds`    from the request to the end, by the site's own clock where it has one
    `killed`     the grace period ran out, and KILL ended it
    `wrong`      why the action itself failed; empty: it did not
    `signal`     what it was asked by, 0 where nobody knows; `grace_s`: what it was given
    `left`       who had outlived it, and was ended with it
    `asked_at`   when it was asked, `over_at`: when that was done, in monotonic seconds; None: the
                 site does not know better than whoever gave the order
    `report`     report/schema.json: the keeper's own, or what was seen from outside
    """

    exit_code: int | None
    seconds: float
    killed: bool = False
    wrong: str = ""
    phases: tuple[Phase, ...] = ()
    cause: Cause | None = None
    log: tuple[str, ...] = ()
    report: dict[str, Any] | None = None
    hidden: tuple[str, ...] = ()
    signal: int = 0
    grace_s: float | None = None
    left: tuple[str, ...] = ()
    asked_at: float | None = None
    over_at: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A drill's end and what became of every request meanwhile.

    `action`   stop, restart, recycle or kill; `signal`: its number, 0 where none was sent
    `grace_s`  how long the end was waited for before KILL; None: the site decides
    `secure`   requests went over https: who accepted one had shaken hands itself
    """

    site: str
    action: str
    signal: int
    grace_s: float | None
    end: End
    tally: Tally
    loaded: bool = True  # requests were sent at all
    secure: bool = False
    expected_codes: tuple[int, ...] = field(default=())

    @property
    def exit_code(self) -> int | None:
        """128 + n for a signal's end, None where nothing ended or nobody could see it."""
        return self.end.exit_code

    @property
    def seconds(self) -> float:
        """From the request to the end."""
        return self.end.seconds

    @property
    def lost(self) -> int:
        """Requests that were accepted and got no complete response."""
        return self.tally.lost

    @property
    def answered(self) -> int:
        """Complete responses."""
        return self.tally.answered

    @property
    def turned_away(self) -> int:
        """Complete 503s with Retry-After and Connection: close."""
        return self.tally.turned_away

    @property
    def refused(self) -> int:
        """Failed connects: safe to retry elsewhere."""
        return self.tally.refused

    @property
    def clean(self) -> bool:
        """Ended by itself, in time, with a code that says so, and lost nothing."""
        right = self.exit_code is None or self.exit_code in (self.expected_codes or self.usual)
        return right and not (self.lost or self.end.killed or self.end.wrong)

    @property
    def usual(self) -> tuple[int, ...]:
        """The codes of a clean end: 128 + the signal, or 0; 137 where KILL was asked for."""
        if self.action == "kill":
            return (128 + KILL,)
        return (128 + (self.signal or TERM), 0)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why there are fewer trials than were wanted."""

    wanted: int
    why: str
