"""Made-up clients: who came, who waits, who is inside, and what became of each request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

ANSWERED: Final = "answered"
TURNED_AWAY: Final = "turned away"
REFUSED: Final = "refused"
LOST: Final = "lost"


class Visit(Record):
    """One request: when it comes, in seconds after the world began, and how long a worker needs."""

    arrives_s: float
    takes_s: float = 0.2


class Traffic:
    """The requests at a door, ours or the server's own; `say` hears what becomes of each."""

    def __init__(
        self, visits: tuple[Visit, ...], idle: int, say: Callable[[str], None], *, ours: bool
    ) -> None:
        """Nobody has come yet; `idle` connections are open that ask nothing."""
        self.visits, self.idle, self.ours, self._say = visits, idle, ours, say
        self.queue: list[int] = []
        self.fates: dict[int, str] = {}
        self.listening = False  # the server's own door is open
        self.steered = self.turning = self.closed = False
        self.answered_s: list[float] = []

    @property
    def answered(self) -> int:
        """How many requests were answered."""
        return len(self.answered_s)

    def arrive(self, number: int) -> bool:
        """Let a client connect; True when it waits for the server now."""
        if self.closed or not (self.ours or self.listening):
            self.settle(number, REFUSED)
        elif self.steered or self.turning:
            self.settle(number, TURNED_AWAY)
        else:
            self.queue.append(number)
            self._say(f"request {number} waits")
            return True
        return False

    def settle(self, number: int, fate: str) -> None:
        """Let a request have ended; what became of it first counts."""
        if number in self.fates:
            return
        self.fates[number] = fate
        if fate == ANSWERED:
            self.answered_s.append(self.visits[number].takes_s)
        self._say(f"request {number} is {fate}")

    def shut(self, how: str) -> str:
        """Shut our door; return how, "none" if it isn't ours."""
        self.steered = self.ours and how == "steered"
        return how if self.ours else "none"

    def turn_away(self) -> None:
        """Answer each that waits at our door with a 503, and whoever comes from here on."""
        if self.ours:
            self.turning = True
            self._empty(TURNED_AWAY)

    def close(self) -> int:
        """Close our door; return how many were turned away."""
        self.turn_away()
        self.closed = self.closed or self.ours
        return sum(fate == TURNED_AWAY for fate in self.fates.values())

    def reset(self) -> None:
        """Let the server's own listener be gone, and who waits there with it (tcp(7))."""
        self.listening = False
        if not self.ours:
            self._empty(LOST)

    def _empty(self, fate: str) -> None:
        while self.queue:
            self.settle(self.queue.pop(0), fate)
