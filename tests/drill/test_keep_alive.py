"""Reused connections: what a close between two requests means."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
from typing import TYPE_CHECKING

from supervisor.drill.client import Client
from supervisor.drill.load import Driver, Load, Outcome, Request
from tests.drill.scripted import DEADLINE_S, OK, OK_CLOSE, Peer, Scripted

if TYPE_CHECKING:
    from supervisor.drill.load import Result, Tally


def drive(url: str, requests: int, clients: int = 1) -> Tally:
    load = Load(url, clients=clients, keep_alive=True, per_client=requests)
    return Driver(load).start().join(DEADLINE_S)


def test_a_connection_is_reused_until_the_server_says_close() -> None:
    connections: list[int] = []

    def script(peer: Peer) -> None:
        connections.append(0)
        for answer in (OK, OK, OK_CLOSE):
            assert b"Connection: keep-alive" in peer.read_head()
            peer.send(answer)
            connections[-1] += 1
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
    assert [result.outcome for result in tally.results] == [Outcome.ANSWERED, Outcome.LOST]
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
        peer.socket.shutdown(socket.SHUT_WR)
        closed.set()

    async def two_requests(url: str) -> list[Result]:
        client = Client(0, Load(url, keep_alive=True), lambda: None)
        first = await client.perform(Request("/"))
        close_now.set()
        assert closed.wait(DEADLINE_S)
        assert client._socket is not None
        assert select.select([client._socket], [], [], DEADLINE_S)[0]
        second = await client.perform(Request("/"))
        client.close()
        return [first, second]

    with Scripted.tcp(script) as server:
        results = asyncio.run(two_requests(server.url))
    assert [result.outcome for result in results] == [Outcome.ANSWERED] * 2
    assert not results[1].reused
