"""Reused connections: what a close between two requests means."""

from __future__ import annotations

import select
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from supervisor.drill.client import Client
from supervisor.drill.load import Driver, Fate, Load, Request
from supervisor.drill.pacing import Turn
from supervisor.drill.reactor import Reactor
from tests.drill.scripted import DEADLINE_S, OK, OK_CLOSE, Peer, Scripted

if TYPE_CHECKING:
    from supervisor.drill.load import Result, Tally
    from supervisor.drill.reactor import Task


def drive(url: str, requests: int, clients: int = 1) -> Tally:
    load = Load(url, clients=clients, keep_alive=True, per_client=requests)
    return Driver(load).start().join(DEADLINE_S)


def test_a_connection_is_reused_until_the_server_says_close() -> None:
    connections: list[int] = []

    def script(peer: Peer) -> None:
        mine = len(connections)  # the next one begins as soon as its client has the last answer
        connections.append(0)
        for answer in (OK, OK, OK_CLOSE):
            assert b"Connection: keep-alive" in peer.read_head()
            peer.send(answer)
            connections[mine] += 1
        peer.await_close()

    with Scripted.tcp(script) as server:
        tally = drive(server.url, 6)
    assert tally.answered == 6
    assert connections == [3, 3]
    assert [result.reused for result in tally.results] == [False, True, True] * 2
    assert all(r.t_connected == r.t_start for r in tally.results if r.reused)


def test_a_body_that_ends_with_the_connection_ends_the_connection() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nhello")

    with Scripted.tcp(script) as server:
        tally = drive(server.url, 3)
    assert tally.answered == 3
    assert not any(result.reused for result in tally.results)


def test_http_10_is_not_reused_unless_it_says_so() -> None:
    head = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n"

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(head + b"Connection: Keep-Alive\r\n\r\n")
        peer.read_head()
        peer.send(head + b"\r\n")
        peer.await_close()

    with Scripted.tcp(script) as server:
        tally = drive(server.url, 4)
    assert [result.reused for result in tally.results] == [False, True, False, True]


def test_a_request_closed_idle_without_being_read_is_lost() -> None:
    """RST: the request was in the server's receive queue when it closed."""

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)
        peer.await_unread()

    with Scripted.tcp(script) as server:
        tally = drive(server.url, 2)
    assert [result.fate for result in tally.results] == [Fate.ANSWERED, Fate.LOST]
    reason = "closed idle: reset before headers, on a reused connection"
    assert tally.lost_results()[0].reason == reason


def test_a_request_answered_by_fin_alone_is_lost() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)
        peer.read_head()

    with Scripted.tcp(script) as server:
        tally = drive(server.url, 2)
    reason = "closed idle: EOF before headers, on a reused connection"
    assert [result.reason for result in tally.results] == ["", reason]


def test_a_request_that_was_there_for_long_is_not_closed_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is on its way for so long: it was cut at work."""
    monkeypatch.setattr("supervisor.drill.client._ON_ITS_WAY_S", 0.0)

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)
        peer.read_head()

    with Scripted.tcp(script) as server:
        tally = drive(server.url, 2)
    reason = "EOF before headers, on a reused connection"
    assert [result.reason for result in tally.results] == ["", reason]


def test_a_cut_answer_on_a_reused_connection_is_not_idle() -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)
        peer.read_head()
        peer.send(OK[:-1])

    with Scripted.tcp(script) as server:
        tally = drive(server.url, 2)
    reason = "EOF in body after 4 of 5 bytes, on a reused connection"
    assert [result.reason for result in tally.results] == ["", reason]


def test_a_close_that_is_visible_before_the_request_loses_nothing() -> None:
    """As real clients do: look, and connect again. No request was sent on the old connection."""
    close_now, closed = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)
        assert close_now.wait(DEADLINE_S)
        if not closed.is_set():  # the second connection is the client's to close
            peer.socket.shutdown(socket.SHUT_WR)
            closed.set()

    results: list[Result] = []

    def two_requests(reactor: Reactor, url: str) -> Task:
        turn = Turn(Request("/"), Request("/").encode("x", keep_alive=True))
        client = Client(0, Load(url, keep_alive=True), reactor, lambda: None)
        results.append((yield from client.perform(turn)))
        close_now.set()
        assert closed.wait(DEADLINE_S)
        assert client._socket is not None
        assert select.select([client._socket], [], [], DEADLINE_S)[0]
        results.append((yield from client.perform(turn)))
        client.close()

    with Scripted.tcp(script) as server:
        reactor = Reactor()
        reactor.spawn(two_requests(reactor, server.url))
        reactor.run(lambda: None)
    assert [result.fate for result in results] == [Fate.ANSWERED] * 2
    assert not results[1].reused


def test_a_reset_that_is_seen_before_the_next_request_loses_nothing() -> None:
    """As a close is: another connection is made."""

    def script(peer: Peer) -> None:
        peer.read_head()
        peer.send(OK)
        peer.reset()

    with Scripted.tcp(script) as server:
        load = Load(server.url, clients=1, keep_alive=True, per_client=3, rate=20)
        tally = Driver(load).start().join(DEADLINE_S)
    assert [(one.fate, one.reused) for one in tally.results] == [(Fate.ANSWERED, False)] * 3


def test_a_refusal_has_not_been_accepted_whatever_came_before() -> None:
    """The same client was accepted a moment ago."""

    def script(peer: Peer) -> None:
        peer.read_head()
        server.refuse()
        peer.send(OK_CLOSE)

    with Scripted.tcp(script) as server:
        tally = drive(server.url, 2)
    assert [one.fate for one in tally.results] == [Fate.ANSWERED, Fate.REFUSED]
    assert tally.results[1].t_connected is None


def test_who_is_woken_while_there_is_no_room_sends_the_rest_later() -> None:
    """The end of a load wakes everybody; what is under way goes on."""
    body, go_on = bytes(20_000_000), threading.Event()

    def script(peer: Peer) -> None:
        peer.await_unread()
        assert go_on.wait(DEADLINE_S)
        left = len(peer.read_head().partition(b"\r\n\r\n")[2]) - len(body)
        while left:
            left += len(peer.socket.recv(1 << 20))
        peer.send(OK)

    request = Request("/", method="POST", body=body)
    with Scripted.tcp(script) as server:
        driver = Driver(Load(server.url, clients=1, per_client=1, requests=(request,))).start()
        driver.wait_in_flight(1)
        for _ in range(50):
            driver.end()
        go_on.set()
        assert driver.join(DEADLINE_S).answered == 1
