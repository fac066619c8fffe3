"""A row says what was measured, or why it was not; never a number that nobody saw."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.recycling import table
from benchmarks.recycling.contenders import CONTENDERS, MODES, load
from benchmarks.recycling.traces import Traces, growth
from benchmarks.scenarios import Shape

COUNTS = {"answered": 90, "turned_away": 0, "refused": 3, "lost": 10, "errors": 0}
TIMES = {"p50_s": 0.1, "p99_s": 0.2, "max_s": 0.3}
BEFORE = Traces(6000, 20, 3, ("fifo",))
MEASURED: dict[str, Any] = {
    "rounds": 2,
    "failed": [],
    "ended": "",
    "all": {**COUNTS, **TIMES},
    "steady": {**COUNTS, **TIMES},
    "during": {**COUNTS, **TIMES, "p99_s": 0.5},
    "took_s": [1.0, 2.0],
    "gap_s": [0.5, 0.7],
    "growth": growth(BEFORE, Traces(6010, 21, 3, ("fifo", "more"))),
}


def about(**facts: object) -> dict[str, Any]:
    """A row's facts that are known beforehand."""
    plain = {"title": "a way", "server": "http-socket, 1 worker", "broken": False, "cannot": ""}
    return {**plain, "missing": "", "scene": "a load", **facts}


def test_the_ratio_is_that_of_the_same_run() -> None:
    """During against steady, of the 99th percentiles."""
    one = table.row(about(), MEASURED, "")
    assert one["ratio"] == pytest.approx(2.5)
    assert table.cells_of(one)[2:] == [
        "2",
        "10 of 100",
        "3",
        "0",
        "100 ms, 100 ms",
        "200 ms, 500 ms",
        "2.50",
        "0.70 s",
        "1.50 s (2.00)",
    ]


@pytest.mark.parametrize(
    ("facts", "measured", "failed", "told"),
    [
        ({"cannot": "it loads no code"}, None, "", "not offered: it loads no code"),
        ({"missing": "gunicorn"}, None, "", "not installed: gunicorn"),
        ({}, None, "not ready", "could not be measured: not ready"),
        ({}, {**MEASURED, "rounds": 0}, "", "could not be measured: no round"),
    ],
)
@pytest.mark.parametrize("broken", [False, True])
def test_what_was_not_measured_says_why(
    facts: dict[str, str], measured: dict[str, Any] | None, failed: str, told: str, broken: bool
) -> None:
    """In a row that is as wide as the others."""
    cells = table.cells_of(table.row(about(broken=broken, **facts), measured, failed))
    assert cells[2] == told
    assert len(cells) == len(table.BROKEN_HEADINGS if broken else table.HEADINGS)


def test_without_calm_there_is_no_ratio() -> None:
    """Nothing was answered: nothing to divide by."""
    measured = {**MEASURED, "steady": {**COUNTS, "p50_s": None, "p99_s": None, "max_s": None}}
    one = table.row(about(), measured, "")
    assert one["ratio"] is None
    assert table.cells_of(one)[6:9] == ["-, 100 ms", "-, 500 ms", ""]


def test_a_broken_app_has_an_outcome() -> None:
    """Either the old one serves on, or PID 1 has ended."""
    fine = table.row(about(broken=True), MEASURED, "")
    ended = {**MEASURED, "ended": "PID 1 ended with 22 in round 1; log: much"}
    assert table.cells_of(fine)[-1] == "the old one serves on"
    dead = table.row(about(broken=True), ended, "")
    assert table.cells_of(dead)[-1] == "PID 1 ended with 22 in round 1"


def test_pages_have_all_tables() -> None:
    """Each load, the broken app, and what was left behind; with what failed below."""
    rows = [
        table.row(about(), {**MEASURED, "failed": ["no fresh worker"]}, ""),
        table.row(about(broken=True, scene="a broken app"), MEASURED, ""),
    ]
    page = table.markdown(rows, {"uwsgi": "2.0.31", "gunicorn": None})
    assert page.startswith("Measured with uwsgi 2.0.31.\n\n**a load**\n\n| way | server |")
    assert "**a broken app**" in page
    assert "- a way, http-socket, 1 worker: 1 rounds failed: no fresh worker" in page
    assert "| a way | http-socket, 1 worker | 2 | +10 KiB | +1 | +0 | more |" in page
    assert "a broken app" in table.terminal(rows)


def test_growth_that_can_not_be_seen_is_not_zero() -> None:
    """The kernel may hide a process's pages."""
    assert growth(BEFORE, Traces(None, 20, 3, ()))["pss_kib"] is None


def test_a_leak_has_a_table_of_its_own() -> None:
    """Who was killed, who was replaced, and what it cost; or why nobody knows."""
    tally = {**COUNTS, "p50_s": 0.1, "p99_s": 0.2}
    facts = {"name": "us", "title": "a leaker", "seconds": 60.0}
    leaks = [
        {**facts, "failed": "", "tally": tally, "killed": 4, "replaced": 5, "ended": "it ended"},
        {**facts, "failed": "", "tally": tally, "killed": None, "replaced": 5, "ended": ""},
        {**facts, "failed": "cannot run docker"},
    ]
    ((title, lines, notes),) = table.tables([], leaks)
    assert title.endswith("in a container with 256 MiB, for 60 s")
    assert notes == ["a leaker: it ended"]
    assert lines[1:] == [
        ["a leaker", "90", "10 of 100", "3", "100 ms, 200 ms", "4", "5"],
        ["a leaker", "90", "10 of 100", "3", "100 ms, 200 ms", "not seen", "5"],
        ["a leaker", "could not be measured: cannot run docker", *[""] * 5],
    ]
    assert len(lines[0]) == len(table.LEAK_HEADINGS) == 7


@pytest.mark.parametrize("name", CONTENDERS)
def test_a_contender_is_a_command_for_each_of_its_servers(name: str) -> None:
    """With the application that takes notes, and only placeholders that are filled."""
    contender = CONTENDERS[name]
    assert set(contender.modes) <= set(MODES)
    for mode in contender.modes:
        command = contender.command(Shape(scenario=load(0.05), mode=mode, workers=4))
        assert command[:2] == ["env", "BENCH_NOTES={tmp}/notes"]
        text = " ".join(command).replace("{tmp}", "").replace("{root}", "")
        assert "{" not in text
        assert "4" in command
