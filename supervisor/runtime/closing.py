"""The end of the doors: nobody new comes in, whoever is inside is answered, then they are left."""

from __future__ import annotations

from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from supervisor.runtime.frontdoor import FrontDoor
    from supervisor.runtime.poller import Poller

SETTLE_EVERY_S = 0.01
STALLED_S = 0.3


class Closing:
    """Closes a generation's doors; `leaving` counts the bytes that the service still sends."""

    def __init__(
        self,
        poller: Poller,
        doors: Sequence[FrontDoor],
        leaving: Callable[[], int],
        closed: Callable[[], None],
    ) -> None:
        """Nothing is closed yet; `closed` is called when nobody is left."""
        self._poller, self._doors = poller, doors
        self._leaving, self._closed = leaving, closed
        self._open = False

    def begin(self) -> None:
        """Let nobody new in, and wait until the last answers have left."""
        self._open = True
        for door in self._doors:
            door.close()
        self._settle(owed=-1, since=monotonic())

    def hasten(self) -> bool:
        """Answer at once who is still here, for want of time; tell whether anybody was awaited."""
        self._poller.cancel(self)
        if not self._open:
            return False
        for door in self._doors:
            door.hasten()
        self._leave()
        return True

    def _settle(self, owed: int, since: float) -> None:
        """Leave when everybody has an answer, or nobody has taken a byte for a while."""
        now = monotonic()
        left = self._leaving()
        if left != owed:
            owed, since = left, now
        settled = True
        for door in self._doors:  # every door accepts once more
            settled = door.settled and settled
        if settled and (not owed or now - since > STALLED_S):
            self._leave()
            self._closed()
            return
        self._poller.at(self, now + SETTLE_EVERY_S, lambda: self._settle(owed, since))

    def _leave(self) -> None:
        self._open = False
        for door in self._doors:
            door.leave()
