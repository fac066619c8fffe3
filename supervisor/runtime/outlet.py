"""Outlet: our stdout or stderr, where the lines of several come together and none is torn.

It never blocks: what can't leave yet waits here, and who has more to say waits, too.
"""

from __future__ import annotations

import os
import select
import stat
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.runtime.poller import Poller

    Outlets = tuple["Outlet", "Outlet"]  # for stdout and for stderr

STUCK_S = 0.5  # who has not read for so long is not waited for
FLAGS = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Outlet:
    """One way out, opened for ourselves alone."""

    def __init__(self, poller: Poller, target: int) -> None:
        """Open what `target` is once more."""
        self._poller = poller
        self._fd, self._own = _opened_again(target)
        self._rest = b""
        self._waiting: list[Callable[[], None]] = []

    @property
    def full(self) -> bool:
        """Whether something still waits to leave."""
        return bool(self._rest)

    def put(self, lines: bytes) -> None:
        """Let whole lines leave; nobody should put more while it is full."""
        was_full = self.full
        self._rest += lines
        if not was_full:
            self._write()

    def wait(self, go_on: Callable[[], None]) -> None:
        """Call back once there is room again."""
        self._waiting.append(go_on)

    def _write(self) -> None:
        try:
            while self._rest:
                self._rest = self._rest[self._put() :]
        except BlockingIOError:
            self._poller.watch(self._fd, self._go_on, select.POLLOUT)
        except OSError:  # nobody reads it any more
            self._rest = b""

    def _put(self) -> int:
        if self._own:
            return os.write(self._fd, self._rest)
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        if not poll.poll(0):
            raise BlockingIOError
        return os.write(self._fd, self._rest[: select.PIPE_BUF])

    def _go_on(self) -> None:
        self._poller.forget(self._fd)
        self._write()
        for _ in range(len(self._waiting)):
            if self.full:
                break
            self._waiting.pop(0)()  # who waits again comes last

    def drain(self, patience_s: float) -> None:
        """Wait until all has left, but not for long: the end is near."""
        until = monotonic() + patience_s
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        while self.full and (left := until - monotonic()) > 0:
            if poll.poll(left * 1000):
                self._go_on()

    def say_all(self, until: float) -> None:
        """Wait until all has left, as long as somebody reads and it is not too late."""
        while self.full and (left := until - monotonic()) > 0:
            before = len(self._rest)
            self.drain(min(left, STUCK_S))
            if len(self._rest) == before:
                return

    def close(self) -> None:
        """Close our end."""
        self._poller.forget(self._fd)
        os.close(self._fd)


def both(poller: Poller) -> Outlets:
    """Return the ways for stdout and stderr: a single one, if they lead to the same place."""
    stdout = Outlet(poller, 1)
    return (stdout, stdout if _same(1, 2) else Outlet(poller, 2))


def _same(one: int, other: int) -> bool:
    try:
        return os.path.sameopenfile(one, other)
    except OSError:
        return False


def _opened_again(target: int) -> tuple[int, bool]:
    """Open a descriptor's pipe for ourselves, without blocking; else a copy of it.

    A file never blocks, and its offset must stay the one that all share.
    """
    try:
        if stat.S_ISREG(os.fstat(target).st_mode):
            return os.dup(target), True
        return os.open(f"/proc/self/fd/{target}", FLAGS | os.O_APPEND), True
    except OSError:  # a socket, or none at all
        pass
    try:
        return os.dup(target), False
    except OSError:
        return os.open(os.devnull, FLAGS), True
