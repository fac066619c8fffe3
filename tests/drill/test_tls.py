"""https: the same fates as without, whatever is done to an answer or its end."""

from __future__ import annotations

import contextlib
import math
import os
import random
import select
import socket
import ssl
import threading
from typing import Any

import pytest

from supervisor.drill.load import Driver, Fate, Load, Request, SlowReader
from supervisor.drill.tls import RECORD, Secured, Trust
from tests.drill.scripted import DEADLINE_S, OK, TURN_AWAY, Peer, Scripted
from tests.drill.tls import CONTEXT, DATA, OLD, TRUST, goodbye, https, loaded, one, secure, secured

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"
ENDLESS = b"HTTP/1.1 200 OK\r\n\r\nhello"
CUT = "EOF without close_notify"


@pytest.mark.parametrize("context", [CONTEXT, OLD], ids=["1.3", "1.2"])
@pytest.mark.parametrize(
    "answer, end, fate, reason",
    [
        (OK, "goodbye", Fate.ANSWERED, ""),
        (OK, "cut", Fate.ANSWERED, ""),
        (OK, "reset", Fate.ANSWERED, ""),
        (ENDLESS, "goodbye", Fate.ANSWERED, ""),
        (ENDLESS, "cut", Fate.LOST, f"{CUT} in body after 5 bytes"),
        (ENDLESS, "reset", Fate.LOST, "reset in body after 5 bytes"),
        (TURN_AWAY, "cut", Fate.TURNED_AWAY, ""),
        (b"", "goodbye", Fate.LOST, "EOF before headers"),
        (b"", "cut", Fate.LOST, f"{CUT} before headers"),
        (b"", "reset", Fate.LOST, "reset before headers"),
        (HALF[:15], "goodbye", Fate.LOST, "EOF in headers after 15 bytes"),
        (HALF[:15], "cut", Fate.LOST, f"{CUT} in headers after 15 bytes"),
        (HALF, "goodbye", Fate.LOST, "EOF in body after 2 of 5 bytes"),
        (HALF, "cut", Fate.LOST, f"{CUT} in body after 2 of 5 bytes"),
        (HALF, "reset", Fate.LOST, "reset in body after 2 of 5 bytes"),
    ],
)
def test_an_end(answer: bytes, end: str, fate: Fate, reason: str, context: ssl.SSLContext) -> None:
    result = one(secured(answer, end, context))
    assert (result.fate, result.reason) == (fate, reason)
    assert result.t_connected is not None


def test_an_alert_in_the_middle_says_what_it_is() -> None:
    """Bytes that are no record of this connection, after half of the answer."""

    def script(peer: Peer) -> None:
        secure(peer, CONTEXT).read_head()
        peer.send(HALF)
        with socket.socket(fileno=os.dup(peer.socket.fileno())) as wire:
            wire.sendall(bytes([DATA, 3, 3, 0, 20]) + bytes(20))
            assert select.select([wire], [], [], DEADLINE_S)[0], "it was not closed"

    result = one(script)
    assert result.fate is Fate.LOST
    assert result.reason.startswith("TLS: ")
    assert result.reason.endswith(" in body after 2 of 5 bytes")


def test_a_connection_is_used_again_until_a_goodbye_is_seen() -> None:
    """New tickets, which TLS 1.3 sends at any time, are none; a goodbye loses nothing."""
    lock = threading.Lock()
    connections: list[int] = []

    def script(peer: Peer) -> None:
        with lock:
            connections.append(0)
            at = len(connections) - 1
        secure(peer, CONTEXT)
        for _ in range(3):
            if not peer.read_head():
                return
            connections[at] += 1
            peer.send(OK)
        goodbye(peer)

    with Scripted.tcp(script) as server:
        load = Load(
            https(server.url), clients=1, keep_alive=True, rate=50, per_client=9, trust=TRUST
        )
        tally = Driver(load).start().join(DEADLINE_S)
    assert tally.answered == 9, tally.reasons()
    assert connections == [3, 3, 3]
    assert [result.reused for result in tally.results] == [False, True, True] * 3


@pytest.mark.parametrize("end", ["goodbye", "cut", "reset"])
def test_a_close_under_the_next_request_is_told_as_one(end: str) -> None:
    """It came in the meantime, and was not answered."""
    first = threading.Event()

    def script(peer: Peer) -> None:
        secure(peer, CONTEXT).read_head()
        peer.send(OK)
        if not first.is_set():
            first.set()
            peer.read_head()
        {"goodbye": goodbye, "cut": lambda one: one.socket.close(), "reset": Peer.reset}[end](peer)

    tally = loaded(script, per_client=2, keep_alive=True)
    assert [result.fate for result in tally.results] == [Fate.ANSWERED, Fate.LOST]
    (reason,) = tally.reasons()
    assert reason.startswith("closed idle: ")
    assert reason.endswith(" before headers, on a reused connection")


@pytest.mark.parametrize("context", [CONTEXT, OLD], ids=["1.3", "1.2"])
def test_an_answer_that_comes_with_the_handshake_counts(context: ssl.SSLContext) -> None:
    """It may have been read with the last of it: nothing more will ever come."""

    def script(peer: Peer) -> None:
        secure(peer, context).send(TURN_AWAY)
        peer.await_close()

    assert one(script, deadline_s=5.0).fate is Fate.TURNED_AWAY


def test_a_long_request_is_sent_as_fast_as_it_is_read() -> None:
    """Far more than a socket takes, and a record carries; every byte of it arrives, once."""
    body = random.Random(7).randbytes(3_000_000)

    def script(peer: Peer) -> None:
        secure(peer, CONTEXT)
        data = bytearray()
        while not data.endswith(body[-100:]):
            more = peer.socket.recv(65536)
            assert more
            data += more
        assert data.partition(b"\r\n\r\n")[2] == body
        peer.send(OK)

    request = Request("/", method="POST", body=body)
    assert one(script, requests=(request,)).fate is Fate.ANSWERED


def test_an_early_answer_to_a_long_request_counts() -> None:
    def script(peer: Peer) -> None:
        secure(peer, CONTEXT).socket.recv(100)
        peer.send(OK)
        peer.await_unread()

    request = Request("/", method="POST", body=bytes(10_000_000))
    assert one(script, requests=(request,)).fate is Fate.ANSWERED


def test_a_slow_reader_is_slow() -> None:
    """A long answer takes as long as it has to, though a record comes at once."""
    body = bytes(40_000)

    def script(peer: Peer) -> None:
        secure(peer, CONTEXT).read_head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + body)
        goodbye(peer)

    result = one(script, slow_reader=SlowReader(bytes_per_s=100_000))
    assert (result.fate, result.body_bytes) == (Fate.ANSWERED, 40_000)
    assert result.seconds >= 0.39


class Narrow:
    """A socket that takes 1,000 bytes, then none, and so on."""

    def __init__(self) -> None:
        self.taken = bytearray()
        self.answers: list[bytes] = []
        self._full = False

    def send(self, data: bytes) -> int:
        self._full = not self._full
        if not self._full:
            raise BlockingIOError
        self.taken += data[:1000]
        return len(data[:1000])

    def recv(self, _size: int) -> bytes:
        if not self.answers:
            raise BlockingIOError
        return self.answers.pop()


def test_what_has_no_room_is_sent_once_all_the_same() -> None:
    """Every byte of several records arrives, in order, however often it is interrupted."""
    wire: Any = Narrow()
    line = Secured(wire, Trust(insecure=True).context(), "localhost")
    inner, outer = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = CONTEXT.wrap_bio(inner, outer, server_side=True)

    def carry() -> None:
        inner.write(wire.taken)
        wire.taken.clear()

    shaking = line.shake(lambda: math.inf)
    for _ in shaking:
        carry()
        with contextlib.suppress(ssl.SSLWantReadError):
            server.do_handshake()
        if outer.pending:
            wire.answers.append(outer.read())
    body = random.Random(7).randbytes(3 * RECORD + 5)
    left, got, refused = memoryview(body), bytearray(), 0
    while left:
        try:
            left = left[line.send(left) :]
        except BlockingIOError:
            refused += 1
        carry()
        with contextlib.suppress(ssl.SSLWantReadError):
            while True:
                got += server.read(65536)
    assert got == body
    assert refused > 10
