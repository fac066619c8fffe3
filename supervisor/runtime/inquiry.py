"""Inquiry: whether a service serves, by the probe that its file names; asked until it does."""

from __future__ import annotations

import _socket
import os
from time import monotonic

from supervisor.runtime.stats import StatsQuery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from supervisor.config.readiness import Readiness
    from supervisor.runtime.children import Children
    from supervisor.runtime.poller import Poller
    from supervisor.runtime.process import Process

KILL: Final = 9
FIRST_S: Final = 0.004  # to the second question, and then twice as long each time
WRITE: Final = 4  # POLLOUT
HTTP: Final = "http://"
FINE: Final = (b"HTTP/1.0 2", b"HTTP/1.1 2", b"HTTP/1.0 3", b"HTTP/1.1 3")


class Inquiry:
    """Asks one generation; at most one question at a time."""

    def __init__(self, readiness: Readiness, poller: Poller, children: Children) -> None:
        """Know nothing yet."""
        self._readiness, self._poller, self._children = readiness, poller, children
        self.ready = False
        self._next = 0.0
        self._wait_s = min(readiness.every_s, FIRST_S)
        self._over: Callable[[], None] | None = None  # gives the present question up
        self._process: Process | None = None
        if readiness.kind == "notify":
            self._listen()

    def look(self) -> bool:
        """Tell whether it has been ready; else ask again, if it is time."""
        process = self._process
        if process and process.status is not None:
            self._answered(process.status == 0)
        if not self.ready and self._over is None and monotonic() >= self._next:
            self._next = monotonic() + self._wait_s
            self._wait_s = min(self._readiness.every_s, 2 * self._wait_s)
            self._ask()
        return self.ready

    def _ask(self) -> None:
        kind, target = self._readiness.kind, self._readiness.target
        try:
            if kind == "file":
                self.ready = os.path.exists(target)
            elif kind == "exec":
                self._process = self._children.spawn_beside(self._readiness.argv)
                self._wait_for(self._killed)
            elif kind == "stats":
                StatsQuery(self._poller, target, self._stats)
            elif kind != "notify":
                self._connect(target)
        except (OSError, ValueError, OverflowError):  # nobody there, no descriptor, no such port
            self._answered(False)

    def _stats(self, document: dict[str, Any] | None) -> None:
        from supervisor.servers.uwsgi.stats import told

        known = None if document is None else told(document)
        self.ready = any(worker.accepting for worker in known or ())

    def _connect(self, target: str) -> None:
        """Connect; for http, ask for the path and read how the answer begins."""
        if self._readiness.kind == "socket":
            self._begin(_socket.socket(_socket.AF_UNIX), target, b"")
            return
        place, _, path = target.removeprefix(HTTP).partition("/")
        host, _, port = place.rpartition(":")
        where = (host.strip("[]") or "127.0.0.1", int(port))
        family = _socket.AF_INET6 if host.startswith("[") else _socket.AF_INET
        request = f"GET /{path} HTTP/1.0\r\nHost: {place}\r\n\r\n".encode()
        asks = request if self._readiness.kind == "http" else b""
        self._begin(_socket.socket(family), where, asks)

    def _begin(self, made: _socket.socket, where: Any, request: bytes) -> None:
        made.setblocking(False)
        fd = made.fileno()

        def close() -> None:
            self._poller.forget(fd)
            made.close()

        def connected() -> None:
            if made.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR):
                self._answered(False)
            elif not request:
                self._answered(True)
            else:
                made.send(request)
                self._poller.watch(fd, answered)

        def answered() -> None:
            try:
                self._answered(made.recv(len(FINE[0])) in FINE)
            except OSError:
                self._answered(False)

        self._wait_for(close)
        self._poller.watch(fd, connected, WRITE)
        try:
            made.connect(where)
        except BlockingIOError:
            if self._readiness.kind == "socket":  # its queue is full: somebody listens
                self._answered(True)

    def _wait_for(self, over: Callable[[], None]) -> None:
        self._over = over
        patience = monotonic() + self._readiness.patience_s
        self._poller.at(self, patience, lambda: self._answered(False))

    def _killed(self) -> None:
        if self._process and self._process.status is None:
            self._process.send_group(KILL)
        self._process = None

    def _answered(self, ready: bool) -> None:
        """Take the answer in, or that none came."""
        self._poller.cancel(self)
        over, self._over = self._over, None
        if over:
            over()
        self.ready = ready or self.ready

    def _listen(self) -> None:
        from supervisor.runtime.notices import Notices

        notices = Notices(self._poller, self._children)
        notices.listen(self._told)
        self._over = notices.close

    def _told(self) -> None:
        self.ready = True

    def end(self) -> None:
        """Ask no more."""
        if self._over:
            self._answered(False)
