"""The loop under a load: tasks that wait until a socket moves or a moment comes.

A task is a generator. It yields the moment (monotonic seconds) until which it waits at most, and
goes on when its socket moved, when the moment came, or for no reason: so it looks again, always.

Edge-triggered epoll (man 7 epoll) asks the kernel to watch once for each connection; asyncio asks
twice for each wait, makes two futures and two timers for each request, and is half as fast here.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

Task = Generator[float, None, None]

_READ = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET
_WRITE = _READ | select.EPOLLOUT
_FINE_S = 0.005  # epoll waits whole milliseconds; below this select(2) waits more exactly
_LONG_S = 3600.0


class Watched(Protocol):
    """A socket, or what has one."""

    def fileno(self) -> int:
        """Return its descriptor."""


class Reactor:
    """`spawn` tasks, then `run` until all have ended. Only `wake` may be called from outside."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._bell, select.EPOLLIN)
        self._open = threading.Lock()
        self._closed = False
        self._until: dict[Task, float] = {}
        self._watched: dict[int, Task] = {}
        self._running: Task | None = None
        self._soonest = 0.0  # no task waits for an earlier moment

    def spawn(self, task: Task) -> None:
        """Begin it as soon as the reactor runs."""
        self._until[task] = 0.0

    def watch(self, sock: Watched, *, room: bool = False) -> None:
        """What comes in wakes the running task from now on, and so does what is there already.

        `room`: so does room to send, or the end of a handshake. Closing the socket ends it.
        """
        if self._running is not None:
            self._watched[sock.fileno()] = self._running
        events = _WRITE if room else _READ
        try:
            self._epoll.register(sock, events)
        except FileExistsError:
            self._epoll.modify(sock, events)

    def wake(self) -> None:
        """Let every task look again; from any thread, at any time."""
        with self._open:
            if not self._closed:
                os.eventfd_write(self._bell, 1)

    def run(self, on_turn: Callable[[], None]) -> None:
        """Until all tasks have ended, or one has failed: the others are closed, and it raises.

        `on_turn` is called before each wait, and must not block.
        """
        try:
            while self._until:
                if self._soonest <= time.monotonic():
                    self._ring()
                on_turn()
                for fd, _ in self._poll():
                    if fd == self._bell:
                        self._wake_all()
                    else:
                        self._resume(self._watched[fd])
        finally:
            for task in self._until:
                task.close()
            with self._open:
                self._closed = True
                os.close(self._bell)
                self._epoll.close()

    def _poll(self) -> list[tuple[int, int]]:
        if not self._until:
            return []
        wait = self._soonest - time.monotonic()
        if 0 < wait < _FINE_S and self._epoll.fileno() < 1024:
            select.select([self._epoll], [], [], wait)
            wait = 0
        return self._epoll.poll(min(max(wait, 0), _LONG_S))

    def _ring(self) -> None:
        """Resume whose moment has come."""
        now = time.monotonic()
        for task in [task for task, until in self._until.items() if until <= now]:
            self._resume(task)
        self._soonest = min(self._until.values(), default=0.0)

    def _wake_all(self) -> None:
        os.eventfd_read(self._bell)
        for task in list(self._until):
            self._resume(task)

    def _resume(self, task: Task) -> None:
        self._running = task
        try:
            until = next(task)
        except StopIteration:
            self._until.pop(task, None)
            return
        self._until[task] = until
        self._soonest = min(self._soonest, until)


def pause(seconds: float) -> Task:
    """Wait, whatever moves meanwhile."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield until
