"""Something to stop that is not there: it ends as it is told to, and remembers its orders."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from supervisor.drill.outcome import End
from supervisor.drill.site import Order
from supervisor.testing import Graceful

CLEAN = End(exit_code=143, seconds=0.25)
KILLED = End(exit_code=137, seconds=10.2, killed=True, log=("listening on 8000", "still busy"))


class Scripted(Graceful):
    """Both the subject and its site; each order takes the next of the ends."""

    name = "scripted"

    def __init__(self, *ends: End) -> None:
        self._ends = list(ends)
        self.orders: list[Order] = []

    def site(self, port: int | None, *, loaded: bool) -> AbstractContextManager[Scripted]:
        """Itself."""
        return nullcontext(self)

    def up(self) -> None:
        """It is."""

    def base(self) -> str:
        """Nowhere that a request would reach."""
        return "http://127.0.0.1:9"

    def take(self, order: Order) -> End:
        """End as it was told."""
        self.orders.append(order)
        return self._ends.pop(0)

    def log(self) -> tuple[str, ...]:
        """Nothing more."""
        return ()

    def down(self) -> None:
        """It stays."""
