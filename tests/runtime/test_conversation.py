"""The answers that PID 1 gives itself are really seen, whatever the client does."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Callable, Iterator

import pytest

from supervisor.address import Address
from supervisor.runtime import conversation, listener
from supervisor.runtime.conversation import Conversation, complete
from supervisor.runtime.frontdoor import refusal
from supervisor.runtime.listener import Listener
from supervisor.runtime.poller import Poller
from tests.runtime.turning import GET, Client, turn_for, turn_until

Answer = Callable[[bytes, Conversation], bytes | None]


class Server:
    """A Listener on an ephemeral port."""

    def __init__(self, protocol: str = "http", answer: Answer = refusal) -> None:
        self.poller = Poller(pytest.fail)
        raw = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address = Address("inet", "127.0.0.1", raw.getsockname()[1])
        self.listener = Listener(self.poller, raw, protocol, answer)

    def close(self) -> None:
        """Wait until everybody is gone."""
        turn_until(self.poller, lambda: not self.listener.busy)
        self.listener.close()

    def client(self, send: bytes = b"") -> Client:
        """Return a connected client that has sent something."""
        client = Client(self.address)
        client.wait_connected()
        client.socket.sendall(send)
        return client


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Make servers that are closed with the test, and must have let everybody go."""
    made: list[Server] = []

    def make(protocol: str = "http", answer: Answer = refusal) -> Server:
        made.append(Server(protocol, answer))
        return made[-1]

    yield make
    for server in made:
        server.close()


def test_a_newcomer_gets_a_complete_503(serve: Callable[..., Server]) -> None:
    """With what a client needs to come again: RFC 9110, 15.6.4."""
    server = serve()
    head, _, body = server.client(GET).answer(server.poller).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nRetry-After: 1\r\nConnection: close\r\n" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert body.endswith(b"\n")
    assert server.listener.answered == 1


def test_head_gets_no_body(serve: Callable[..., Server]) -> None:
    """RFC 9110, 9.3.2."""
    server = serve()
    answer = server.client(b"HEAD / HTTP/1.1\r\n\r\n").answer(server.poller)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b"\r\n\r\n")


def test_a_head_in_pieces(serve: Callable[..., Server]) -> None:
    """Nothing is answered before the empty line."""
    server = serve()
    client = server.client()
    for at in range(0, len(GET) - 1, 7):
        client.socket.sendall(GET[at : min(at + 7, len(GET) - 1)])
        turn_for(server.poller, 0.01)
        assert not client.read()
        assert client.received == b""
    client.socket.sendall(GET[-1:])
    assert client.answer(server.poller).startswith(b"HTTP/1.1 503 ")


def test_the_answer_is_seen_by_who_sends_a_large_body_first(serve: Callable[..., Server]) -> None:
    """A close with unread data would reset the connection, and the answer would be gone."""
    server = serve()
    client = server.client(b"POST / HTTP/1.1\r\nContent-Length: 8000000\r\n\r\n")
    left = 8_000_000

    def upload() -> bool:
        nonlocal left
        try:
            while left:
                left -= client.socket.send(b"x" * min(left, 65536))
        except BlockingIOError:
            return False
        return True

    turn_until(server.poller, upload)
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answer(server.poller).startswith(b"HTTP/1.1 503 ")


def test_64_kib_without_a_head_are_enough(serve: Callable[..., Server]) -> None:
    """Whoever does not come to the point is answered all the same, and not kept in memory."""
    server = serve()
    client = server.client(b"GET /" + b"x" * 70_000)
    assert client.answer(server.poller).startswith(b"HTTP/1.1 503 ")


def test_a_silent_client_is_answered(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was accepted, so it is told."""
    monkeypatch.setattr(conversation, "HEAD_S", 0.05)
    server = serve()
    assert server.client().answer(server.poller).startswith(b"HTTP/1.1 503 ")


def test_a_client_that_does_not_close_is_left(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had its answer and time to read it."""
    monkeypatch.setattr(conversation, "LINGER_S", 0.05)
    server = serve()
    client = server.client(GET)
    turn_until(server.poller, lambda: client.received or client.read() or client.received)
    turn_until(server.poller, lambda: not server.listener.busy)
    client.socket.close()


def test_a_client_that_never_stops_sending_is_left(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lingering has an end, whatever comes."""
    monkeypatch.setattr(conversation, "LINGER_S", 0.2)
    monkeypatch.setattr(conversation, "LINGER_MOST_S", 0.4)
    server = serve()
    client = server.client(GET)

    def is_left() -> bool:
        try:
            with contextlib.suppress(BlockingIOError):
                client.socket.send(b"x" * 1000)
        except OSError:
            return True
        return not server.listener.busy

    turn_until(server.poller, lambda: server.listener.busy)
    turn_until(server.poller, is_left)
    client.socket.close()


def test_a_client_that_is_gone_at_once(serve: Callable[..., Server]) -> None:
    """A reset in any state is nobody's trouble."""
    server = serve()
    for send in (b"", b"GET", GET):
        client = server.client(send)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.socket.close()
    turn_until(server.poller, lambda: server.listener.answered == 3 and not server.listener.busy)


def test_a_deferred_answer_for_a_client_that_has_gone(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The descriptor may be another's by then: nothing is sent."""
    monkeypatch.setattr(conversation, "LINGER_S", 0.05)
    talks: list[Conversation] = []
    server = serve(answer=lambda _head, talk: talks.append(talk))
    client = server.client(GET)
    turn_until(server.poller, lambda: talks)
    turn_until(server.poller, lambda: not server.listener.busy)
    placeholder = os.open(os.devnull, os.O_RDONLY)
    other = server.client(GET)
    os.close(placeholder)
    turn_until(server.poller, lambda: len(talks) == 2)
    assert talks[0].fd == talks[1].fd
    talks[0].reply(b"late")
    talks[0].close()
    talks[1].reply(b"for the other")
    assert other.answer(server.poller) == b"for the other"
    client.socket.close()


def test_a_packet_of_the_uwsgi_protocol_in_pieces(serve: Callable[..., Server]) -> None:
    """A plain HTTP answer is valid there, too."""
    server = serve("uwsgi")
    packet = b"\x00\x08\x00\x00\x01\x00A\x03\x00xyz"
    client = server.client(packet[:3])
    turn_for(server.poller, 0.02)
    client.socket.sendall(packet[3:8])
    turn_for(server.poller, 0.02)
    assert not client.read()
    client.socket.sendall(packet[8:])
    assert client.answer(server.poller).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    ("protocol", "head", "whole"),
    [
        ("http", b"GET / HTTP/1.1\r\nA: b\r\n", False),
        ("http", b"GET / HTTP/1.1\r\nA: b\r\n\r\nbody", True),
        ("http", b"GET /\n\n", True),
        ("http", b"", False),
        ("uwsgi", b"\x00\x01\x00", False),
        ("uwsgi", b"\x00\x01\x00\x00", False),
        ("uwsgi", b"\x00\x01\x00\x00x", True),
        ("uwsgi", b"\x00\x00\x00\x00", True),
        ("line", b"{}", False),
        ("line", b"{}\n", True),
    ],
)
def test_when_a_request_is_complete(protocol: str, head: bytes, whole: bool) -> None:
    """Up to the empty line, the size that the packet says, or the end of the line."""
    assert complete(protocol, head) is whole


def test_more_come_than_there_is_room_for(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait in the backlog and are answered later."""
    monkeypatch.setattr(listener, "MOST", 4)
    server = serve()
    clients = [server.client(GET) for _ in range(30)]
    for client in clients:
        assert client.answer(server.poller).startswith(b"HTTP/1.1 503 ")
    assert server.listener.answered == 30


class Exhausted:
    """A listening socket in a process that has no descriptor left for a while."""

    def __init__(self, real: socket.socket) -> None:
        self.real, self.refusals = real, 3

    def _accept(self) -> tuple[int, object]:
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return self.real._accept()  # type: ignore[attr-defined, no-any-return]

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


def test_no_descriptor_is_left() -> None:
    """Nobody is forgotten, and it is not "settled" while somebody waits."""
    poller = Poller(pytest.fail)
    real = socket.create_server(("127.0.0.1", 0))
    fake = Exhausted(real)
    ours = Listener(poller, fake, "http", refusal)  # type: ignore[arg-type]
    client = Client(Address("inet", "127.0.0.1", real.getsockname()[1]), GET)
    ours.accept()
    assert ours.busy
    assert client.answer(poller).startswith(b"HTTP/1.1 503 ")
    assert fake.refusals == 0
    turn_until(poller, lambda: not ours.busy)
    ours.close()
