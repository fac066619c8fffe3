"""What goes on while an order is carried out, and who waits for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from supervisor.drill.sites import taking
from supervisor.drill.sites.uninterrupted import uninterrupted

DEADLINE_S = 10.0


class Interrupting:
    """A vigil at whose first look somebody presses Ctrl-C."""

    def __init__(self, *, passing: bool, before: Callable[[], object]) -> None:
        self.passing, self._before = passing, before

    def told(self, _signal: int) -> None:
        self._before()
        raise KeyboardInterrupt


@pytest.mark.parametrize("passing", [False, True])
def test_what_was_there_before_is_waited_for(*, passing: bool) -> None:
    """It is put back, and can't be while it is on its way down; what only passes is not."""
    go_on, over = threading.Event(), threading.Event()

    def act() -> None:
        assert go_on.wait(DEADLINE_S)
        over.set()

    one: Any = Interrupting(passing=passing, before=(lambda: None) if passing else go_on.set)
    with pytest.raises(KeyboardInterrupt):
        taking.meanwhile((one,), signal.SIGTERM, act)
    assert over.is_set() is not passing
    go_on.set()
    assert over.wait(DEADLINE_S)


def test_what_is_being_made_is_not_interrupted() -> None:
    """Ctrl-C comes when it is over, once; then it comes as before."""
    made = []

    @uninterrupted()
    def make() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        made.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        make()
    assert made
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with uninterrupted():
        pass


def test_another_thread_has_no_signals_to_hold_back() -> None:
    """Python would not let it."""
    done = threading.Event()

    def make() -> None:
        with uninterrupted():
            done.set()

    thread = threading.Thread(target=make)
    thread.start()
    thread.join(DEADLINE_S)
    assert done.is_set()
