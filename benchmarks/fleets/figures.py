"""From samples to figures, and what gracekeeper must reach. Pure."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.fleets.contenders import OURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Figures = dict[str, Any]
Samples = list[Figures]
Crowd = dict[str, dict[str, Samples]]  # by shape, then by contender

OVER_CHAIN_S, CROWD_S, LINES_PER_S = 0.3, 10.0, 100_000


class Must(NamedTuple):
    """A limit, and what was measured."""

    title: str
    measured: str
    limit: str
    reached: bool


def chain(samples: Sequence[Mapping[str, Any]]) -> Figures:
    """The three servers: alone, in one file, and what the file adds; each round is compared."""
    alone = {name: [one["alone"][name]["start_s"] for one in samples] for name in _names(samples)}
    over = [
        one["fleet"]["start_s"] - sum(it["start_s"] for it in one["alone"].values())
        for one in samples
    ]
    return {
        "direct_s": {name: median(one["direct"][name] for one in samples) for name in alone},
        "alone_s": {name: median(values) for name, values in alone.items()},
        "in_fleet_s": {
            name: median(one["fleet"]["own_s"][number] for one in samples)
            for number, name in enumerate(alone)
        },
        "longest_s": median(sum(values) for values in zip(*alone.values(), strict=True)),
        "direct_longest_s": median(sum(one["direct"].values()) for one in samples),
        "fleet_s": median(one["fleet"]["start_s"] for one in samples),
        "between_s": median(sum(one["fleet"]["between_s"]) for one in samples),
        "over_s": median(over),
        "most_over_s": max(over),
        "stop_s": median(one["fleet"]["stop_s"] for one in samples),
        "wrong": [one["fleet"] for one in samples if not _is_right(one["fleet"])],
        "rounds": len(samples),
    }


def _names(samples: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(samples[0]["alone"])


def _is_right(fleet: Mapping[str, Any]) -> bool:
    return bool(fleet["code"] == 143 and fleet["served"] and fleet["cluster"] == "shut down")


def crowd(samples: Samples) -> Figures:
    """One contender's starts and stops of one shape."""
    codes = Counter(one["code"] for one in samples)
    return {
        **{key: median(one[key] for one in samples) for key in ("start_s", "stop_s")},
        **{key: median(one[key] for one in samples) for key in ("rss_kib", "anonymous_kib")},
        "most_s": max(one["start_s"] + one["stop_s"] for one in samples),
        "processes": samples[0]["processes"],
        "start_in_order": sum(one["start_in_order"] for one in samples),
        "stop_in_order": sum(one["stop_in_order"] for one in samples),
        "left": sum(one["left"] for one in samples),
        "codes": sorted(codes),
        "rounds": len(samples),
    }


def lines(samples: Samples) -> Figures:
    """One row's runs."""
    counts = {key: sum(one[key] for one in samples) for key in ("lines", "whole", "torn")}
    return {
        **{
            key: median(one[key] for one in samples) for key in ("lines_per_s", "cpu_s_per_million")
        },
        "least_per_s": min(one["lines_per_s"] for one in samples),
        **counts,
        "lost": max(counts["lines"] - counts["whole"] - counts["torn"], 0),
        "rounds": len(samples),
    }


def musts(
    chained: Figures | None, crowds: Mapping[str, Mapping[str, Figures]], rows: Sequence[Figures]
) -> list[Must]:
    """Each that was measured."""
    found = []
    if chained:
        slow, wrong = chained["most_over_s"], len(chained["wrong"])
        title = "three servers in a row over the sum of their own ready times, the worst round"
        ready = slow <= OVER_CHAIN_S and not wrong
        said = f"{slow:+.3f} s{f', {wrong} wrong' * bool(wrong)}"
        found.append(Must(title, said, f"{OVER_CHAIN_S:g} s", ready))
    for shape, row in crowds.items():
        if ours := row.get(OURS):
            title = f"200 services, {shape}: start and stop, the worst round"
            said = f"{ours['most_s']:.2f} s, {_order(ours)}"
            limit = f"{CROWD_S:g} s, in order, 143"
            found.append(Must(title, said, limit, ours["most_s"] <= CROWD_S and _is_clean(ours)))
    own = [one for one in rows if one["contender"] == OURS and one["log"] in ("prefix", "json")]
    if own:
        least = min(one["least_per_s"] for one in own)
        torn, lost = (sum(one[key] for one in own) for key in ("torn", "lost"))
        title = "lines of several services, the slowest run"
        said = f"{number(least)}/s, {torn} torn, {lost} lost"
        limit = f"{number(LINES_PER_S)}/s, none torn"
        found.append(Must(title, said, limit, least >= LINES_PER_S and not torn and not lost))
    return found


def _is_clean(row: Figures) -> bool:
    both = row["start_in_order"] == row["stop_in_order"] == row["rounds"]
    return bool(both and row["codes"] == [143] and not row["left"])


def _order(row: Figures) -> str:
    return "in order" if _is_clean(row) else f"not in order, or not clean: {row['codes']}"


def number(value: float) -> str:
    """With spaces between thousands."""
    return f"{value:,.0f}".replace(",", " ")
