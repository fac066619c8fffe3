"""Readiness of a server that can't be asked: one connection, and whether a worker takes it.

The connection says at once that nothing follows (shutdown(2)). So no worker is kept waiting by it,
a listener with TCP_DEFER_ACCEPT lets it through, and a worker closes it, which proves that it runs.
hypercorn keeps it for its keep-alive time; there it is enough that it has left the accept queue,
which only accept(2) does. gunicorn 27.0.1, uvicorn 0.54.0, hypercorn 0.18.0 and granian 2.8.7 log
nothing about it.
"""

from __future__ import annotations

import _socket
import struct

from supervisor.runtime import sockdiag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.runtime.frontdoor import FrontDoor
    from supervisor.runtime.poller import Poller

SOL_SOCKET, SO_LINGER = 1, 13
ABORT = struct.pack("ii", 1, 0)  # socket(7): a close sends RST, and nobody keeps half a connection
HELD = (sockdiag.ESTABLISHED, sockdiag.CLOSE_WAIT)
TURNED_AWAY = b"HTTP/1.1 503 "  # to who asks nothing, nobody but our own listener answers that


class Probe:
    """One door's probe: at most one connection at a time, until it was taken."""

    def __init__(self, poller: Poller, front: FrontDoor) -> None:
        """Know nothing yet."""
        self._poller, self._front = poller, front
        self._socket: _socket.socket | None = None
        self._over = False  # connected, and said that nothing follows
        self.accepted = False  # some worker has taken a connection
        self.turned_away = 0  # our own listener answered the probe: no client was

    @property
    def waits(self) -> bool:
        """Tell whether a connection of ours may stand in the queue."""
        return self._socket is not None

    def look(self) -> bool:
        """Tell whether some worker accepts; start to find out where that is not known.

        Nothing is started when the door is shut: our own listener would take it.
        """
        if self._socket is not None and self._over and self._is_held():
            self._accept()
        if not self.accepted and self._socket is None and not self._front.inodes:
            self._start()
        return self.accepted

    def _start(self) -> None:
        try:
            self._socket = made = connect(self._front)
        except OSError:  # nobody listens yet, the queue is full, no descriptor is left
            return
        self._over = False
        self._poller.watch(made.fileno(), self._read)
        self._read()

    def _read(self) -> None:
        assert self._socket is not None  # noqa: S101 - watched only while it is there
        try:
            if not self._over:
                self._socket.shutdown(_socket.SHUT_WR)
                self._over = True
            answer = self._socket.recv(len(TURNED_AWAY))
        except BlockingIOError:
            return
        except OSError:  # not connected yet, refused, or reset with its listener
            self._end()
            return
        if answer == TURNED_AWAY:
            self.turned_away += 1
            self._end()
        else:
            self._accept()

    def _accept(self) -> None:
        self.accepted = True
        self._end()

    def _end(self) -> None:
        if self._socket is not None:
            self._poller.forget(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _is_held(self) -> bool:
        """Tell whether the other end has left the queue; False where the kernel doesn't tell."""
        address = self._front.door.address
        assert self._socket is not None  # noqa: S101 - asked only while it is there
        try:
            if address.family == "unix":
                return not self._front.count().queued
            family = _socket.AF_INET6 if address.family == "inet6" else _socket.AF_INET
            own = self._socket.getsockname()[1]
            rows = sockdiag.tcp(family, port=address.port, peer_port=own)
        except OSError:
            return False
        return any(row.inode for row in rows if row.state in HELD)


def connect(front: FrontDoor) -> _socket.socket:
    """Begin a connection to this generation's listener; OSError where that can't be."""
    address = front.door.address
    families = {"unix": _socket.AF_UNIX, "inet6": _socket.AF_INET6}
    if address.family != "unix" and not front.in_charge:
        return _settled(front.knock())
    made = _socket.socket(families.get(address.family, _socket.AF_INET), _socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        if address.family == "unix":
            made.connect(front.path)
            return made
        _settled(made).connect((address.reachable, address.port))
    except BlockingIOError:
        if address.family == "unix":  # its queue is full
            made.close()
            raise
    except OSError:
        made.close()
        raise
    return made


def _settled(made: _socket.socket) -> _socket.socket:
    made.setblocking(False)
    made.setsockopt(SOL_SOCKET, SO_LINGER, ABORT)
    return made
