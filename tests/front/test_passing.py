"""Signals and codes as people write them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from supervisor.errors import UsageError
from supervisor.front import passing
from supervisor.front.undo import Undo


def test_what_is_read() -> None:
    """Names and numbers."""
    assert passing.rewrites(("TERM:QUIT", "1:0", "SIGUSR1 : 12")) == ((15, 3), (1, 0), (10, 12))
    assert passing.rewrites(("TERM:QUIT", "15:INT")) == ((15, 2),)
    assert passing.stops("TERM, sigint,15") == (15, 2)
    assert passing.codes("0, 143") == (0, 143)
    assert passing.any_signal("KILL", "here") == 9


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: passing.rewrites(("TERM",)), r"cannot rewrite 'TERM' \(--rewrite\): there is no"),
        (lambda: passing.rewrites(("FOO:1",)), "cannot read 'FOO' as a signal"),
        (lambda: passing.rewrites(("1:FOO",)), "cannot read 'FOO' as a signal"),
        (lambda: passing.rewrites(("KILL:TERM",)), "cannot wait for KILL"),
        (lambda: passing.stops("TERM,"), r"cannot read '' as a signal \(--stop-signals\)"),
        (lambda: passing.stops("SEGV"), "cannot wait for SEGV"),
        (lambda: passing.codes("0,256"), r"cannot read '256' as an exit code \(--success-codes\)"),
        (lambda: passing.codes("x"), "cannot read 'x' as an exit code"),
    ],
)
def test_what_is_refused(read: Callable[[], object], message: str) -> None:
    """Each says what to write."""
    with pytest.raises(UsageError, match=message):
        read()


def test_undoing_goes_backwards() -> None:
    """As ExitStack does."""
    done: list[int] = []
    undo = Undo()
    for number in range(3):
        undo.later(partial(done.append, number))
    with pytest.raises(ZeroDivisionError), undo:
        _ = 1 / 0
    assert done == [2, 1, 0]
