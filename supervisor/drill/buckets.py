"""What became of requests over time: counts for equal stretches of a drill."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supervisor.drill.result import Fate

if TYPE_CHECKING:
    from supervisor.drill.tally import Tally

MOST = 80
LEAST_S = 0.01


def buckets(tally: Tally, zero: float) -> list[dict[str, float | int]]:
    """Return how many requests ended in each stretch, by fate; `from_s` counts from `zero`.

    Stretches have a round length (10, 20, 50, 100 ms, ...), and there are at most MOST of them.
    One in which nothing ended is left out.
    """
    ends = [(result.t_end - zero, result.fate) for result in tally.results]
    if not ends:
        return []
    first, last = min(ends)[0], max(ends)[0]
    width = _width(last - first)
    counts: dict[int, dict[Fate, int]] = {}
    for t, fate in ends:
        at = counts.setdefault(math.floor(t / width), dict.fromkeys(Fate, 0))
        at[fate] += 1
    return [
        {
            "from_s": round(at * width, 3),
            "to_s": round((at + 1) * width, 3),
            **{fate.name.lower(): count for fate, count in one.items()},
        }
        for at, one in sorted(counts.items())
    ]


def _width(span_s: float) -> float:
    width = LEAST_S
    while span_s / width > MOST - 1:
        for factor in (2, 2.5, 2):
            width *= factor
            if span_s / width <= MOST - 1:
                break
    return width
