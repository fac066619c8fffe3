"""One client: it sends a request over its connection and says exactly what became of it.

Raw non-blocking sockets, because the difference between a refusal and a loss is an errno. Its
steps are generators that wait as reactor.py says.
"""

from __future__ import annotations

import contextlib
import errno
import math
import socket
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, NoReturn

from supervisor.drill.reactor import Task, pause
from supervisor.drill.response import MalformedError, Response
from supervisor.drill.result import Fate, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.drill.pacing import Turn
    from supervisor.drill.reactor import Reactor
    from supervisor.drill.tls import Secured
    from supervisor.drill.traffic import Load, Request

_READ_BYTES = 65536
_SLOW_READS_PER_S = 20
_SUCCESS = range(200, 300)
_ON_ITS_WAY_S = 0.5  # after that a request has long come where it is lost
_IDLE_ENDS = ("EOF before", "EOF without close_notify before", "reset before")
_RESET = frozenset({errno.ECONNRESET, errno.EPIPE})
_OURS = frozenset({errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class _Refused(Exception):  # noqa: N818 -- a fate, not an error
    """connect() failed, or TLS's handshake was cut."""


class _Lost(Exception):  # noqa: N818 -- a fate, not an error
    """connect() succeeded and no complete response came."""


class Client:
    """One client of a load: a task of the reactor, one request at a time."""

    def __init__(
        self, number: int, load: Load, reactor: Reactor, on_accepted: Callable[[], None]
    ) -> None:
        if load.target is None:
            raise ValueError(f"cannot ask for {load.url!r}: a path alone")
        self._number = number
        self._load = load
        self._target = load.target
        self._reactor = reactor
        self._on_accepted = on_accepted
        self._socket: socket.socket | Secured | None = None
        self._t_connected: float | None = None
        self.connect_by = self.answer_by = math.inf  # moments after which nobody is waited for

    def perform(self, turn: Turn, *, late: bool = False) -> Generator[float, None, Result]:
        """Send one request, over the open connection if there is one, and classify the end."""
        request, t_start = turn.request, time.monotonic()
        reused = self._is_still_open()
        self._t_connected = None
        response = Response(request.method, tail_bytes=len(request.end_marker))
        try:
            sock = self._socket
            if reused and sock:
                self._accepted_at(t_start)
            else:
                sock = yield from self._connect()
            yield from self._exchange(sock, turn, response)
            fate = Fate.TURNED_AWAY if response.is_turn_away else Fate.ANSWERED
            reason = ""
        except _Refused as refused:
            fate, reason = Fate.REFUSED, str(refused)
        except _Lost as lost:
            took_s = time.monotonic() - t_start
            fate, reason = Fate.LOST, _at(str(lost), took_s, reused=reused)
        t_end = time.monotonic()
        if not (self._load.keep_alive and fate is Fate.ANSWERED and response.reusable):
            self.close()
        return Result(
            fate=fate,
            status=response.status,
            reason=reason,
            path=request.path,
            client=self._number,
            t_start=t_start,
            t_connected=self._t_connected,
            t_end=t_end,
            body_bytes=response.body_bytes,
            reused=reused,
            t_due=turn.due,
            late=late,
        )

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _accepted_at(self, now: float) -> None:
        self._t_connected = now
        self._on_accepted()

    def _is_still_open(self) -> bool:
        """Look before reuse, as real clients do: a close that is already visible loses nothing."""
        if self._socket is None:
            return False
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        self.close()
        return False

    def _connect(self) -> Generator[float, None, socket.socket | Secured]:
        """Raises _Refused; _Lost, where the handshake was followed by a reset; OSError."""
        target = self._target
        try:
            sock = socket.socket(target.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:
            self._judge_connect(error.errno or 0)
        self._socket = sock
        if self._load.slow_reader:
            size = self._load.slow_reader.receive_buffer_bytes
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        if not target.is_unix:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        code = sock.connect_ex(target.address)
        if code == errno.EINPROGRESS:  # on a unix socket EAGAIN is no such thing, but a full queue
            code = yield from self._await_handshake(sock)
        if code:
            self._judge_connect(code)
        if not target.is_unix and _is_connected_to_itself(sock):
            raise _Refused("ECONNREFUSED: nobody listens, the kernel joined the socket to itself")
        self._reactor.watch(sock)
        line = (yield from self._secure(sock)) if target.certified else sock
        self._accepted_at(time.monotonic())
        return line

    def _secure(self, sock: socket.socket) -> Generator[float, None, Secured]:
        """Shake hands. Raises _Refused: nothing was asked for yet; OSError for a stranger."""
        from supervisor.drill.tls import UNTRUSTED, HandshakeError, Secured, UntrustedError

        assert self._load.context is not None  # noqa: S101 - there is one for every https URL
        line = self._socket = Secured(sock, self._load.context, self._target.certified)
        until = time.monotonic() + self._load.deadline_s
        try:
            yield from line.shake(lambda: min(until, self.connect_by))
        except HandshakeError as cut:
            raise _Refused(str(cut)) from cut
        except UntrustedError as stranger:
            base = self._load.base
            raise OSError(f"cannot trust {base}: {stranger}. {UNTRUSTED}") from stranger
        return line

    def _judge_connect(self, code: int) -> NoReturn:
        """A reset that connect() reports came after the handshake: that is a loss."""
        name = errno.errorcode.get(code, str(code))
        if code in _RESET and self._target.certified:
            raise _Refused("reset in the TLS handshake")
        if code in _RESET:
            self._accepted_at(time.monotonic())
            raise _Lost("reset before headers, already at connect")
        if code in _OURS:  # nobody was asked, so nobody has refused
            raise OSError(
                code,
                f"cannot connect to {self._load.base}: {name}, this machine has no port, file or "
                "memory left. Use keep-alive or fewer clients, or raise `ulimit -n`.",
            )
        raise _Refused(name)

    def _await_handshake(self, sock: socket.socket) -> Generator[float, None, int]:
        """Return 0 or the errno. On this machine it is over before connect() returns."""
        until = time.monotonic() + self._load.connect_deadline_s
        watched = False
        while not _has_peer(sock):
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                return code
            if time.monotonic() >= until:
                raise _Refused(f"no handshake within {self._load.connect_deadline_s:g} s")
            if time.monotonic() >= self.connect_by:
                raise _Refused("no handshake when the load was over")
            if not watched:
                self._reactor.watch(sock, room=True)
                watched = True
            yield min(until, self.connect_by)
        return 0

    def _exchange(self, sock: socket.socket | Secured, turn: Turn, response: Response) -> Task:
        """Send and read, both at once, until the response is complete. Raises _Lost."""
        until = time.monotonic() + self._load.deadline_s
        left, cut = memoryview(turn.wire), False
        fresh = not self._target.certified  # an answer may have come with the handshake's end
        while not response.complete:
            if left:
                left, cut = _send(sock, left)
                if left:
                    self._reactor.watch(sock, room=True)
            if left or cut or not fresh:  # after all was sent at once there is no answer yet
                moved = yield from self._receive(sock, response, cut=cut)
                self._judge_time(until, response)
                if moved:
                    continue
            fresh = False
            yield min(until, self.answer_by)
        if left:
            self.close()  # an early answer; the rest of the request has no place to go
        shortfall = _shortfall(turn.request, response)
        if shortfall:
            raise _Lost(shortfall)

    def _judge_time(self, until: float, response: Response) -> None:
        now = time.monotonic()
        if response.complete or now < min(until, self.answer_by):
            return
        if now >= until:
            raise _Lost(f"deadline of {self._load.deadline_s:g} s {response.where}")
        raise _Lost(f"no answer when the load was over, {response.where}")

    def _receive(
        self, sock: socket.socket | Secured, response: Response, *, cut: bool
    ) -> Generator[float, None, bool]:
        """Read once; False: nothing has come. `cut`: the kernel has told of a reset, once."""
        slow = self._load.slow_reader
        size = max(1, int(slow.bytes_per_s / _SLOW_READS_PER_S)) if slow else _READ_BYTES
        try:
            data = sock.recv(size)
            if not data and cut:
                raise ConnectionResetError
            if not data and not response.feed_eof():
                raise _Lost(f"EOF {response.where}")
            response.feed(data)
        except BlockingIOError:
            return False
        except MalformedError as malformed:
            raise _Lost(f"malformed response: {malformed}") from malformed
        except ConnectionError as error:
            raise _Lost(f"reset {response.where}") from error
        except OSError as error:
            name = "reset" if cut else errno.errorcode.get(error.errno or 0, str(error))
            raise _Lost(f"{name} {response.where}") from error
        if slow:
            yield from pause(len(data) / slow.bytes_per_s)
        return True


def _send(sock: socket.socket | Secured, data: memoryview) -> tuple[memoryview, bool]:
    """What is left to send; and whether there is no sense in it: an early answer may have come."""
    try:
        return data[sock.send(data) :], False
    except BlockingIOError:
        return data, False
    except ConnectionError:
        return data[:0], True


def _shortfall(request: Request, response: Response) -> str:
    """What a response that looks complete lacks; empty: nothing."""
    if response.status not in _SUCCESS:
        return ""
    expected = request.expect_bytes
    if expected is not None and response.body_bytes != expected:
        return f"EOF in body after {response.body_bytes} of {expected} bytes"
    if request.end_marker and response.tail != request.end_marker:
        return f"EOF in body after {response.body_bytes} bytes, before its end marker"
    return ""


def _has_peer(sock: socket.socket) -> bool:
    """Whether the handshake is over."""
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def _is_connected_to_itself(sock: socket.socket) -> bool:
    """A connect to a free port of the ephemeral range can meet its own SYN (RFC 9293, 3.5)."""
    with contextlib.suppress(OSError):
        return bool(sock.getsockname() == sock.getpeername())
    return False


def _at(reason: str, took_s: float, *, reused: bool) -> str:
    """A reused connection that ends at once, before headers, was most likely closed while idle."""
    if not reused:
        return reason
    crossed = took_s < _ON_ITS_WAY_S and reason.startswith(_IDLE_ENDS)
    return f"{'closed idle: ' if crossed else ''}{reason}, on a reused connection"
