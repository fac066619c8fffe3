"""Tasks go on when their socket moves, when their moment comes, and when somebody wakes them."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from supervisor.drill.reactor import Reactor, pause

if TYPE_CHECKING:
    from supervisor.drill.reactor import Task

LONG_S = 10.0


def test_a_socket_that_moved_before_it_was_watched_wakes_its_task() -> None:
    ours, theirs = socket.socketpair()
    reactor = Reactor()
    seen: list[bytes] = []

    def task() -> Task:
        theirs.send(b"x")
        reactor.watch(ours)
        yield time.monotonic() + LONG_S
        seen.append(ours.recv(9))

    with ours, theirs:
        begin = time.monotonic()
        reactor.spawn(task())
        reactor.run(lambda: None)
    assert seen == [b"x"]
    assert time.monotonic() - begin < LONG_S / 2


def test_moments_come_in_their_order_and_not_early() -> None:
    reactor = Reactor()
    ended: list[tuple[float, float]] = []

    def task(seconds: float) -> Task:
        begin = time.monotonic()
        yield from pause(seconds)
        ended.append((seconds, time.monotonic() - begin))

    for seconds in (0.03, 0.0004, 0.01):
        reactor.spawn(task(seconds))
    reactor.run(lambda: None)
    assert [seconds for seconds, _ in ended] == [0.0004, 0.01, 0.03]
    assert all(took >= seconds for seconds, took in ended)


def test_whoever_wakes_it_from_outside_is_heard_at_once() -> None:
    reactor = Reactor()
    waiting, over = threading.Event(), threading.Event()

    def task() -> Task:
        while not over.is_set():
            yield time.monotonic() + LONG_S

    reactor.spawn(task())
    thread = threading.Thread(target=reactor.run, args=(waiting.set,))
    thread.start()
    assert waiting.wait(LONG_S)
    over.set()
    reactor.wake()
    thread.join(LONG_S / 2)
    assert not thread.is_alive()
    reactor.wake()  # after its end: nobody is there, and no other file is written to


def test_a_task_that_fails_ends_the_others() -> None:
    reactor = Reactor()
    closed: list[bool] = []

    def other() -> Task:
        try:
            yield time.monotonic() + LONG_S
        finally:
            closed.append(True)

    def failing() -> Task:
        yield 0.0
        raise KeyError("mistake")

    reactor.spawn(other())
    reactor.spawn(failing())
    with pytest.raises(KeyError, match="mistake"):
        reactor.run(lambda: None)
    assert closed == [True]
