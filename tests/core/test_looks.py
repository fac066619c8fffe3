"""What looks prove: each kind of business, and the clients that are not waited for."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.core.looks import (
    HANDSHAKE_S,
    IDLE_S,
    LOOK_EVERY_S,
    LOOKS_NEEDED,
    STALLED_S,
    Look,
    Quiet,
    fold,
)

SHUT = 100.0


def looked(looks: list[Look], every_s: float = LOOK_EVERY_S) -> Quiet:
    """Fold looks that follow each other at an interval, the first when the door was shut."""
    quiet = Quiet()
    for number, look in enumerate(looks):
        quiet = fold(quiet, look, SHUT + number * every_s, SHUT)
    return quiet


def test_three_quiet_looks_in_a_row_prove_it() -> None:
    """Two do not; and a busy one starts the count again."""
    quiet, busy = Look(in_request=0), Look(queued=1)
    assert LOOKS_NEEDED == 3
    assert not looked([quiet] * 2).drained
    assert looked([quiet] * 3).drained
    assert not looked([quiet, quiet, busy, quiet, quiet]).drained
    assert looked([quiet, busy, quiet, quiet, quiet]).drained


@pytest.mark.parametrize(
    "business",
    [
        {"queued": 1},
        {"backend": 1},
        {"in_request": 1},
        {"starting": 1},
        {"half_open": 1},
        {"owed_bytes": 1},
        {"serving": 1, "in_request": 0},
        {"serving": 1, "in_request": None},
    ],
)
def test_every_kind_of_business_is_business(business: dict[str, Any]) -> None:
    """Whatever a client may be owed, wherever it is: not quiet."""
    look = Look(**{"in_request": 0, **business})
    assert looked([look] * 5).looks == 0


@pytest.mark.parametrize("word", [{"requests": 9}, {"average_s": 2.0}, {"ready": True}])
def test_what_nobody_is_owed_is_quiet(word: dict[str, Any]) -> None:
    """Numbers about the past, and readiness, are no business."""
    assert looked([Look(**word)] * 3).drained


@pytest.mark.parametrize("kind", ["queued", "backend", "in_request", "starting"])
def test_business_is_waited_for_however_long_it_takes(kind: str) -> None:
    """Only the budget ends it, not the looks."""
    assert looked([Look().replace(**{kind: 1})] * 50, every_s=10.0).looks == 0


@pytest.mark.parametrize("after_s, quiet", [(0.0, 0), (HANDSHAKE_S - 0.01, 0), (HANDSHAKE_S, 1)])
def test_a_handshake_is_given_its_time(after_s: float, quiet: int) -> None:
    """After that it is a client that connected and says nothing."""
    assert fold(Quiet(), Look(half_open=1), SHUT + after_s, SHUT).looks == quiet


def test_idle_connections_are_known_after_a_second() -> None:
    """Kept alive, nothing asked, nothing answered: owed nothing, if workers say so."""
    look = Look(serving=2, in_request=0, requests=7)
    quiet = fold(Quiet(), look, SHUT, SHUT)
    assert fold(quiet, look, SHUT + IDLE_S - 0.01, SHUT).looks == 0
    assert fold(quiet, look, SHUT + IDLE_S, SHUT).looks == 1


def test_without_a_workers_word_an_open_connection_is_a_request() -> None:
    """Nobody can say that it is idle, so only its end proves it."""
    assert looked([Look(serving=1)] * 30, every_s=1.0).looks == 0


@pytest.mark.parametrize(
    "other", [{"serving": 1}, {"serving": 3}, {"requests": 8}, {"received_bytes": 12}]
)
def test_any_movement_starts_the_idle_second_again(other: dict[str, Any]) -> None:
    """A connection that comes or goes, an answer, a byte of a request: these are not idle."""
    look = Look(serving=2, in_request=0, requests=7)
    quiet = fold(Quiet(), look, SHUT, SHUT)
    quiet = fold(quiet, look.replace(**other), SHUT + 0.9, SHUT)
    assert fold(quiet, look.replace(**other), SHUT + IDLE_S + 0.1, SHUT).looks == 0
    assert fold(quiet, look.replace(**other), SHUT + IDLE_S + 0.9, SHUT).looks == 1


def test_owed_bytes_are_waited_for_while_they_move() -> None:
    """While there is time a reader may pause; then one that takes nothing for 3 s is gone."""
    moving = [Look(in_request=0, owed_bytes=1000 - taken) for taken in range(20)]
    assert looked(moving, every_s=2.0).looks == 0
    stuck = fold(Quiet(), Look(owed_bytes=9), SHUT, SHUT)
    assert fold(stuck, Look(owed_bytes=9), SHUT + STALLED_S - 0.01, SHUT).looks == 0
    assert fold(stuck, Look(owed_bytes=9), SHUT + STALLED_S, SHUT).looks == 1
    assert fold(stuck, Look(owed_bytes=9), SHUT + 60, SHUT, patient=True).looks == 0
    moved = fold(stuck, Look(owed_bytes=8), SHUT + STALLED_S, SHUT)
    assert (moved.looks, moved.owed_since) == (0, SHUT + STALLED_S)


@pytest.mark.parametrize("inside", [{"serving": 2}, {"owed_bytes": 9}])
def test_a_server_that_finishes_is_left_alone_with_whom_it_accepted(inside: dict[str, Any]) -> None:
    """It answers them while it ends; nobody needs to wait for that before it is told to."""
    quiet = Quiet()
    for _ in range(LOOKS_NEEDED):
        quiet = fold(quiet, Look(**inside), SHUT, SHUT, patient=True, finishes=True)
    assert quiet.drained


@pytest.mark.parametrize("outside", ["queued", "half_open", "backend", "in_request", "starting"])
def test_who_has_not_reached_a_server_that_finishes_is_waited_for(outside: str) -> None:
    """Told to end, it would close its listener over them; and a worker's word still counts."""
    assert fold(Quiet(), Look().replace(**{outside: 1}), SHUT, SHUT, finishes=True).looks == 0
