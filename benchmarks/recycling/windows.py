"""What clients saw while workers were replaced, and what they saw otherwise. Pure; seconds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supervisor.drill.tally import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from supervisor.drill.tally import Result

_COUNTED = {
    "answered": Fate.ANSWERED,
    "turned_away": Fate.TURNED_AWAY,
    "refused": Fate.REFUSED,
    "lost": Fate.LOST,
}


@dataclass(frozen=True, slots=True)
class Span:
    """A time, on CLOCK_MONOTONIC: from a trigger until the fresh workers serve, for example."""

    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.end - self.begin

    def touches(self, result: Result) -> bool:
        """Whether a request was under way at any moment of it: who waited since before counts."""
        return result.t_start < self.end and result.t_end > self.begin


def during(results: Iterable[Result], spans: Sequence[Span]) -> list[Result]:
    """The requests that were under way in any of these times."""
    return [one for one in results if any(span.touches(one) for span in spans)]


def steady(
    results: Iterable[Result], spans: Sequence[Span], settle_s: float, since: float
) -> list[Result]:
    """The requests of the rest: begun `since` then, in none of these times or shortly after."""
    longer = [Span(span.begin, span.end + settle_s) for span in spans]
    busy = set(map(id, during(results := list(results), longer)))
    return [one for one in results if one.t_start >= since and id(one) not in busy]


def shortly_after(
    results: Iterable[Result], spans: Sequence[Span], settle_s: float
) -> list[Result]:
    """The requests that are neither: begun when fresh workers served, before it was calm again."""
    tails = [Span(span.end, span.end + settle_s) for span in spans]
    busy = set(map(id, during(results := list(results), spans)))
    return [one for one in during(results, tails) if id(one) not in busy]


def seen(results: Sequence[Result]) -> dict[str, Any]:
    """Counts, and the times of complete answers: median, 99th percentile and maximum."""
    times = sorted(one.seconds for one in results if one.fate is Fate.ANSWERED)
    counts = {name: sum(one.fate is it for one in results) for name, it in _COUNTED.items()}
    errors = sum(1 for one in results if one.fate is Fate.ANSWERED and _is_error(one))
    return {
        **counts,
        "errors": errors,
        "p50_s": percentile(times, 50),
        "p99_s": percentile(times, 99),
        "max_s": percentile(times, 100),
    }


def _is_error(result: Result) -> bool:
    return result.status is not None and result.status >= 500


def percentile(times: Sequence[float], percent: float) -> float | None:
    """The nearest rank of sorted times; None if there are none."""
    if not times:
        return None
    rank = -(-len(times) * percent // 100)
    return times[max(int(rank), 1) - 1]


def longest_gap(results: Iterable[Result], span: Span) -> float:
    """The longest time in which nobody got an answer, of those that touch the span.

    A silence that began before it, or goes on after it, counts in full: it has no other cause.
    """
    ends = sorted(one.t_end for one in results if one.fate is Fate.ANSWERED)
    earlier = [end for end in ends if end <= span.begin]
    later = [end for end in ends if end >= span.end]
    within = [end for end in ends if span.begin < end < span.end]
    first = earlier[-1:] or [span.begin]
    moments = [*first, *within, *(later[:1] or [span.end])]
    return max(after - before for before, after in itertools.pairwise(moments))
