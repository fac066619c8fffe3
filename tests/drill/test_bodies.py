"""Requests with a body: it arrives, and an answer that does not wait for it counts."""

from __future__ import annotations

import select
import threading
from typing import TYPE_CHECKING

import pytest

from supervisor.drill import client
from supervisor.drill.load import Driver, Fate, Load, Request, Result
from tests.drill import tls
from tests.drill.scripted import DEADLINE_S, OK, TURN_AWAY, Peer, Scripted

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


def one(script: Callable[[Peer], None], request: Request) -> Result:
    with Scripted.tcp(script) as server:
        load = Load(server.url, clients=1, per_client=1, requests=(request,), deadline_s=5)
        (result,) = Driver(load).start().join(DEADLINE_S).results
    return result


def test_an_early_answer_to_a_big_request_counts() -> None:
    """The server answers without reading the body, and the close resets the connection."""
    request = Request("/", method="POST", body=bytes(8_000_000))

    def script(peer: Peer) -> None:
        peer.await_unread()
        peer.send(TURN_AWAY)

    assert one(script, request).fate is Fate.TURNED_AWAY


def test_an_early_answer_counts_while_the_request_is_still_on_its_way() -> None:
    """The server answers, stays, and never reads: nobody waits for the rest to be sent."""

    def script(peer: Peer) -> None:
        peer.await_unread()
        peer.send(OK)
        left.wait(DEADLINE_S)

    left = threading.Event()
    request = Request("/", method="POST", body=bytes(20_000_000))
    with Scripted.tcp(script) as server:
        load = Load(server.url, clients=1, per_client=1, keep_alive=True, requests=(request,))
        tally = Driver(load).start().join(DEADLINE_S)
        left.set()
    assert tally.answered == 1


def test_a_reset_that_the_send_has_met_is_not_the_end_of_a_body() -> None:
    """The kernel tells of a reset once; then it looks like an orderly close."""

    def script(peer: Peer) -> None:
        peer.await_unread()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nthis body ends with the connection")
        peer.reset()

    result = one(script, Request("/", method="POST", body=bytes(20_000_000)))
    assert (result.fate, result.reason) == (Fate.LOST, "reset in body after 34 bytes")


@pytest.fixture
def looking_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a handshake is over is seen when the connection is over, too."""

    def look_late(sock: socket.socket) -> bool:
        poll = select.poll()
        poll.register(sock, select.POLLHUP)
        assert poll.poll(DEADLINE_S * 1000)
        return has_peer(sock)

    has_peer = client._has_peer
    monkeypatch.setattr(client, "_has_peer", look_late)


@pytest.mark.usefixtures("looking_late")
def test_a_reset_that_connect_meets_is_a_loss() -> None:
    """The handshake was over: somebody had accepted."""
    result = one(Peer.reset, Request("/"))
    reason = "reset before headers, already at connect"
    assert (result.fate, result.reason) == (Fate.LOST, reason)
    assert result.t_connected is not None


@pytest.mark.usefixtures("looking_late")
def test_over_https_such_a_reset_is_a_refusal() -> None:
    """TLS's handshake had not begun: as little was asked for as by one that is reset in it."""
    result = tls.one(Peer.reset)
    reason = "reset in the TLS handshake"
    assert (result.fate, result.reason, result.t_connected) == (Fate.REFUSED, reason, None)


def test_a_request_body_arrives() -> None:
    seen: list[bytes] = []

    def script(peer: Peer) -> None:
        data = peer.read_head()
        while not data.endswith(b"!"):
            data += peer.socket.recv(65536)
        seen.append(data)
        peer.send(OK)

    request = Request("/form?x=1", method="POST", body=b"body!", headers=(("X-Id", "7"),))
    assert one(script, request).fate is Fate.ANSWERED
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /form?x=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nX-Id: 7\r\nContent-Length: 5" in head
    assert body == b"body!"


def test_a_big_body_arrives_whole() -> None:
    """Many times what the sockets hold, to a server that takes its time to begin."""
    size = 30_000_000
    seen: list[int] = []

    def script(peer: Peer) -> None:
        peer.await_unread()
        left = size + len(request.encode(server.url.removeprefix("http://"), keep_alive=False))
        left -= size
        while left:
            left -= len(peer.socket.recv(min(left, 1_000_000)))
        seen.append(left)
        peer.send(OK)

    request = Request("/", method="PUT", body=bytes(size))
    with Scripted.tcp(script) as server:
        load = Load(server.url, clients=2, per_client=1, requests=(request,))
        tally = Driver(load).start().join(DEADLINE_S)
    assert (tally.answered, seen) == (2, [0, 0])


@pytest.mark.parametrize("path", ["/\N{SNOWMAN}", "/a b", "/\r\nX: y"])
def test_a_path_that_cannot_be_sent(path: str) -> None:
    with pytest.raises(ValueError, match="percent-encode"):
        Request(path)
