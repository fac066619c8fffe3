"""Each thing that a server can do to a request has exactly one name."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from supervisor.drill.load import Driver, Fate, Load, Request, Result, SlowReader, Tally
from tests.drill.scripted import DEADLINE_S, OK, OK_CLOSE, TURN_AWAY, Peer, Scripted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD_OF_10 = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
HEAD_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEAD_UNTIL_EOF = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def says(*pieces: bytes, reset: bool = False) -> Callable[[Peer], None]:
    """A script: read the request, send the pieces, close (or reset)."""

    def script(peer: Peer) -> None:
        peer.read_head()
        for piece in pieces:
            peer.send(piece)
        if reset:
            peer.reset()

    return script


def drive(load: Load) -> Tally:
    """Run a load that ends by itself."""
    return Driver(load).start().join(DEADLINE_S)


def one(script: Callable[[Peer], None], request: Request | None = None) -> Result:
    """The result of one request to a server with this script."""
    with Scripted.tcp(script) as server:
        requests = (request,) if request else ()
        tally = drive(Load(server.url, clients=1, per_client=1, requests=requests, deadline_s=5))
    (result,) = tally.results
    return result


@pytest.mark.parametrize(
    "pieces, status, size",
    [
        ([OK], 200, 5),
        ([OK[:20], OK[20:]], 200, 5),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], 204, 0),
        ([b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"], 500, 0),
        ([HEAD_CHUNKED, b"3\r\nabc\r\n", b"0\r\n\r\n"], 200, 3),
        ([HEAD_UNTIL_EOF, b"whatever"], 200, 8),
        ([b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", OK], 200, 5),
        ([b"HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"], 503, 0),
        ([b"HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"], 503, 0),
    ],
    ids=["length", "two pieces", "204", "500", "chunked", "until EOF", "interim", "503", "503+"],
)
def test_complete_is_answered(pieces: list[bytes], status: int, size: int) -> None:
    result = one(says(*pieces))
    assert (result.fate, result.status, result.body_bytes) == (Fate.ANSWERED, status, size)
    assert result.reason == ""
    assert result.t_connected is not None
    assert result.t_start <= result.t_connected <= result.t_end


def test_503_with_retry_after_and_close_is_a_turn_away() -> None:
    result = one(says(TURN_AWAY))
    assert (result.fate, result.status) == (Fate.TURNED_AWAY, 503)


@pytest.mark.parametrize(
    "script, reason",
    [
        (says(), "EOF before headers"),
        (says(reset=True), "reset before headers"),
        (says(b"HTTP/1.1 200"), "EOF in headers after 12 bytes"),
        (says(HEAD_OF_10, b"four"), "EOF in body after 4 of 10 bytes"),
        (says(HEAD_OF_10), "EOF in body after 0 of 10 bytes"),
        (
            says(HEAD_CHUNKED, b"3\r\nabc\r\n"),
            "EOF in body after 3 bytes, before the final chunk",
        ),
        (
            says(HEAD_CHUNKED, b"5\r\nabc"),
            "EOF in body after 3 bytes, before the final chunk",
        ),
        (says(TURN_AWAY[:-1]), "EOF in body after 3 of 4 bytes"),
        (says(b"SSH-2.0-OpenSSH\r\n"), "malformed response: begins with b'SSH-2.0-OpenSSH\\r\\n'"),
        (says(OK.replace(b"5", b"five")), "malformed response: Content-Length 'five'"),
    ],
)
def test_incomplete_is_lost_with_the_place(script: Callable[[Peer], None], reason: str) -> None:
    result = one(script)
    assert (result.fate, result.reason) == (Fate.LOST, reason)
    assert result.t_connected is not None


def test_reset_after_bytes_is_lost() -> None:
    """The client must have read the bytes before the reset, so it waits on a fact: 30 MB."""

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(30_000_000))
        peer.reset()

    result = one(script)
    assert result.fate is Fate.LOST
    assert result.reason.startswith("reset in body after ")


def test_reset_of_a_request_that_was_not_read_is_lost() -> None:
    def script(peer: Peer) -> None:
        peer.await_unread()

    result = one(script)
    assert (result.fate, result.reason) == (Fate.LOST, "reset before headers")


@pytest.mark.parametrize(
    "request_, reason",
    [
        (Request("/", expect_bytes=8), ""),
        (Request("/", end_marker=b"end"), ""),
        (Request("/", expect_bytes=9), "EOF in body after 8 of 9 bytes"),
        (Request("/", end_marker=b"END"), "EOF in body after 8 bytes, before its end marker"),
    ],
)
def test_truncation_that_http_cannot_show(request_: Request, reason: str) -> None:
    result = one(says(HEAD_UNTIL_EOF, b"then end"), request_)
    assert result.fate is (Fate.LOST if reason else Fate.ANSWERED)
    assert result.reason == reason


def test_the_expected_body_is_that_of_a_success() -> None:
    result = one(says(TURN_AWAY), Request("/", expect_bytes=1000, end_marker=b"end"))
    assert result.fate is Fate.TURNED_AWAY


@pytest.mark.parametrize(
    "pieces, place",
    [([], "before headers"), ([OK[:-1]], "in body after 4 of 5 bytes")],
)
def test_a_stall_is_lost_at_the_deadline(pieces: list[bytes], place: str) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        for piece in pieces:
            peer.send(piece)
        peer.await_close()

    with Scripted.tcp(script) as server:
        tally = drive(Load(server.url, clients=1, per_client=1, deadline_s=0.2))
    (result,) = tally.results
    assert (result.fate, result.reason) == (Fate.LOST, f"deadline of 0.2 s {place}")
    assert 0.2 <= result.seconds < DEADLINE_S


def test_a_late_answer_within_the_deadline_is_answered() -> None:
    released = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        assert released.wait(DEADLINE_S)
        peer.send(OK)

    with (
        Scripted.tcp(script) as server,
        Driver(Load(server.url, clients=3, per_client=1)) as driver,
    ):
        driver.wait_in_flight(3, DEADLINE_S)
        assert driver.in_flight == 3
        assert driver.tally().results == ()
        released.set()
        assert driver.join(DEADLINE_S).answered == 3


def test_a_closed_port_refuses() -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))  # bound, not listening: nobody else can take it
        port = placeholder.getsockname()[1]
        tally = drive(Load(f"http://127.0.0.1:{port}/", clients=4, until_refused=12, max_s=5))
    assert 12 <= tally.refused == len(tally.results) < 12 + 4
    assert tally.reasons(Fate.REFUSED) == {"ECONNREFUSED": tally.refused}
    assert tally.results[0].t_connected is None


def test_refused_clients_retry_at_a_bounded_rate() -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        port = placeholder.getsockname()[1]
        load = Load(f"http://127.0.0.1:{port}/", clients=1, max_s=0.5, refused_pause_s=0.1)
        assert 1 <= drive(load).refused <= 6


def test_a_dropped_handshake_is_refused() -> None:
    """A listener whose only place is taken drops every SYN."""
    with socket.socket() as plugged, socket.socket() as plug:
        plugged.bind(("127.0.0.1", 0))
        plugged.listen(0)
        plug.connect(plugged.getsockname())
        url = f"http://127.0.0.1:{plugged.getsockname()[1]}/"
        tally = drive(Load(url, clients=2, per_client=1, connect_deadline_s=0.2))
    assert tally.reasons(Fate.REFUSED) == {"no handshake within 0.2 s": 2}


def test_unix_sockets(tmp_path: Path) -> None:
    with Scripted.unix(says(OK), tmp_path / "app.sock") as server:
        tally = drive(Load(f"{server.url}:/route", clients=2, per_client=1))
    assert tally.answered == 2
    assert tally.results[0].path == "/route"


def test_a_unix_socket_refuses_in_three_ways(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    load = Load(f"unix:{path}", clients=1, per_client=1)
    assert drive(load).reasons(Fate.REFUSED) == {"ENOENT": 1}
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as plug:
        listener.bind(str(path))
        assert drive(load).reasons(Fate.REFUSED) == {"ECONNREFUSED": 1}
        listener.listen(0)
        plug.connect(str(path))
        assert drive(load).reasons(Fate.REFUSED) == {"EAGAIN": 1}


def test_ipv6() -> None:
    with Scripted.tcp(says(OK), "::1") as server:
        assert drive(Load(f"{server.url}/x", clients=2, per_client=1)).answered == 2


def test_fifty_at_once_are_fifty_in_flight() -> None:
    everyone = threading.Barrier(50)

    def script(peer: Peer) -> None:
        peer.read_head()
        everyone.wait(DEADLINE_S)
        peer.send(OK_CLOSE)

    with Scripted.tcp(script) as server:
        tally = drive(Load(server.url, clients=50, per_client=1))
    assert (tally.answered, len(tally.results)) == (50, 50)


def test_a_slow_reader_takes_its_time() -> None:
    size = 50_000
    with Scripted.tcp(says(b"HTTP/1.1 200 OK\r\n\r\n", bytes(size))) as server:
        slow = SlowReader(bytes_per_s=200_000)
        request = Request("/", expect_bytes=size)
        load = Load(server.url, clients=1, per_client=1, requests=(request,), slow_reader=slow)
        tally = drive(load)
    assert tally.answered == 1
    assert tally.results[0].seconds >= size / 200_000


def test_a_load_that_cannot_be_driven() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Load("http://127.0.0.1/", clients=0)
    with pytest.raises(ValueError, match="spin"):
        Load("http://127.0.0.1/", refused_pause_s=0)


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\nX:", "GÉT"])
def test_a_method_is_one_word(method: str) -> None:
    """Else a server would be asked for what nobody meant, and its 400 be an answer."""
    with pytest.raises(ValueError, match="one word"):
        Request("/", method=method)


@pytest.mark.parametrize("header", [("", "a"), ("X Y", "a"), ("X", "a\r\nY: b"), ("X", "…")])
def test_a_header_is_one_line(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="one line"):
        Request("/", headers=(header,))
    Request("/", headers=(("X-Y", "é\t"),))
