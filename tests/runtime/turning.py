"""For tests without processes: one poller, turned by hand, and clients that need no thread."""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import Callable
from time import monotonic

from supervisor.address import Address
from supervisor.runtime.poller import Poller

DEADLINE_S = 10.0
TURN_S = 0.02
GET = b"GET /late HTTP/1.1\r\nHost: test\r\n\r\n"


def turn_until(poller: Poller, reached: Callable[[], object], within_s: float = DEADLINE_S) -> None:
    """Turn the poller until something is so."""
    until = monotonic() + within_s
    while not reached():
        assert monotonic() < until, f"waited {within_s:g} s for {reached} in vain"
        poller.wait(min(until, monotonic() + TURN_S))


def turn_for(poller: Poller, seconds: float) -> None:
    """Turn the poller for a while: to see that something does not happen."""
    until = monotonic() + seconds
    while monotonic() < until:
        poller.wait(min(until, monotonic() + TURN_S))


class Client:
    """A client that never blocks: connects, sends, collects what comes."""

    def __init__(self, address: Address, send: bytes = b"") -> None:
        family = {"inet": socket.AF_INET, "inet6": socket.AF_INET6, "unix": socket.AF_UNIX}
        self.socket = socket.socket(family[address.family], socket.SOCK_STREAM)
        self.socket.setblocking(False)
        self.received = b""
        self.ended = False
        self.error = 0
        self.error = self.socket.connect_ex(
            address.path if address.family == "unix" else (address.reachable, address.port)
        )
        if self.error in (0, errno.EINPROGRESS) and send:
            self.wait_connected()
            self.socket.sendall(send)

    def wait_connected(self, within_s: float = DEADLINE_S) -> None:
        """Wait for the end of the handshake."""
        assert self.is_connected(within_s)

    def is_connected(self, within_s: float = 0.0) -> bool:
        """Tell whether connect() has succeeded; an error of it is remembered."""
        if not select.select([], [self.socket], [], within_s)[1]:
            return False
        self.error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return self.error == 0

    def read(self) -> bool:
        """Take what has come; tell whether the other side has ended, well or badly."""
        try:
            while not self.ended:
                data = self.socket.recv(65536)
                self.received += data
                self.ended = not data
        except BlockingIOError:
            pass
        except OSError as error:
            self.error, self.ended = error.errno or -1, True
        return self.ended

    def answer(self, poller: Poller) -> bytes:
        """Turn the poller until the answer is there; it must end without a reset."""
        turn_until(poller, self.read)
        assert self.error in (0, errno.EINPROGRESS), errno.errorcode[self.error]
        self.socket.close()
        return self.received

    @property
    def name(self) -> object:
        """Our end, as the server sees it."""
        return self.socket.getsockname()
