"""One client: it sends a request over its connection and says exactly what became of it.

Raw non-blocking sockets, because the difference between a refusal and a loss is an errno.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from typing import TYPE_CHECKING, NoReturn

from supervisor.drill.response import MalformedError, Response
from supervisor.drill.tally import Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.drill.traffic import Load, Request, SlowReader

_READ_BYTES = 65536
_SLOW_READS_PER_S = 20
_SUCCESS = range(200, 300)


class _Refused(Exception):  # noqa: N818 -- an outcome, not an error
    """connect() failed."""


class _Lost(Exception):  # noqa: N818 -- an outcome, not an error
    """connect() succeeded and no complete response came."""


class Client:
    """One client of a load. Use it from one event loop, one request at a time."""

    def __init__(self, number: int, load: Load, on_accepted: Callable[[], None]) -> None:
        self._number = number
        self._load = load
        self._on_accepted = on_accepted
        self._socket: socket.socket | None = None
        self._t_connected: float | None = None

    async def perform(self, request: Request) -> Result:
        """Send one request, over the open connection if there is one, and classify the end."""
        t_start = time.monotonic()
        reused = self._is_still_open()
        self._t_connected = None
        response = Response(request.method, tail_bytes=len(request.end_marker))
        try:
            sock = self._socket if reused and self._socket else await self._connect()
            self._accepted_at(t_start if reused else time.monotonic())
            async with asyncio.timeout(self._load.deadline_s):
                await self._exchange(sock, request, response)
            outcome = Outcome.TURNED_AWAY if response.is_turn_away else Outcome.ANSWERED
            reason = ""
        except _Refused as refused:
            outcome, reason = Outcome.REFUSED, str(refused)
        except _Lost as lost:
            outcome, reason = Outcome.LOST, _at(str(lost), reused=reused)
        except TimeoutError:
            reason = f"deadline of {self._load.deadline_s:g} s {response.where}"
            outcome, reason = Outcome.LOST, _at(reason, reused=reused)
        t_end = time.monotonic()
        if not (self._load.keep_alive and outcome is Outcome.ANSWERED and response.reusable):
            self.close()
        return Result(
            outcome=outcome,
            status=response.status,
            reason=reason,
            path=request.path,
            client=self._number,
            t_start=t_start,
            t_connected=self._t_connected,
            t_end=t_end,
            body_bytes=response.body_bytes,
            reused=reused,
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

    async def _connect(self) -> socket.socket:
        target = self._load.target
        sock = self._socket = socket.socket(target.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        if self._load.slow_reader:
            size = self._load.slow_reader.receive_buffer_bytes
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        try:
            if target.is_unix:
                sock.connect(target.address)  # asyncio would take EAGAIN for "in progress"
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                async with asyncio.timeout(self._load.connect_deadline_s):
                    await asyncio.get_running_loop().sock_connect(sock, target.address)
        except OSError as error:
            self._judge_connect(error)
        if not target.is_unix and _is_connected_to_itself(sock):
            raise _Refused("ECONNREFUSED: nobody listens, the kernel joined the socket to itself")
        return sock

    def _judge_connect(self, error: OSError) -> NoReturn:
        """A reset that connect() reports came after the handshake: that is a loss."""
        if isinstance(error, ConnectionResetError | BrokenPipeError):
            self._accepted_at(time.monotonic())
            raise _Lost("reset before headers, already at connect") from error
        if isinstance(error, TimeoutError) and error.errno is None:
            raise _Refused(f"no handshake within {self._load.connect_deadline_s:g} s") from error
        raise _Refused(_name(error)) from error

    async def _exchange(self, sock: socket.socket, request: Request, response: Response) -> None:
        """Send, then read until the response is complete. Raises _Lost."""
        loop = asyncio.get_running_loop()
        cut = False
        try:
            data = request.encode(self._load.target.host, keep_alive=self._load.keep_alive)
            await loop.sock_sendall(sock, data)
        except ConnectionError:
            cut = True  # an early answer may be waiting nevertheless
        try:
            await _receive(sock, response, self._load.slow_reader, cut=cut)
        except MalformedError as malformed:
            raise _Lost(f"malformed response: {malformed}") from malformed
        except ConnectionError as error:
            raise _Lost(f"reset {response.where}") from error
        except OSError as error:
            raise _Lost(f"{_name(error)} {response.where}") from error
        shortfall = _shortfall(request, response)
        if shortfall:
            raise _Lost(shortfall)


async def _receive(
    sock: socket.socket, response: Response, slow: SlowReader | None, *, cut: bool
) -> None:
    """Read to the end of the response. `cut`: the kernel has already told of a reset, once."""
    loop = asyncio.get_running_loop()
    size = max(1, int(slow.bytes_per_s / _SLOW_READS_PER_S)) if slow else _READ_BYTES
    begin, received = time.monotonic(), 0
    while not response.complete:
        data = await loop.sock_recv(sock, size)
        if not data:
            if cut:
                raise ConnectionResetError
            if response.feed_eof():
                return
            raise _Lost(f"EOF {response.where}")
        response.feed(data)
        if slow:
            received += len(data)
            await asyncio.sleep(begin + received / slow.bytes_per_s - time.monotonic())


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


def _is_connected_to_itself(sock: socket.socket) -> bool:
    """A connect to a free port of the ephemeral range can meet its own SYN (RFC 9293, 3.5)."""
    with contextlib.suppress(OSError):
        return bool(sock.getsockname() == sock.getpeername())
    return False


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, str(error))


def _at(reason: str, *, reused: bool) -> str:
    """A reused connection that ends before headers was, most likely, closed while idle."""
    if not reused:
        return reason
    idle = "closed idle: " if reason.startswith(("EOF before", "reset before")) else ""
    return f"{idle}{reason}, on a reused connection"
