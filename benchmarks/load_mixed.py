"""A server that does four things in turn, so that it is known what a load has to say."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
from collections import Counter

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"
_TURN_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
    b"Connection: close\r\nContent-Length: 4\r\n\r\nbye\n"
)
_ROUND = ("answered",) * 7 + ("turned away", "reset", "half an answer")
_LINGER = struct.pack("ii", 1, 0)


class Mixed:
    """A context manager; `done` counts what was done, connection by connection."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._kinds = itertools.cycle(_ROUND)
        self.done: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> Mixed:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock, contextlib.suppress(ConnectionError):
                if sock.recv(65536):  # a client that never asked, at the end, is not counted
                    self._do(sock, next(self._kinds))

    def _do(self, sock: socket.socket, kind: str) -> None:
        self.done[kind] += 1
        if kind == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        elif kind == "turned away":
            sock.sendall(_TURN_AWAY)
        else:
            sock.sendall(_OK if kind == "answered" else _OK[:-3])
