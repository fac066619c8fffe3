"""A clock that only moves when it is told to, and what is due on it."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NEVER = float("inf")


class Clock:
    """A moment in seconds, and happenings in the order of their moments, then of their making."""

    def __init__(self, now: float = 100.0) -> None:
        """Begin at `now`, with nothing due."""
        self.now = now
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    @property
    def next(self) -> float:
        """When something happens next; infinity if nothing is due."""
        return self._due[0][0] if self._due else NEVER

    def after(self, seconds: float, happens: Callable[[], None]) -> None:
        """Have something happen in so many seconds; infinity: never."""
        if seconds < NEVER:
            heappush(self._due, (self.now + max(0.0, seconds), next(self._number), happens))

    def move_to(self, moment: float) -> None:
        """Let time pass until `moment`; what is due by then happens, each at its own moment."""
        while self.next <= moment:
            at, _, happens = heappop(self._due)
            self.now = max(self.now, at)
            happens()
        self.now = max(self.now, moment)
