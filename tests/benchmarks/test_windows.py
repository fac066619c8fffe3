"""Who was under way while workers were replaced, and what the times of such requests are."""

from __future__ import annotations

import pytest

from benchmarks.recycling.windows import (
    Span,
    during,
    longest_gap,
    percentile,
    seen,
    shortly_after,
    steady,
)
from supervisor.drill.tally import Fate, Result

SPAN = Span(10.0, 12.0)


def request(
    begin: float, end: float, fate: Fate = Fate.ANSWERED, status: int | None = 200
) -> Result:
    """One request, whoever sent it."""
    return Result(fate, status, "", "/", 0, begin, begin, end, 0)


@pytest.mark.parametrize(
    ("begin", "end", "where"),
    [
        (9.0, 10.0, "steady"),  # it ended when the trigger was pulled
        (9.9, 10.1, "during"),
        (10.5, 11.0, "during"),
        (9.0, 13.0, "during"),  # it waited all the time
        (11.9, 12.1, "during"),
        (12.0, 12.2, "after"),
        (12.4, 12.9, "after"),
        (12.5, 12.9, "steady"),
        (3.0, 4.0, "steady"),
        (2.9, 4.0, "before"),  # not at saturation yet
    ],
)
def test_a_request_belongs_to_one_time(begin: float, end: float, where: str) -> None:
    """Nobody is counted twice, and who waited since before the trigger counts as during."""
    one = request(begin, end)
    found = {
        "during": during([one], [SPAN]),
        "after": shortly_after([one], [SPAN], 0.5),
        "steady": steady([one], [SPAN], 0.5, since=3.0),
    }
    assert [name for name, some in found.items() if some] == ([where] if where != "before" else [])


def test_a_request_of_two_rounds_counts_once() -> None:
    """A long one may see two of them."""
    assert len(during([request(9, 30)], [SPAN, Span(20.0, 21.0)])) == 1


@pytest.mark.parametrize(
    ("count", "percent", "expected"), [(1, 99, 1), (100, 99, 99), (101, 99, 100), (4, 50, 2)]
)
def test_percentiles_are_of_the_nearest_rank(count: int, percent: float, expected: int) -> None:
    """No number is made up between two that were measured."""
    assert percentile([float(n) for n in range(1, count + 1)], percent) == expected


def test_nothing_has_no_percentile() -> None:
    """Not zero: nobody was that fast."""
    assert percentile([], 99) is None


def test_only_complete_answers_have_times() -> None:
    """A refusal is fast, and no answer."""
    results = [
        request(0, 1),
        request(0, 3, status=502),
        request(0, 0.001, Fate.REFUSED, None),
        request(0, 0.002, Fate.TURNED_AWAY, 503),
        request(0, 9, Fate.LOST, None),
    ]
    assert seen(results) == {
        "answered": 2,
        "turned_away": 1,
        "refused": 1,
        "lost": 1,
        "errors": 1,
        "p50_s": 1.0,
        "p99_s": 3.0,
        "max_s": 3.0,
    }


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([9.9, 10.5, 11.0, 11.5, 12.1], 0.6),
        ([9.0, 10.5, 11.0, 11.5, 12.1], 1.5),  # the silence began before the trigger
        ([9.9, 15.0], 5.1),  # and went on after the fresh one served
        ([], 2.0),
        ([1.0, 5.0, 9.9, 11.0, 12.0, 20.0], 1.1),  # what came before and after is not ours
    ],
)
def test_the_longest_gap(ends: list[float], expected: float) -> None:
    """Silence counts in full, whenever it began."""
    results = [request(0, end) for end in ends]
    assert longest_gap(results, SPAN) == pytest.approx(expected)


def test_losses_are_no_answers_for_the_gap() -> None:
    """Somebody whose connection is reset has heard nothing."""
    results = [request(0, 9.9), request(0, 11, Fate.LOST, None), request(0, 12.5)]
    assert longest_gap(results, SPAN) == pytest.approx(2.6)
