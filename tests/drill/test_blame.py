"""The counts know better than an exit code."""

from __future__ import annotations

import pytest

from supervisor.drill.blame import blame
from supervisor.drill.story import story
from supervisor.ops.causes.cause import Cause
from supervisor.ops.causes.decide import cause
from tests.drill.outcomes import CUT, answered, cut, lost, outcome
from tests.ops.made import die, ended, kill, stopped

FINISHES = Cause("stopped", "It stopped in 0.4 s with 0; gunicorn: it finishes its requests.")
QUEUED = lost(3, -0.2, 0.4, "reset before headers")


def test_a_cause_that_explains_a_loss_stays() -> None:
    assert blame(cut()) is CUT


def test_a_queue_that_was_reset() -> None:
    one = outcome([*answered(2, -0.1, 0.3), *QUEUED], exit_code=0, cause=FINISHES)
    found = blame(one)
    assert found is not None
    assert found.id == "lost-requests"
    assert found.sentence == (
        f"{FINISHES.sentence} But 3 of the lost requests waited in the listener's queue: the"
        " kernel had accepted them, no worker had taken them yet, and closing the listener reset"
        " them."
    )
    assert "To do: Let newcomers go elsewhere" in story(one)


def test_one_is_told_as_one() -> None:
    waited, was_cut = blame(outcome(QUEUED[:1])), blame(outcome(lost(1, -0.2, 0.1, "EOF")))
    assert waited is not None
    assert was_cut is not None
    assert "accepted it, no worker had taken it yet, and closing the listener reset it." in (
        waited.sentence
    )
    assert was_cut.sentence == ("1 of the lost requests was cut while it was being answered.")


def test_who_came_by_a_connection_that_is_reused_waited_in_no_queue() -> None:
    found = blame(outcome(lost(3, -2.0, 0.4, "reset before headers, on a reused connection")))
    assert found is not None
    assert found.id == "cut-requests"


def test_over_https_nobody_waits_in_the_queue() -> None:
    """Who accepted a request had shaken hands itself: what is reset then was at work."""
    told = story(outcome(QUEUED, secure=True))
    assert "3 of the lost requests were cut while they were being answered." in told
    assert "queue" not in told


def test_answers_that_were_cut() -> None:
    found = blame(outcome([*QUEUED[:1], *lost(2, -0.2, 0.1, "EOF in body after 3 of 9 bytes")]))
    assert found is not None
    assert (found.id, found.sentence) == (
        "cut-requests",
        "2 of the lost requests were cut while they were being answered.",
    )


@pytest.mark.parametrize("code", [0, 143])
def test_what_was_counted_is_not_said_to_be_unseen(code: int) -> None:
    """The sentences are those of a container's end, which had no load."""
    known = cause(ended(kill(5, 15), die(7, code), stopped(7.1), code=code))
    assert "hether requests were cut can't be seen" in known.sentence
    good = outcome(answered(2, -0.1, 0.3), exit_code=code, cause=known)
    found = blame(good)
    assert found is not None
    assert found.sentence.endswith("with 0." if code == 0 else "that SIGTERM ended it.")
    assert found.fix == ""
    assert "can't be seen" not in story(outcome(QUEUED, exit_code=code, cause=known))
    assert blame(outcome(exit_code=code, cause=known)) is known


def test_nothing_is_blamed_for_nothing() -> None:
    assert blame(outcome(answered(1, -1, -0.5))) is None
    assert blame(outcome(answered(1, -1, -0.5), cause=FINISHES)) is FINISHES
    assert blame(outcome(QUEUED, action="kill", exit_code=137)) is None
