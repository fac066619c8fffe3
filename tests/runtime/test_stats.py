"""Asking a stats server that hangs, talks nonsense, talks too much, or is not there."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.core.looks import Look
from supervisor.runtime import stats
from supervisor.runtime.observer import Observer
from supervisor.runtime.poller import Poller
from supervisor.runtime.stats import StatsQuery
from tests.runtime.turning import turn_until

WORKER = {
    "id": 1,
    "pid": 77,
    "accepting": 1,
    "status": "busy",
    "requests": 5,
    "avg_rt": 250_000,
    "cores": [{"in_request": 1, "vars": ["REQUEST_METHOD=GET", "PATH_INFO=/slow", ""]}],
}


class Server:
    """A stats server that says what it is told to."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(1)
        self.poller = Poller(pytest.fail)
        self.answers: list[dict[str, Any] | None] = []

    def ask(self, address: str | None = None) -> None:
        """Start a query."""
        StatsQuery(self.poller, address or self.path, self.answers.append)

    def say(self, answer: bytes) -> None:
        """Answer the next query and close."""
        connection = self.socket.accept()[0]
        connection.settimeout(5)
        with contextlib.suppress(OSError):  # it has heard enough
            connection.sendall(answer)
        connection.close()

    def result(self) -> dict[str, Any] | None:
        """Wait for the answer, which must come exactly once."""
        turn_until(self.poller, lambda: self.answers)
        assert len(self.answers) == 1
        return self.answers.pop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "stats")
    yield made
    made.socket.close()


def test_a_document(server: Server) -> None:
    """Read to the end."""
    server.ask()
    server.say(b'{"workers": []}\n')
    assert server.result() == {"workers": []}


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\x00\xff\xfe", b"not json", b"[1]", b"null", b"{", b"[" * 200_000, b'{"a": 1} {}'],
    ids=lambda garbage: repr(garbage[:12]),
)
def test_garbage_is_no_document(server: Server, garbage: bytes) -> None:
    """Also where the parser would recurse for ever, or the document is a list."""
    server.ask()
    talker = threading.Thread(target=server.say, args=(garbage,))  # more than a buffer holds
    talker.start()
    assert server.result() is None
    talker.join()


def test_control_characters_in_a_clients_path(server: Server) -> None:
    """uWSGI passes `/%01` on as it is; no client may blind us."""
    server.ask()
    server.say(b'{"vars": "PATH_INFO=/\x01\x1f"}')
    assert server.result() == {"vars": "PATH_INFO=/\x01\x1f"}


def test_a_server_that_hangs(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for."""
    monkeypatch.setattr(stats, "PATIENCE_S", 0.05)
    server.ask()
    assert server.result() is None


def test_a_server_that_hangs_in_the_middle(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a document is none."""
    monkeypatch.setattr(stats, "PATIENCE_S", 0.05)
    server.ask()
    connection = server.socket.accept()[0]
    connection.sendall(b'{"workers": [')
    assert server.result() is None
    connection.close()


def test_a_queue_that_is_full(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unix connect() that would block is over at once, or by the patience."""
    monkeypatch.setattr(stats, "PATIENCE_S", 0.05)
    waiting = []
    for _ in range(2):
        waiting.append(socket.socket(socket.AF_UNIX))
        waiting[-1].connect(server.path)
    server.ask()
    assert server.result() is None
    for one in waiting:
        one.close()


def test_a_server_that_never_ends(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """PID 1 does not keep what nobody would read."""
    monkeypatch.setattr(stats, "MOST", 100_000)
    monkeypatch.setattr(stats, "PATIENCE_S", 60.0)
    server.ask()
    connection = server.socket.accept()[0]
    connection.setblocking(False)

    def flood() -> bool:
        try:
            with contextlib.suppress(BlockingIOError):
                connection.send(b" " * 65536)
        except OSError:
            return True
        return bool(server.answers)

    turn_until(server.poller, flood)
    assert server.result() is None
    connection.close()


@pytest.mark.parametrize(
    "address", ["/nowhere/at/all", "127.0.0.1:1", "127.0.0.1:port", "127.0.0.1:99999999", "x" * 200]
)
def test_nobody_is_there(server: Server, address: str) -> None:
    """Refused, or an address that can't be: no answer, no exception."""
    server.ask(address)
    assert server.result() is None


def test_stats_over_http(server: Server) -> None:
    """With `stats-http` the master waits for a request and puts a head before the document."""
    with socket.create_server(("127.0.0.1", 0)) as http:
        server.ask(f"http:127.0.0.1:{http.getsockname()[1]}")
        connection = http.accept()[0]
        connection.setblocking(False)
        request = b""

        def asked() -> bool:
            nonlocal request
            try:
                request += connection.recv(4096)
            except BlockingIOError:
                return False
            return request.endswith(b"\r\n\r\n")

        turn_until(server.poller, asked)
        connection.sendall(b'HTTP/1.0 200 OK\r\n\r\n{"workers": []}')
        connection.close()
        assert server.result() == {"workers": []}


class Seen:
    """An observer without doors, and what it saw."""

    def __init__(self, server: Server) -> None:
        self.looks: list[Look] = []
        self.observer = Observer(server.poller, server.path, [])
        self.server = server

    def look(self, document: object) -> Look:
        """Take one look while the server says this."""
        self.observer.look(self.looks.append)
        self.server.say(json.dumps(document).encode())
        turn_until(self.server.poller, lambda: self.looks)
        return self.looks.pop()


def test_a_look_tells_of_the_workers(server: Server) -> None:
    """Who runs what, and nothing of what clients said besides."""
    look = Seen(server).look({"workers": [WORKER, {"id": 2, "pid": 0}]})
    assert look.ready
    assert (look.in_request, look.starting, look.requests, look.average_s) == (1, 0, 5, 0.25)
    assert look.running == ("GET /slow",)


@pytest.mark.parametrize(
    "document",
    [
        {"workers": [{"pid": 1}]},
        {"workers": 7},
        {"workers": [7]},
        {"workers": [{**WORKER, "avg_rt": "slow"}]},
        {"workers": [{**WORKER, "cores": {"a": 1}}]},
    ],
    ids=repr,
)
def test_another_programs_document_is_no_look_at_workers(server: Server, document: object) -> None:
    """And the next look is taken all the same."""
    seen = Seen(server)
    assert seen.look(document).in_request is None
    assert seen.look({"workers": [WORKER]}).in_request == 1


def test_no_descriptor_for_a_query(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look without the workers' word, and the next one has it again."""
    seen = Seen(server)
    real = socket.socket

    def exhausted(*_: object) -> object:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr("_socket.socket", exhausted)
        seen.observer.look(seen.looks.append)
    assert [look.in_request for look in seen.looks] == [None]
    seen.looks.clear()
    assert real is socket.socket
    assert seen.look({"workers": [WORKER]}).in_request == 1


def test_several_who_want_to_look_share_one(server: Server) -> None:
    """One query; each is told once, however often it asked."""
    looks: list[Look] = []
    others: list[Look] = []
    observer = Observer(server.poller, server.path, [])
    remember, note = looks.append, others.append
    for _ in range(3):
        observer.look(remember)
    observer.look(note)
    server.say(b'{"workers": []}')
    turn_until(server.poller, lambda: looks and others)
    assert (len(looks), len(others)) == (1, 1)
    server.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.socket.accept()
