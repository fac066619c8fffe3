"""A line for each way: sums of what was counted, the worst of what was timed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.recycling import table
from benchmarks.recycling.digest import HEADINGS, digest, lines_of
from tests.benchmarks.test_table import COUNTS, MEASURED, TIMES, about

ROOT = Path(__file__).parents[2]


def row(measured: dict[str, Any] | None = MEASURED, **facts: object) -> table.Row:
    """One row; by default of a restart."""
    plain = {"kind": "restart", "itself": False, "mode": "http-socket", "workers": 1}
    return table.row(about(**{**plain, **facts}), measured, "")


def test_servers_of_a_way_are_summed_up() -> None:
    """Requests are added; of ratios and silences the worst one stands for the way."""
    calmer = {**MEASURED, "during": {**COUNTS, **TIMES}, "gap_s": [0.1, 0.9]}
    found = lines_of([row(), row(calmer, workers=4)])
    assert found == [["a way", "4", "20 of 200", "6", "2.50", "0.90 s", ""]]
    assert len(found[0]) == len(HEADINGS)


def test_workers_that_are_replaced_one_by_one_count_each() -> None:
    """Two rounds of four workers are eight; those that decide themselves are counted as they go."""
    assert lines_of([row(kind="recycle", workers=4)])[0][1] == "8"
    assert lines_of([row(kind="recycle", workers=4, itself=True)])[0][1] == "2"


def test_the_worst_outcome_of_a_broken_app() -> None:
    """One server that has ended is enough; what all of them lost is added."""
    dead = {**MEASURED, "ended": "PID 1 ended with 22 in round 1; log: much"}
    rows = [row(), row(broken=True), row(dead, broken=True)]
    assert lines_of(rows)[0][-1] == "PID 1 ended with 22, 20 lost"
    assert lines_of(rows[:2])[0][-1] == "the old one serves on, 10 lost"
    cannot = row(None, broken=True, cannot="it loads no code")
    assert lines_of([row(), cannot])[0][-1] == "not offered: it loads no code"


def test_what_was_not_measured_says_why() -> None:
    """Not a zero."""
    assert lines_of([row(None, missing="gunicorn")])[0][1] == "not installed: gunicorn"
    assert lines_of([row(broken=True)])[0][1] == "not measured"


def test_the_page() -> None:
    """What it was measured with comes first."""
    page = digest([row(), row(workers=4)], {"uwsgi": "2.0.31"})
    assert page.startswith("Measured with uwsgi 2.0.31: a load; http-socket; 1 and 4 workers.\n\n|")
    leaks = [{"title": "a leaker", "seconds": 60.0, "failed": "no docker"}]
    assert "for 60 s:\n\n| way | answered |" in digest([row()], {}, leaks)
    assert digest([], {}, leaks).count("could not be measured: no docker") == 1


@pytest.mark.parametrize("name", ["recycle-short.md", "pid1-short.md"])
def test_the_readme_shows_what_was_measured(name: str) -> None:
    """To the letter."""
    measured = (ROOT / "benchmarks" / "results" / name).read_text(encoding="utf-8")
    assert measured.strip() in (ROOT / "README.md").read_text(encoding="utf-8")
