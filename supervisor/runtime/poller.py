"""One poll(2), one clock: everything that the keeper waits for."""

from __future__ import annotations

import select
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

READ: Final = select.POLLIN
WRITE: Final = select.POLLOUT
FOREVER: Final = float("inf")
LONGEST_S: Final = 3600.0  # poll(2) counts milliseconds in an int


class Poller:
    """File descriptors and moments, each with what is called when it is time."""

    def __init__(self, trouble: Callable[[str], None] = lambda _: None) -> None:
        """Wait for nothing yet; `trouble` is told what a callback raised, and things go on."""
        self._trouble = trouble
        self._poll = select.poll()
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._timers: dict[object, tuple[float, Callable[[], None]]] = {}

    def watch(self, fd: int, callback: Callable[[], None], events: int = READ) -> None:
        """Call back whenever `fd` is ready; also when it is broken. Replaces an earlier watch."""
        self._poll.register(fd, events)
        self._callbacks[fd] = callback

    def forget(self, fd: int) -> None:
        """Stop watching `fd`; not watched is fine."""
        if fd in self._callbacks:
            del self._callbacks[fd]
            self._poll.unregister(fd)

    def at(self, key: object, when: float, callback: Callable[[], None]) -> None:
        """Call back once at `when`, in monotonic seconds; the same key again replaces it."""
        self._timers[key] = (when, callback)

    def cancel(self, key: object) -> None:
        """Forget a timer; none is fine."""
        self._timers.pop(key, None)

    def wait(self, until: float) -> None:
        """Wait for news, at most until `until`, and call back for all of it."""
        timers = self._timers
        if timers:
            until = min(until, *(when for when, _ in timers.values()))
        left_ms = None if until == FOREVER else max(0, min(until - monotonic(), LONGEST_S)) * 1000
        ready = self._poll.poll(left_ms)
        if len(ready) == 1:  # the next signal, most of the time
            self._call(self._callbacks[ready[0][0]])
        else:
            self._call_all([fd for fd, _events in ready])
        if timers:
            self._call_due(monotonic())

    def _call_all(self, ready: list[int]) -> None:
        """Call back for several.

        One may close a descriptor that is ready, too, and open another by the same number: news of
        the old one must not reach the new one.
        """
        for fd, callback in [(fd, self._callbacks[fd]) for fd in ready]:
            if self._callbacks.get(fd) is callback:
                self._call(callback)

    def _call_due(self, now: float) -> None:
        """Call back for timers; one may cancel or replace another."""
        for key, timer in list(self._timers.items()):
            if timer[0] <= now and self._timers.get(key) is timer:
                del self._timers[key]
                self._call(timer[1])

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as error:
            self._trouble(repr(error))
