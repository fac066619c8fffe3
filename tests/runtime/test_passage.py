"""A later generation's output, passed on to ours line by line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

from supervisor.runtime.passage import CHUNK, LINES, Passage
from supervisor.runtime.poller import Poller
from tests.runtime.turning import turn_for, turn_until


class Outside:
    """What our own stdout leads to: a pipe that the test reads."""

    def __init__(self) -> None:
        self.source, self.sink = os.pipe()
        os.set_blocking(self.source, False)
        self.came = b""

    def read(self) -> bytes:
        """Everything that has come out so far."""
        with contextlib.suppress(BlockingIOError):
            self.came += os.read(self.source, 1 << 20)
        return self.came

    def passage(self, poller: Poller) -> Passage:
        """A passage that leads here."""
        return Passage(poller, (self.sink, self.sink))


@pytest.fixture
def outside() -> Iterator[Outside]:
    one = Outside()
    yield one
    os.close(one.source)
    os.close(one.sink)


@pytest.fixture
def poller() -> Poller:
    return Poller(pytest.fail)


def test_whole_lines_go_on(outside: Outside, poller: Poller) -> None:
    """The end of a line that has not come yet is waited for, and flushed at the end."""
    passage = outside.passage(poller)
    os.write(passage.stdout, b"one\ntw")
    turn_until(poller, lambda: outside.read() == b"one\n")
    os.write(passage.stdout, b"o\nthr")
    turn_until(poller, lambda: outside.read() == b"one\ntwo\n")
    passage.end()
    assert outside.read() == b"one\ntwo\nthr"
    assert passage.last_lines == ["one", "two", "thr"]
    passage.open_for_them()


def test_a_line_without_an_end_goes_on_as_it_is(outside: Outside, poller: Poller) -> None:
    """It is not kept for ever."""
    passage = outside.passage(poller)
    os.write(passage.stdout, b"." * CHUNK)
    turn_until(poller, lambda: len(outside.read()) == CHUNK)
    passage.open_for_them()
    turn_for(poller, 0.05)
    passage.end()


def test_who_is_not_read_is_not_read_either(outside: Outside, poller: Poller) -> None:
    """A full stdout makes the service wait, and never PID 1; nothing is dropped."""
    passage = outside.passage(poller)
    os.set_blocking(passage.stdout, False)
    sent = 0
    line = b"x" * 1023 + b"\n"
    try:
        while True:
            sent += os.write(passage.stdout, line * 16)
            turn_for(poller, 0.0)
            poller.wait(0)
    except BlockingIOError:
        pass
    turn_until(poller, lambda: len(outside.read()) == sent)
    assert set(outside.came.split(b"\n")[:-1]) == {line[:-1]}
    passage.open_for_them()
    passage.end()


def test_the_last_lines_are_remembered(outside: Outside, poller: Poller) -> None:
    """Enough to tell why it did not start."""
    passage = outside.passage(poller)
    os.write(passage.stderr, b"".join(b"line %d\n" % number for number in range(100)))
    assert passage.last_lines == [f"line {number}" for number in range(100 - LINES, 100)]
    passage.open_for_them()
    passage.end()
