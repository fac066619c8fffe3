"""Requests over time: none is missing, none is counted twice, and there are never too many bars."""

from __future__ import annotations

import pytest

from supervisor.drill.buckets import MOST, buckets
from supervisor.drill.result import Fate, Result
from supervisor.drill.tally import Tally


def ended(t: float, fate: Fate = Fate.ANSWERED) -> Result:
    """A request that ended at a moment."""
    return Result(fate, 200, "", "/", 0, t - 0.1, t - 0.1, t, 0)


@pytest.mark.parametrize("span", [0.0, 0.05, 1.0, 7.3, 60.0, 3600.0])
def test_every_request_is_in_one(span: float) -> None:
    """The counts add up, in at most MOST stretches of one round length."""
    results = [ended(100 + span * at / 99, list(Fate)[at % 4]) for at in range(100)]
    found = buckets(Tally(results), 100 + span / 2)
    assert 1 <= len(found) <= MOST
    for fate in Fate:
        assert sum(one[fate.name.lower()] for one in found) == 25
    assert len({round(one["to_s"] - one["from_s"], 6) for one in found}) == 1
    assert found[0]["from_s"] <= -span / 2 <= found[0]["to_s"]


def test_nothing_is_nothing() -> None:
    """A drill without a load has none."""
    assert buckets(Tally(()), 0.0) == []


@pytest.mark.parametrize(
    "span_s, width",
    [(0.78, 0.01), (0.8, 0.02), (1.5, 0.02), (1.7, 0.05), (4.0, 0.1), (7.8, 0.1), (8.1, 0.2)],
)
def test_a_stretch_is_as_short_as_can_be_seen(span_s: float, width: float) -> None:
    """10, 20, 50, 100 ms and so on, whatever how many there are of them."""
    ends = [ended(100 + span_s * at / 10) for at in range(11)]
    found = buckets(Tally(ends), 100)
    assert {round(one["to_s"] - one["from_s"], 3) for one in found} == {width}
    assert found[-1]["to_s"] / width <= MOST
