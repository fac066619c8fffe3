"""One way out for several: whole lines, whoever is slow."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from time import monotonic

import pytest

from supervisor.config.plan import Plan
from supervisor.core.policy import Policy
from supervisor.runtime import lineform, outlet
from supervisor.runtime.outlet import Outlet
from supervisor.runtime.output import Named, Output
from supervisor.runtime.passage import Passage
from supervisor.runtime.poller import Poller
from tests.runtime.turning import turn_until

PLAN = Plan(("x",), "x", Policy(1.0), name="app", label="app | ")


class Way:
    """An outlet that leads to a pipe of the test's."""

    def __init__(self) -> None:
        self.poller = Poller(pytest.fail)
        self.source, self.sink = os.pipe()
        self.sink_reader = os.open(f"/proc/self/fd/{self.source}", os.O_RDONLY)  # blocks
        os.set_blocking(self.source, False)
        self.outlet = Outlet(self.poller, self.sink)
        self.came = b""

    def read(self) -> bytes:
        """All that has come out."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.source, 1 << 16):
                self.came += data
        return self.came

    def passage(self, log: str) -> Passage:
        """A service's passage that leads here."""
        form = lineform.of(PLAN.replace(log=log))
        return Passage(self.poller, outlets=(self.outlet, self.outlet), form=form)


@pytest.fixture
def way() -> Iterator[Way]:
    made = Way()
    yield made
    made.outlet.close()
    for fd in (made.source, made.sink, made.sink_reader):
        os.close(fd)


def test_lines_get_a_name(way: Way) -> None:
    """Each of them, also the empty one and the last, which has no end."""
    passage = way.passage("prefix")
    os.write(passage.stdout, b"one\n\ntwo\nthr")
    turn_until(way.poller, lambda: way.read() == b"app | one\napp | \napp | two\n")
    passage.end()
    assert way.read() == b"app | one\napp | \napp | two\napp | thr\n"
    passage.open_for_them()


def test_lines_become_objects(way: Way) -> None:
    """With whatever is in them."""
    passage = way.passage("json")
    os.write(passage.stderr, b'say "hi"\\\n\xff\xc3\xa4\t\x1b[0m\n')
    turn_until(way.poller, lambda: way.read().count(b"\n") == 2)
    passage.end()
    lines = [json.loads(line) for line in way.came.splitlines()]
    assert [line["line"] for line in lines] == ['say "hi"\\', "\N{REPLACEMENT CHARACTER}ä\t\x1b[0m"]
    assert {(line["service"], line["stream"]) for line in lines} == {("app", "stderr")}
    passage.open_for_them()


def test_a_line_without_end_goes_in_pieces(way: Way) -> None:
    """So that nobody else has to wait for it."""
    passage = way.passage("prefix")
    os.set_blocking(passage.stdout, False)
    left = 200_000
    while left:
        with contextlib.suppress(BlockingIOError):
            left -= os.write(passage.stdout, b"x" * min(left, 4096))
        way.poller.wait(0)
        way.read()
    passage.end()
    turn_until(way.poller, lambda: not way.outlet.full and way.read())
    assert way.came.replace(b"\napp | ", b"").count(b"x") == 200_000
    assert all(len(line) <= 140_000 for line in way.came.splitlines())
    passage.open_for_them()


def test_a_full_outlet_makes_writers_wait(way: Way) -> None:
    """And not us; nothing is lost, and no line of ours comes in the midst of another."""
    passages = [way.passage("prefix"), way.passage("json")]
    output = Output("json", way.sink)
    output.join(way.outlet)
    line = b"y" * 1000 + b"\n"
    for passage in passages:
        os.set_blocking(passage.stdout, False)
    sent = 0
    for _ in range(100):
        for passage in passages:
            with contextlib.suppress(BlockingIOError):
                os.write(passage.stdout, line * 3)
                sent += 3
        way.poller.wait(0)
    assert way.outlet.full
    output.event("dropped")
    assert output.dropped == 1
    turn_until(way.poller, lambda: way.read().count(b"\n") == sent)
    Named(output, "app").event("news", of="it")
    for passage in passages:
        passage.end()
        passage.open_for_them()
    *lines, last = way.read().splitlines()
    assert json.loads(last)["service"] == "app"
    for one in lines:
        assert one.endswith(b"y" * 1000) or json.loads(one)["line"] == "y" * 1000


def test_each_has_its_turn(way: Way) -> None:
    """Who never stops talking is not all that is heard."""
    passages = [way.passage("prefix") for _ in range(3)]
    for number, passage in enumerate(passages):
        os.set_blocking(passage.stdout, False)
        os.write(passage.stdout, b"%d" % number)
    shout = b"!" * 999 + b"\n"
    came = bytearray()
    for _ in range(2000):
        with contextlib.suppress(BlockingIOError):
            os.write(passages[0].stdout, shout * 60)
        for passage in passages[1:]:
            with contextlib.suppress(BlockingIOError):
                os.write(passage.stdout, b"?\n")
        way.poller.wait(0)
        with contextlib.suppress(BlockingIOError):
            came += os.read(way.source, 4096)  # slower than they are
    assert came.count(b"?") > 100
    for passage in passages:
        passage.end()
        passage.open_for_them()


def test_one_chunk_at_a_time(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is always more to read of some; signals have to be heard in between."""
    passage = way.passage("prefix")
    taken = []

    def read(_fd: int, _most: int) -> bytes:
        taken.append(1)
        return b"more\n"

    with monkeypatch.context() as patch:
        patch.setattr("supervisor.runtime.passage.os.read", read)
        os.write(passage.stdout, b"x")
        way.poller.wait(1)
    assert len(taken) == 1
    passage.end()
    passage.open_for_them()


def test_one_way_for_both_streams(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stderr is stdout (2>&1), lines would be torn by the other's."""
    with monkeypatch.context() as patch:
        patch.setattr("os.path.sameopenfile", lambda one, other: (one, other) == (1, 2))
        first, second = outlet.both(way.poller)
        assert first is second
        patch.setattr("os.path.sameopenfile", lambda *_: False)
        other, third = outlet.both(way.poller)
        assert other is not third
    for one in (first, other, third):
        one.close()


def test_the_last_lines_are_waited_for_while_somebody_reads(way: Way) -> None:
    """Up to the last moment that there is; who reads nothing is not waited for as long."""
    way.outlet.put(b"z" * 300_000 + b"\n")
    reader = threading.Thread(target=lambda: [os.read(way.sink_reader, 65536) for _ in range(5)])
    reader.start()
    way.outlet.say_all(monotonic() + 10)
    assert not way.outlet.full
    reader.join()
    way.outlet.put(b"z" * 300_000 + b"\n")
    begun = monotonic()
    way.outlet.say_all(begun + 10)
    assert monotonic() - begun < 3


def test_nobody_reads_any_more(way: Way) -> None:
    """A closed pipe is no reason to fail or to stop a service."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), way.source)
    way.outlet.put(b"one\n")
    assert not way.outlet.full


def test_drained_at_the_end_but_not_for_ever(way: Way) -> None:
    """Who doesn't read is not waited for."""
    way.outlet.put(b"z" * 200_000 + b"\n")
    assert way.outlet.full
    way.outlet.drain(0.05)
    assert way.outlet.full
    way.read()
    way.outlet.drain(0.0)
    assert way.outlet.full
