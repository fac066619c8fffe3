"""The moments of one stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.core.budget import LEAST_RESERVE_S, Budget

seconds = st.floats(0.0, 1e4)


def test_the_moments_of_an_ordinary_stop() -> None:
    """Ten seconds of grace, as `docker stop` gives."""
    budget = Budget(100.0, 10.0, drain_delay_s=2.0)
    assert budget.delay_until == 102.0
    assert budget.kill_at == 109.0
    assert budget.close_at == 109.5
    assert budget.finish_at == 109.7
    assert budget.ends_at == 110.0


@pytest.mark.parametrize(
    "grace_s, average_s, at",
    [
        (10.0, 0.0, 108.0),  # a second before the kill
        (10.0, 0.5, 108.0),
        (10.0, 2.0, 106.0),  # one and a half requests before it
        (10.0, 60.0, 104.5),  # at most to the middle
        (2.0, 0.0, 100.5),
    ],
)
def test_who_waits_is_turned_away_early_enough(grace_s: float, average_s: float, at: float) -> None:
    """The slower the requests, the earlier; never in the first half."""
    assert Budget(100.0, grace_s).turn_away_at(average_s) == at


def test_a_hurry_leaves_the_reserve() -> None:
    """The kill is due now, and what comes after it has its time as before."""
    budget = Budget(100.0, 30.0, drain_delay_s=10.0).hurried(103.0)
    assert (budget.kill_at, budget.close_at, budget.ends_at) == (103.0, 103.5, 104.0)
    assert budget.delay_until == 103.0
    assert budget.hurried(103.5) == budget


def test_a_hurry_after_the_kill_gains_nothing() -> None:
    """The end does not move."""
    budget = Budget(100.0, 10.0)
    assert budget.hurried(109.2).kill_at == budget.kill_at
    assert budget.hurried(109.2).ends_at == budget.ends_at


def test_an_endless_grace_period_can_be_hurried() -> None:
    """Without a platform that kills, only a person ends it."""
    budget = Budget(100.0, float("inf"))
    assert budget.kill_at == budget.turn_away_at(1.0) == budget.finish_at == float("inf")
    assert budget.hurried(500.0).ends_at == 501.0


@given(st.floats(0.0, 1e7), seconds, seconds, seconds, st.none() | seconds, seconds)
def test_the_moments_keep_their_order(
    asked_at: float,
    grace_s: float,
    delay_s: float,
    reserve_s: float,
    hurry_s: float | None,
    average_s: float,
) -> None:
    """Whatever an operator writes: kill, close, finish, end, and a moment between each two."""
    budget = Budget(asked_at, grace_s, delay_s, reserve_s)
    if hurry_s is not None:
        budget = budget.hurried(asked_at + hurry_s)
    assert budget.delay_until <= budget.kill_at < budget.close_at
    assert budget.close_at < budget.finish_at < budget.ends_at <= asked_at + grace_s
    assert budget.turn_away_at(average_s) <= budget.kill_at
    assert budget.ends_at - budget.kill_at >= LEAST_RESERVE_S - 1e-6
