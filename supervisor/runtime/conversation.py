"""One short conversation with a client that PID 1 answers itself: read, answer, linger, close.

The request is read before the answer is sent and the connection is closed only after the client has
had time to read: closing with unread data in the receive buffer makes the kernel send RST, and the
client loses the answer (RFC 9112, 9.6).
"""

from __future__ import annotations

import _socket
import struct
from time import monotonic

from supervisor.runtime.poller import WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from supervisor.runtime.poller import Poller

    Answer = Callable[[bytes, "Conversation"], bytes | None]

SOL_SOCKET, SO_PEERCRED = 1, 17
UCRED = struct.Struct("iII")
HEAD_S: Final = 1.0  # a client that says nothing for so long is answered all the same
LINGER_S: Final = 1.0  # after the last byte that a client still sends
LINGER_MOST_S: Final = 3.0  # and however much it sends
HEAD_LIMIT: Final = 65536
CHUNK: Final = 65536


class Conversation:
    """Reads a request's head, sends `answer(head, self)`, and closes without losing it.

    An answer of None means later: `reply` sends it then.
    """

    def __init__(
        self,
        poller: Poller,
        connection: _socket.socket,
        protocol: str,
        answer: Answer,
        closed: Callable[[Conversation], None],
    ) -> None:
        """Take over a connection; `protocol` is "http", "uwsgi" or "line"."""
        connection.setblocking(False)
        self._poller, self._connection, self._protocol = poller, connection, protocol
        self._answer, self._closed = answer, closed
        self._head, self._rest = b"", b""
        self._over = False
        self._linger_until = 0.0
        self.fd = connection.fileno()
        poller.watch(self.fd, self._read)
        poller.at(self, monotonic() + HEAD_S, self._respond)

    def _read(self) -> None:
        data = self._receive()
        if data is None:
            return
        self._head += data
        if not data or complete(self._protocol, self._head) or len(self._head) > HEAD_LIMIT:
            self._respond()

    def _respond(self) -> None:
        self._poller.forget(self.fd)
        self._poller.at(self, monotonic() + LINGER_S, self.close)
        answer = self._answer(self._head, self)
        if answer is not None:
            self.reply(answer)

    def hasten(self) -> None:
        """Answer now what has been said so far: there is no time to wait for more."""
        if not (self._over or self._rest or self._linger_until):
            self._head += self._receive() or b""
            self._respond()

    def reply(self, answer: bytes) -> None:
        """Send the answer; a conversation that is over is left alone."""
        if self._over:
            return
        self._rest = answer
        self._poller.at(self, monotonic() + LINGER_S, self.close)
        self._poller.watch(self.fd, self._write, WRITE)
        self._write()

    def _write(self) -> None:
        try:
            self._rest = self._rest[self._connection.send(self._rest) :]
            if not self._rest:
                self._connection.shutdown(_socket.SHUT_WR)
                self._linger_until = monotonic() + LINGER_MOST_S
                self._poller.watch(self.fd, self._linger)
        except BlockingIOError:
            return
        except OSError:
            self.close()

    def _linger(self) -> None:
        data = self._receive()
        if data == b"":
            self.close()
        elif data:
            self._poller.at(self, min(monotonic() + LINGER_S, self._linger_until), self.close)

    def peer(self) -> tuple[int, int]:
        """Return pid and uid of the client of a unix socket (unix(7), SO_PEERCRED)."""
        data = self._connection.getsockopt(SOL_SOCKET, SO_PEERCRED, UCRED.size)
        pid, uid, _gid = UCRED.unpack(data)
        return pid, uid

    def _receive(self) -> bytes | None:
        """Return data, nothing at the end, None when there is none yet."""
        try:
            return self._connection.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def close(self) -> None:
        """End the conversation, once: its descriptor's number may be somebody else's afterwards."""
        if self._over:
            return
        self._over = True
        self._poller.forget(self.fd)
        self._poller.cancel(self)
        self._connection.close()
        self._closed(self)


def complete(protocol: str, head: bytes) -> bool:
    """Tell whether a request's head is there: up to the empty line, or a uwsgi packet."""
    if protocol == "uwsgi":  # modifier1, size (16 bit, little endian), modifier2: uwsgi protocol
        return len(head) >= 4 and len(head) >= 4 + int.from_bytes(head[1:3], "little")
    if protocol == "line":
        return b"\n" in head
    return b"\r\n\r\n" in head or b"\n\n" in head
