"""A must is reached, missed, or not known; never reached because nobody looked."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.inits import musts, signalling, statuses

GOOD: dict[str, Any] = {
    "start_ms": 28.0,
    "anonymous_kib": 3500,
    "rss_kib": 10000,
    "further_kib": 0.0,
    "idle_switches_1": 0,
    "idle_switches_20": 0,
    "idle_cpu_ns_1": 0,
    "idle_cpu_ns_20": 0,
    "signal_p50_us": 60.0,
    "orphans_per_s": 150000.0,
    "orphans": 20000,
    "orphans_left": 0,
    "idle_s": 10.0,
    "bursts": 200,
    "bursts_lost": 0,
    "early_sent": 175,
    "early_lost": 0,
    "stop_ms": 1.5,
    "status_right": 314,
    "status_total": 314,
}
PEERS: dict[str, Any] = {
    "bare": {"start_ms": 10.0, "stop_ms": 1.1},
    "tini": {"signal_p50_us": 50.0, "orphans_per_s": 230000.0},
    "supervisord": {"start_ms": 1200.0, "anonymous_kib": 13850},
    "gracekeeper-uwsgi": {"anonymous_kib": 5000},
}


def found(**changed: Any) -> dict[str, Any]:
    """All is well, but for this."""
    return {**PEERS, "gracekeeper": {**GOOD, **changed}}


def missed(**changed: Any) -> list[str]:
    """What is no longer reached."""
    return [must.words for must in musts.musts(found(**changed)) if must.reached is not True]


def test_all_is_reached() -> None:
    """Within every limit."""
    assert missed() == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"start_ms": 30.1}, ["start, of the bare loop's", "start, of supervisord's"]),
        ({"anonymous_kib": 3600}, ["anonymous memory, stretch"]),
        ({"rss_kib": 10753}, ["RSS"]),
        ({"further_kib": 10.1}, ["each further child"]),
        ({"idle_switches_20": 1}, ["context switches, idle with 20"]),
        ({"idle_cpu_ns_1": 1}, ["ns of CPU, idle with 1"]),
        ({"signal_p50_us": 76.0}, ["signal p50, of tini's"]),
        ({"orphans_per_s": 114000.0}, ["orphans reaped per second, of tini's"]),
        ({"orphans_left": 1}, ["orphans left as zombies"]),
        ({"bursts_lost": 1}, ["TERM lost amid 200 bursts of orphans"]),
        ({"early_lost": 1}, ["TERM lost that was sent ≥ 2 ms after exec"]),
        ({"stop_ms": 1.7}, ["child's end to ours, of the bare loop's"]),
        ({"status_right": 313}, ["exit statuses that are right"]),
    ],
)
def test_each_is_missed_on_its_own(changed: dict[str, Any], words: list[str]) -> None:
    """One figure too far, and the row that says so."""
    assert missed(**changed) == words


def test_what_was_not_measured_is_not_reached() -> None:
    """Nothing at all, or too little of it."""
    assert {must.reached for must in musts.musts({})} == {None}
    assert {must.cells()[-1] for must in musts.musts({})} == {"not measured"}
    (few,) = (it for it in musts.musts(found(bursts=20)) if "bursts" in it.words)
    assert few.reached is None
    assert few.cells() == [few.words, "0", "0", "not known: 20 of 200 bursts"]
    (lost,) = (it for it in musts.musts(found(bursts=20, bursts_lost=1)) if "bursts" in it.words)
    assert lost.reached is False


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        ({"idle_s": 2.0}, 4),
        ({"orphans": 2000}, 2),
        ({"early_sent": 35}, 1),
        ({"status_right": 21, "status_total": 21}, 1),
    ],
)
def test_a_quick_look_proves_nothing(changed: dict[str, Any], count: int) -> None:
    """Nor does it disprove anything, if nothing went wrong."""
    unknown = [must for must in musts.musts(found(**changed)) if must.reached is not True]
    assert [must.reached for must in unknown] == [None] * count


def test_how_a_must_is_told() -> None:
    """Measured, limit and verdict, with units."""
    told = {must.words: must.cells()[1:] for must in musts.musts(found())}
    assert told["start, of the bare loop's"] == ["2.80 x", "≤ 3 x", "yes"]
    assert told["start, of supervisord's"] == ["0.023 x", "≤ 0.025 x", "yes"]
    assert told["exit statuses that are right"] == ["100 %", "≥ 100 %", "yes"]
    slow = {must.words: must.cells()[1:] for must in musts.musts(found(anonymous_kib=4700))}
    assert slow["anonymous memory"] == ["4.59 MiB", "≤ 4.50 MiB", "no"]
    assert slow["anonymous memory, stretch"][-1] == "not yet"


def test_enough_is_what_a_full_run_does() -> None:
    """The numbers that the musts want, and those of the measurements, belong together."""
    late = [ms for ms in signalling.DELAYS_MS if ms >= signalling.HEARD_FROM_MS]
    assert len(late) * signalling.EARLY_ROUNDS == musts.EARLY
    assert len(statuses.cases(quick=False)) == musts.STATUSES
