"""Asking uWSGI's stats server without ever waiting for it."""

from __future__ import annotations

import _socket
from time import monotonic

from supervisor.runtime import leanjson
from supervisor.runtime.poller import WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from supervisor.runtime.poller import Poller

    Answered = Callable[[dict[str, Any] | None], None]

PATIENCE_S: Final = 0.25
CHUNK: Final = 65536
MOST: Final = 1 << 23  # bytes; a hundred busy workers need a tenth of it
HTTP: Final = "http:"  # before an address: with `stats-http`, the master waits for a request
REQUEST: Final = b"GET / HTTP/1.0\r\n\r\n"


class StatsQuery:
    """One query: connect, read to the end, call back with the document, None when there is none."""

    def __init__(self, poller: Poller, address: str, answered: Answered) -> None:
        """Start; `answered` is called exactly once, perhaps at once."""
        self._poller, self._answered = poller, answered
        self._data: list[bytes] = []
        self._size = 0
        self._socket: _socket.socket | None = None
        self._fd = -1
        try:
            self._connect(address)
        except (OSError, ValueError, OverflowError):  # also no descriptor left; no such port
            self._finish(None)

    def _connect(self, address: str) -> None:
        request = REQUEST if address.startswith(HTTP) else b""
        address = address.removeprefix(HTTP)
        host, colon, port = address.rpartition(":")
        inet = _socket.AF_INET6 if host.startswith("[") else _socket.AF_INET
        place = (host.strip("[]") or "127.0.0.1", int(port)) if colon else address
        made = _socket.socket(inet if colon else _socket.AF_UNIX, _socket.SOCK_STREAM)
        self._socket, self._fd = made, made.fileno()
        made.setblocking(False)
        try:
            made.connect(place)
        except BlockingIOError:
            pass
        if request:
            self._poller.watch(self._fd, lambda: self._send(made, request), WRITE)
        else:
            self._poller.watch(self._fd, lambda: self._read(made))
        self._poller.at(self, monotonic() + PATIENCE_S, lambda: self._finish(None))

    def _send(self, made: _socket.socket, request: bytes) -> None:
        try:
            made.send(request)  # a few bytes into an empty buffer: all of them
        except OSError:
            self._finish(None)
            return
        self._poller.watch(self._fd, lambda: self._read(made))

    def _read(self, made: _socket.socket) -> None:
        try:
            data = made.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._finish(None)
            return
        if data:
            self._data.append(data)
            self._size += len(data)
            if self._size > MOST:
                self._finish(None)
            return
        try:
            document = leanjson.loads(body(b"".join(self._data)).decode(errors="replace"))
        except ValueError:
            document = None
        self._finish(document if isinstance(document, dict) else None)

    def _finish(self, document: dict[str, Any] | None) -> None:
        self._poller.cancel(self)
        if self._socket is not None:
            self._poller.forget(self._fd)
            self._socket.close()
        self._answered(document)


def body(answer: bytes) -> bytes:
    """Return what is behind an HTTP head, which `stats-http` puts before the document."""
    return answer.partition(b"\r\n\r\n")[2] if answer.startswith(b"HTTP/") else answer
