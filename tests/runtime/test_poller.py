"""One poll, one clock: also when descriptors and timers change hands in the middle of a round."""

from __future__ import annotations

import os
from time import monotonic

from supervisor.runtime.poller import FOREVER, Poller
from tests.runtime.turning import turn_until


def test_news_of_a_closed_descriptor_does_not_reach_its_successor() -> None:
    """Two are ready; the first callback closes the second, whose number is given away at once."""
    poller = Poller()
    told: list[str] = []
    first, second = os.pipe(), os.pipe()
    quiet = os.pipe()
    number = second[0]

    def replace() -> None:
        os.read(first[0], 1)
        poller.forget(number)
        os.dup2(quiet[0], number)
        poller.watch(number, lambda: told.append("successor"))

    poller.watch(first[0], replace)
    poller.watch(number, lambda: told.append("predecessor"))
    os.write(first[1], b".")
    os.write(second[1], b".")
    poller.wait(monotonic() + 1)
    assert told == []
    os.write(quiet[1], b".")
    poller.wait(monotonic() + 1)
    assert told == ["successor"]
    for fd in (*first, *second, *quiet):
        os.close(fd)


def test_a_timer_that_was_set_anew_does_not_go_off() -> None:
    """Both are due; the first puts the second off."""
    poller = Poller()
    told: list[str] = []
    poller.at("a", 0.0, lambda: poller.at("b", FOREVER, lambda: told.append("put off")))
    poller.at("b", 0.0, lambda: told.append("old"))
    poller.wait(0.0)
    assert told == []


def test_a_cancelled_timer_does_not_go_off() -> None:
    """Not even when it is due in the same round."""
    poller = Poller()
    told: list[str] = []
    poller.at("a", 0.0, lambda: poller.cancel("b"))
    poller.at("b", 0.0, lambda: told.append("b"))
    poller.wait(0.0)
    assert told == []


def test_a_callback_that_raises_is_told_and_the_others_are_called() -> None:
    """PID 1 goes on."""
    troubles: list[str] = []
    poller = Poller(troubles.append)
    told: list[str] = []

    def fail() -> None:
        raise KeyError("missing")

    poller.at("a", 0.0, fail)
    poller.at("b", 0.0, lambda: told.append("b"))
    poller.wait(0.0)
    assert (troubles, told) == (["KeyError('missing')"], ["b"])


def test_a_moment_in_the_far_future_can_be_waited_for() -> None:
    """poll(2) counts milliseconds in an int: 25 days would be too many."""
    poller = Poller()
    read, write = os.pipe()
    os.write(write, b".")
    told: list[str] = []
    poller.watch(read, lambda: told.append("now"))
    poller.wait(monotonic() + 1e9)
    assert told == ["now"]
    poller.forget(read)
    os.close(read)
    os.close(write)


def test_it_waits_until_the_moment_and_not_longer() -> None:
    """Without news, the deadline ends the wait."""
    poller = Poller()
    moment = monotonic() + 0.03
    poller.wait(moment)
    assert moment <= monotonic() < moment + 2
    turn_until(poller, lambda: True)
