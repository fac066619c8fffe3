"""From samples to figures: medians, percentiles, counts. Pure; None is what nobody measured."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.recycling import windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.inits.rounds import Series

Figures = dict[str, Any]
_RAW = ("samples", "failed")


def middle(samples: Sequence[float]) -> float | None:
    """The median."""
    return median(samples) if samples else None


def percentile(samples: Iterable[float], percent: float) -> float | None:
    """The nearest rank."""
    return windows.percentile(sorted(samples), percent)


def less(value: float | None, floor: float) -> float | None:
    """What is above a floor; noise does not make it negative."""
    return None if value is None else max(value - floor, 0.0)


def ratio(value: float | None, base: float | None) -> float | None:
    """How often the base goes into it."""
    return None if value is None or not base else value / base


def noted(series: Series, **figures: Any) -> Figures:
    """A contender's figures of one measurement, with the samples they come from."""
    return {**figures, "samples": series.samples, "failed": series.failed}


def memory(samples: Sequence[Figures]) -> Figures:
    """KiB with one child, of the init and its helpers; and what each of 19 more children adds."""
    found: Figures = {
        f"{kind}_kib": middle([one["1"]["whole"][kind] for one in samples])
        for kind in ("pss", "rss", "anonymous")
    }
    found["anonymous_pid1_kib"] = middle([one["1"]["pid1"]["anonymous"] for one in samples])
    found["rss_pid1_kib"] = middle([one["1"]["pid1"]["rss"] for one in samples])
    found["processes"] = middle([one["1"]["processes"] for one in samples])
    many = [one for one in samples if "20" in one]
    for kind in ("anonymous", "rss", "pss"):
        found[f"{kind}_20_kib"] = middle([one["20"]["whole"][kind] for one in many])
    found["further_kib"] = middle(
        [(one["20"]["whole"]["anonymous"] - one["1"]["whole"]["anonymous"]) / 19 for one in many]
    )
    return found


def early(samples: Sequence[Figures], heard_from_ms: int) -> Figures:
    """TERM right after exec: how many were sent and lost, from a time on and for each delay."""
    late = [one for one in samples if one["delay_ms"] >= heard_from_ms]
    delays = sorted({one["delay_ms"] for one in samples})
    by_delay = {
        str(ms): [sum(it["lost"] for it in some), len(some)]
        for ms in delays
        for some in [[one for one in samples if one["delay_ms"] == ms]]
    }
    deaf = [ms for ms in delays if by_delay[str(ms)][0]]
    return {
        "early_sent": len(late),
        "early_lost": sum(one["lost"] for one in late),
        "early_by_ms": by_delay,
        "deaf_until_ms": max(deaf, default=0) if samples else None,
    }


def flat(measured: dict[str, dict[str, Figures]]) -> dict[str, Figures]:
    """By contender, all its figures of all measurements, without the samples."""
    found: dict[str, Figures] = {}
    for rows in measured.values():
        for name, figures in rows.items():
            kept = {key: value for key, value in figures.items() if key not in _RAW}
            found.setdefault(name, {}).update(kept)
    return found
