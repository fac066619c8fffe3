"""From samples to figures: medians, what 19 more children add, what was lost and when."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.inits import figures
from benchmarks.inits.rounds import Progress, Series


def sample(anonymous: int, with_20: int) -> dict[str, Any]:
    """Memory of an init with one helper, with one child and with 20."""

    def seen(kib: int) -> dict[str, Any]:
        whole = {"pss": kib, "rss": 2 * kib, "anonymous": kib}
        return {"pid1": {**whole, "anonymous": kib // 2}, "whole": whole, "processes": 2}

    return {"1": seen(anonymous), "20": seen(with_20)}


def test_what_nobody_measured_is_none() -> None:
    """Not zero, which would be a result."""
    assert figures.middle([]) is None
    assert figures.percentile([], 50) is None
    assert figures.less(None, 1.0) is None
    assert figures.ratio(None, 2.0) is None
    assert figures.ratio(2.0, None) is None
    assert figures.ratio(2.0, 0.0) is None
    assert figures.early([], 2)["deaf_until_ms"] is None
    assert figures.memory([])["anonymous_kib"] is None


def test_medians_and_ranks() -> None:
    """Of samples in any order; what is above a floor is never negative."""
    assert figures.middle([3.0, 1.0, 2.0]) == 2.0
    assert figures.percentile([3.0, 1.0, 2.0], 99) == 3.0
    assert figures.less(3.0, 1.0) == 2.0
    assert figures.less(1.0, 3.0) == 0.0
    assert figures.ratio(3.0, 2.0) == 1.5


def test_memory_is_that_of_the_init_and_its_helpers() -> None:
    """PID 1 alone is told, too; a further child is a nineteenth of the difference."""
    found = figures.memory([sample(100, 290), sample(104, 294), sample(90, 280)])
    assert found["anonymous_kib"] == 100
    assert found["anonymous_pid1_kib"] == 50
    assert found["rss_kib"] == 200
    assert found["processes"] == 2
    assert found["further_kib"] == pytest.approx(10.0)
    alone = figures.memory([{"1": sample(100, 0)["1"]}])
    assert alone["anonymous_kib"] == 100
    assert alone["further_kib"] is None


def test_signals_right_after_exec() -> None:
    """Those from a delay on count; each delay is told."""
    samples = [
        {"delay_ms": 1, "lost": True},
        {"delay_ms": 2, "lost": False},
        {"delay_ms": 3, "lost": True},
        {"delay_ms": 3, "lost": False},
    ]
    found = figures.early(samples, 2)
    assert (found["early_lost"], found["early_sent"]) == (1, 3)
    assert found["early_by_ms"] == {"1": [1, 1], "2": [0, 1], "3": [1, 2]}
    assert found["deaf_until_ms"] == 3


def test_figures_of_a_contender_come_together() -> None:
    """From all measurements; the samples stay where they are."""
    start = {"tini": figures.noted(Series([1.0], ["round 2: why"]), start_ms=1.0)}
    stop: dict[str, figures.Figures]
    stop = {"tini": {"stop_ms": 0.5, "samples": [0.5]}, "s6": {"stop_ms": 2.0}}
    assert start["tini"]["failed"] == ["round 2: why"]
    found = figures.flat({"start": start, "stop": stop})
    assert found == {"tini": {"start_ms": 1.0, "stop_ms": 0.5}, "s6": {"stop_ms": 2.0}}


def test_the_time_left_follows_the_pace() -> None:
    """Twice as slow as expected so far: twice as long to go; and not said at every step."""
    said: list[str] = []
    progress = Progress(400.0, said.append, begun_s=0.0)
    assert progress.left(0.0) == "7 min left"
    progress.step("start", 100.0)
    progress.step("start", 100.0)
    assert progress.left(400.0) == "7 min left"
    assert progress.left(50.0) == "50 s left"
    assert len(said) == 1
    assert said[0].endswith("left] start")
