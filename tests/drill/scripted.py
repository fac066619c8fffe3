"""A server on 127.0.0.1 (or a unix socket) that does to each connection what a script says."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEADLINE_S = 10.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # struct linger: on, 0 seconds

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
OK_CLOSE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
TURN_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
    b"Connection: close\r\nContent-Length: 4\r\n\r\nbye\n"
)


class Peer:
    """The server's side of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(DEADLINE_S)
        self.socket = sock

    def read_head(self) -> bytes:
        """Read one request without a body; empty: the client has closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            if not more:
                return b""
            data += more
        return data

    def await_unread(self) -> None:
        """Return when something has come, and leave it unread."""
        assert select.select([self.socket], [], [], DEADLINE_S)[0], "nothing came"

    def await_close(self) -> None:
        """Read until the client has closed."""
        with contextlib.suppress(ConnectionError):
            while self.socket.recv(65536):
                pass

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.socket.sendall(data)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        if self.socket.family != socket.AF_UNIX:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.socket.close()


class Scripted:
    """Accept in a thread, run the script for each connection in its own; a context manager."""

    def __init__(self, script: Callable[[Peer], None], listener: socket.socket) -> None:
        self._script = script
        self._listener = listener
        self._threads: list[threading.Thread] = []
        self._peers: list[Peer] = []
        self.failures: list[BaseException] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    @classmethod
    def tcp(cls, script: Callable[[Peer], None], host: str = "127.0.0.1") -> Self:
        """Listen on a free port."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, 0), family=family, backlog=1024)
        return cls(script, listener)

    @classmethod
    def unix(cls, script: Callable[[Peer], None], path: Path) -> Self:
        """Listen on a unix socket."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        listener.listen(1024)
        return cls(script, listener)

    @property
    def url(self) -> str:
        """What a load needs to find this server."""
        if self._listener.family == socket.AF_UNIX:
            return f"unix:{self._listener.getsockname()}"
        host, port = self._listener.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                # Below TLS: ssl.SSLSocket's own takes it from under a script that says goodbye.
                socket.socket.shutdown(peer.socket, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE_S)
            assert not thread.is_alive(), "a script hangs"
        assert not self.failures, self.failures

    def refuse(self) -> None:
        """Stop listening: from now on the port refuses."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(DEADLINE_S)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            peer = Peer(sock)
            self._peers.append(peer)
            thread = threading.Thread(target=self._play, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, peer: Peer) -> None:
        try:
            self._script(peer)
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            peer.socket.close()
