"""A stop while a cluster is made: heard at once where we wait, and never between two steps."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


class Interrupted(BaseException):
    """Somebody asked for a stop; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        """Keep the signal."""
        super().__init__(number)
        self.number = number


class Interruption:
    """Hears the signals of this process."""

    def __init__(self) -> None:
        """Listen from now on."""
        self._number = 0
        self._waits = False
        for number in HEARD:
            signal.signal(number, self._heard)

    @contextmanager
    def possible(self) -> Iterator[None]:
        """Let a stop end what is done here: raises Interrupted, also for one that came before."""
        self._waits = True
        try:
            self.check()
            yield
        finally:
            self._waits = False

    def check(self) -> None:
        """Raise Interrupted if a stop was asked for."""
        if self._number:
            self._waits = False
            raise Interrupted(self._number)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        self._number = self._number or number
        if self._waits:
            self.check()
