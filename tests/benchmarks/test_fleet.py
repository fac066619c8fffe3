"""What several services cost: sums, verdicts and tables say what was measured."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fleets import crowd, figures, lines, table
from benchmarks.fleets.contenders import CONTENDERS, OURS, Service, toml

PAD = b"x" * 68
FLEET = {"own_s": [0.2, 0.3], "between_s": [0.01], "code": 143, "served": True, "stop_s": 0.1}
CALM = {"start_s": 1.0, "stop_s": 0.5, "rss_kib": 1000, "anonymous_kib": 500, "processes": 1}
RUN = {"lines_per_s": 2e5, "cpu_s_per_million": 0.1, "lines": 100, "whole": 100, "torn": 0}


def chained(start_s: float, cluster: str = "shut down") -> dict[str, Any]:
    """A round of two servers that need 0.5 s alone."""
    alone = {"db": {"start_s": 0.2}, "app": {"start_s": 0.3}}
    fleet = {**FLEET, "start_s": start_s, "cluster": cluster}
    return {"direct": {"db": 0.1, "app": 0.1}, "alone": alone, "fleet": fleet}


def stopped(**facts: Any) -> dict[str, Any]:
    """A clean start and stop of many."""
    clean = {"start_in_order": True, "stop_in_order": True, "code": 143, "left": 0}
    return {**CALM, **clean, **facts}


def written(**facts: Any) -> figures.Figures:
    """A row of lines of ours."""
    row = {"contender": OURS, "log": "prefix", "title": "ours, prefix"}
    return {**row, **figures.lines([{**RUN, **facts}])}


@pytest.mark.parametrize(
    ("log", "parts", "expected"),
    [
        ("prefix", [b"a | a000000000 " + PAD + b"\nb | b0", b"00000001 " + PAD + b"\n"], (2, 0)),
        ("prefix", [b"a | b000000000 " + PAD + b"\n"], (0, 1)),
        ("prefix", [b"a | a000000000 xxxb | b000000000 " + PAD + b"\nxxxx\n"], (0, 2)),
        ("inherit", [b"a000000000 " + PAD + b"\n", b'{"event":"ready"}\n'], (1, 0)),
        (
            "json",
            [b'{"service":"a","stream":"stdout","time":1.5,"line":"a000000007 ' + PAD + b'"}\n'],
            (1, 0),
        ),
    ],
)
def test_a_line_is_whole_or_torn(log: str, parts: list[bytes], expected: tuple[int, int]) -> None:
    """However it was cut on its way; what the supervisor itself says is neither."""
    assert lines.told(parts, log) == expected


def test_each_round_of_the_chain_is_compared_with_itself() -> None:
    """The worst one is what has to stay below the limit."""
    row = figures.chain([chained(0.5), chained(0.7)])
    assert row["longest_s"] == pytest.approx(0.5)
    assert (row["over_s"], row["most_over_s"]) == (pytest.approx(0.1), pytest.approx(0.2))
    assert [it.reached for it in figures.musts(row, {}, [])] == [True]
    late, unclean = [chained(0.9)], [chained(0.5, "in production")]
    for samples in (late, unclean):
        assert not figures.musts(figures.chain(samples), {}, [])[0].reached


@pytest.mark.parametrize(
    ("facts", "reached"),
    [
        ({}, True),
        ({"stop_s": 9.5}, False),
        ({"stop_in_order": False}, False),
        ({"code": 137}, False),
        ({"left": 1}, False),
    ],
)
def test_a_crowd_is_in_time_in_order_and_clean(facts: dict[str, Any], reached: bool) -> None:
    """In every round."""
    row = figures.crowd([stopped(), stopped(**facts)])
    assert figures.musts(None, {"a chain": {OURS: row}}, [])[0].reached is reached


@pytest.mark.parametrize(
    ("facts", "reached"),
    [({}, True), ({"lines_per_s": 9e4}, False), ({"torn": 1}, False), ({"whole": 99}, False)],
)
def test_lines_are_fast_and_whole(facts: dict[str, Any], reached: bool) -> None:
    """None torn, none lost, and the slowest run counts."""
    assert figures.musts(None, {}, [written(**facts)])[0].reached is reached


def test_tables_have_the_others_in_ratio_to_ours() -> None:
    """All rows are as wide as their headings."""
    ours, theirs = figures.crowd([stopped()]), figures.crowd([stopped(start_s=3.0, code=0)])
    crowds = {"a chain": {OURS: ours, "supervisord": theirs}}
    page = table.tables([], figures.chain([chained(0.6)]), crowds, {"in blocks": [written()]})
    assert all(len(row) == len(some[0]) for _, some in page for row in some)
    text = table.markdown(page, {"python": "3.11"}, "2 rounds", ["s6: missing"])
    assert "| supervisord | 3.00 s (x 3.0) | 0.50 s (x 1.0) |" in text
    assert "| one file over the sum |  |  | +0.100 s; worst +0.100 s;" in text
    assert text.endswith("- s6: missing\n")
    assert "ours, prefix" in table.terminal(page)


def test_layers_are_the_order_of_the_file(tmp_path: Path) -> None:
    """Each service is after all of the layer before."""
    some = [
        Service("a", ["sleep", "1"]),
        Service("b", ["true"], 1, ready="/b"),
        Service("c", "d", 1),
    ]
    services = tomllib.loads(toml(some, "json"))["services"]
    assert services["b"] == {
        "command": ["true"],
        "after": ["a"],
        "log": "json",
        "ready": {"file": "/b"},
    }
    assert "after" not in services["a"]
    assert [one.layer for one in crowd.services("layers of 20", 41, tmp_path)][19:41:20] == [0, 1]


def test_who_has_no_order_is_asked_for_none() -> None:
    """s6-svscan starts all at once; only ours is told when a service is ready."""
    offered = {
        shape: [name for name, one in CONTENDERS.items() if crowd.offered(one, shape)]
        for shape in crowd.SHAPES
    }
    assert offered[crowd.PROBED] == [OURS]
    assert [shape for shape, names in offered.items() if "s6" in names] == ["side by side"]
