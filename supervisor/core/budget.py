"""One grace period, and the moments inside it that everything must fit between."""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

RESERVE_S: Final = 1.0  # kept for KILL, reaping, last answers and the report
CLOSING_S: Final = 0.5  # of the reserve, kept for the last answers and the report
FINISH_S: Final = 0.3  # before the platform's KILL we are gone
TURN_AWAY_S: Final = 1.0  # before KILL, at least, nobody is let in to a worker any more
TREE_S: Final = 0.25  # between killing what is busy and killing everything
LEAST_RESERVE_S: Final = CLOSING_S + TREE_S
NEVER: Final = float("inf")


class Budget(Record):
    """The moments of one stop, on the clock that `asked_at` was read from; seconds.

    Their order is kill_at < close_at < finish_at < ends_at, and none of the first steps is later
    than kill_at, whatever the numbers: an operator's mistake must not cost the orderly end.
    """

    asked_at: float
    grace_s: float
    drain_delay_s: float = 0.0
    reserve_s: float = RESERVE_S
    hurried_at: float = NEVER

    @property
    def delay_until(self) -> float:
        """When the drain delay is over."""
        return min(self.asked_at + self.drain_delay_s, self.kill_at)

    @property
    def kill_at(self) -> float:
        """Before this moment nothing is killed; it is the moment when somebody was in a hurry."""
        return min(self.asked_at + self.grace_s - self._kept_s, self.hurried_at)

    @property
    def close_at(self) -> float:
        """When even killed processes are not waited for any more."""
        return self.ends_at - CLOSING_S

    @property
    def finish_at(self) -> float:
        """When the report is written whatever else is not finished."""
        return self.ends_at - FINISH_S

    @property
    def ends_at(self) -> float:
        """When the platform's own KILL comes, or the end of the reserve after a hurry."""
        return min(self.asked_at + self.grace_s, self.hurried_at + self._kept_s)

    @property
    def _kept_s(self) -> float:
        return max(self.reserve_s, LEAST_RESERVE_S)

    def turn_away_at(self, average_s: float) -> float:
        """When what still waits can't be served any more and is turned away.

        A worker that takes a request now should be able to finish it: requests that take long on
        average bring the moment forward, at most to the middle of the time after the drain delay.
        """
        room, kill_at = max(TURN_AWAY_S, 1.5 * average_s), self.kill_at
        delay_until = min(self.asked_at + self.drain_delay_s, kill_at)  # asked at every tick
        return max(kill_at - room, (delay_until + kill_at) / 2)

    def hurried(self, now: float) -> Budget:
        """Return the budget of somebody who asked twice: only the reserve is left from here."""
        return self.replace(hurried_at=min(self.hurried_at, now))
