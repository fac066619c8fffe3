"""What passes, what fails, and by which sentence."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from supervisor.drill.tally import Tally
from supervisor.drill.verdict import ERRORS, EXIT, LOST, SLOW, Limits, judge
from tests.drill.outcomes import answered, cut, failing, graceful, killed, lost, outcome

if TYPE_CHECKING:
    from supervisor.drill.outcome import Outcome
    from supervisor.drill.result import Result


def kinds(found: tuple[object, ...]) -> list[str]:
    return [one.kind for one in found]  # type: ignore[attr-defined]


def test_a_graceful_stop() -> None:
    found = judge(graceful())
    assert found.ok
    assert found.sentence == (
        "app:latest: nothing was lost of 17 accepted requests, 1 turned away, 1 refused; it ended"
        " 0.5 s after SIGTERM with 143."
    )


def test_a_loss_names_those_that_were_inside() -> None:
    found = judge(cut())
    assert kinds(found.complaints) == [LOST]
    assert found.sentence == (
        "app:latest: 8 requests were lost of 21 accepted, 7 of the 8 that were inside."
    )


def test_a_loss_that_hit_nobody_inside_says_whom_it_hit() -> None:
    before = [*answered(8, -0.1, 0.4), *lost(2, -1, -0.9, "EOF before headers")]
    assert judge(outcome(before)).sentence.endswith(", none of the 8 that were inside.")
    later = [*before[:8], *lost(2, 0.1, 0.2, "EOF before headers")]
    assert judge(outcome(later)).sentence.endswith(" accepted: they came after SIGTERM.")


def test_killed_at_the_end_is_a_wrong_code_and_too_slow() -> None:
    found = judge(killed())
    assert kinds(found.complaints) == [LOST, EXIT, SLOW]
    assert "It ended with 137 by KILL at the end of its grace period, not 143 or 0." in (
        found.sentence
    )
    assert found.sentence.endswith("Its grace period of 10 s was too short for it.")


def test_what_is_not_to_fail_it_is_a_remark() -> None:
    found = judge(killed(), Limits(fail_on=(EXIT,)))
    assert (kinds(found.complaints), kinds(found.remarks)) == ([EXIT], [LOST, SLOW])
    passed = judge(cut(), Limits(fail_on=(SLOW,)))
    assert passed.ok
    assert "8 requests were lost" in passed.sentence


@pytest.mark.parametrize(
    ("code", "limits", "ok"),
    [
        (143, Limits(), True),
        (0, Limits(), True),
        (1, Limits(), False),
        (0, Limits(codes=(143,)), False),
        (3, Limits(codes=(143, 3)), True),
        (None, Limits(), True),
    ],
)
def test_exit_codes(code: int | None, limits: Limits, ok: bool) -> None:
    assert judge(outcome(answered(1, -1, -0.5), exit_code=code), limits).ok is ok


def test_the_outcomes_own_codes_hold_unless_others_are_said() -> None:
    one = outcome(answered(1, -1, -0.5), exit_code=3, expected_codes=(3,))
    assert judge(one).ok
    assert not judge(one, Limits(codes=(0,))).ok


def test_a_limit_of_seconds() -> None:
    one = outcome(answered(1, -1, -0.5), over=3.2)
    assert judge(one, Limits(seconds=4)).ok
    found = judge(one, Limits(seconds=3))
    assert found.complaints[0].sentence == "It took 3.2 s, and 3 s is the limit."


def test_a_kill_loses_what_it_does_and_is_judged_by_its_code() -> None:
    inside = lost(3, -0.1, 0.01, "EOF before headers")
    one = outcome(inside, action="kill", exit_code=137, signal=9)
    found = judge(one)
    assert found.ok
    assert kinds(found.remarks) == [LOST]
    wrong = dataclasses.replace(one, end=dataclasses.replace(one.end, wrong="it ended before"))
    assert judge(wrong).sentence == "app:latest: The kill failed: it ended before."


def test_nothing_is_promised_without_a_load() -> None:
    assert "nobody knows whether requests would be lost" in judge(outcome()).sentence


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (
            [*answered(4, -1, -0.5), *failing(3, 0.1, 0.2)],
            "3 of the answers were 5xx, none before SIGTERM.",
        ),
        (
            [*answered(4, -1, -0.5), *failing(1, -1, -0.5), *failing(1, -0.1, 0.2)],
            "2 of the answers were 5xx, 1 of them before SIGTERM.",
        ),
        (
            [*failing(4, -1, -0.5, 404), *failing(1, 0.1, 0.2)],
            "No answer was 2xx or 3xx: 4 x 404, 1 x 502.",
        ),
        ([*failing(1, -1, -0.5), *answered(4, 0.1, 0.2)], None),
    ],
)
def test_answers_that_are_errors_pass_and_are_told(results: list[Result], told: str | None) -> None:
    found = judge(outcome(results))
    assert found.ok
    assert [one.sentence for one in found.remarks] == ([told] if told else [])
    if told:
        assert kinds(found.remarks) == [ERRORS]
        assert found.sentence.endswith(told)


@pytest.mark.parametrize(
    "one, limits, told",
    [
        (
            outcome(lost(1, -0.1, 0.1, "x") + answered(2, -0.1, 0.1)),
            Limits(),
            "1 request was lost of 3 accepted, 1 of the 3 that were inside.",
        ),
        (
            outcome(lost(1, 0.1, 0.2, "x"), signal=0),
            Limits(),
            "1 request was lost of 1 accepted: it came after the stop.",
        ),
        (
            outcome(lost(1, -1, -0.5, "x") + answered(1, 0.1, 0.2)),
            Limits(),
            "1 request was lost of 2 accepted.",
        ),
        (
            outcome(killed=True, exit_code=137, grace_s=None),
            Limits(codes=(137,)),
            "It was killed at the end of its grace period. Its grace period was too short for it.",
        ),
        (
            outcome(exit_code=1),
            Limits(),
            "It ended with 1, not 143 or 0.",
        ),
        (outcome(over=2.5), Limits(seconds=2.0), "It took 2.5 s, and 2 s is the limit."),
        (
            outcome(answered(1, -1, 0), over=2.0, exit_code=None, signal=0),
            Limits(seconds=2.0),
            "nothing was lost of 1 accepted requests; it ended 2.0 s after it was asked.",
        ),
        (
            outcome(answered(1, -1, 0), action="kill", signal=9, exit_code=137),
            Limits(),
            "nothing was lost of 1 accepted requests; it was killed with 137.",
        ),
        (
            outcome(lost(1, -0.1, 0.1, "x") + failing(1, 0.1, 0.2) + answered(1, 0.1, 0.2)),
            Limits(fail_on=()),
            "it ended 0.1 s after SIGTERM with 143. 1 request was lost of 3 accepted, 1 of the 1"
            " that were inside. 1 answer was 5xx, none before SIGTERM.",
        ),
        (
            outcome(over=2.0, killed=True, exit_code=137),
            Limits(fail_on=("slow",), seconds=3.0),
            "it ended 2.0 s after SIGTERM with 137; without a load nobody knows whether requests"
            " would be lost. It ended with 137 by KILL at the end of its grace period, not 143 or"
            " 0.",
        ),
    ],
)
def test_word_for_word(one: Outcome, limits: Limits, told: str) -> None:
    assert judge(one, limits).sentence == f"app:latest: {told}"


def test_a_loss_without_a_mark_is_a_loss() -> None:
    """Nobody knows who was inside of what was never asked."""
    one = outcome(lost(2, -1, 0, "x"))
    unmarked = dataclasses.replace(one, tally=Tally(one.tally.results))
    assert judge(unmarked).sentence == "app:latest: 2 requests were lost of 2 accepted."
