"""Pages: contenders are rows, and a cell is a figure or says why there is none."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks import init
from benchmarks.choices import some_of
from benchmarks.inits import installed, statuses, table
from benchmarks.inits.contenders import CONTENDERS, Contender
from benchmarks.inits.digest import COLUMNS, digest
from benchmarks.inits.installed import Installed
from tests.benchmarks.test_inits_musts import GOOD, found

FIGURES: dict[str, Any] = {
    **GOOD,
    "processes": 1,
    "term_us": 1500.0,
    "early_by_ms": {"1": [3, 25], "2": [0, 25]},
    "status_wrong": ["not found: 1", "not executable: 1"],
    "status_right": 312,
}
TOOLS = Installed(Path("/tools"), Path("/stage"), Path("/child"), "/python")


def row(**facts: Any) -> table.Row:
    """A contender that was measured."""
    return table.Row("an init", {**FIGURES, **facts})


def test_cells() -> None:
    """Figures with their digits; what was lost is told with what was sent."""
    one = row()
    assert table.figure("start_ms", 1)(one) == "28.0"
    assert table.figure("orphans_per_s")(one) == "150 000"
    assert table.figure("unknown")(one) == "-"
    assert table.lost("bursts_lost", "bursts")(one) == "0 of 200"
    assert table.lost("bursts_lost", "bursts")(table.Row("an init", {})) == "-"
    assert table.by_delay(one) == "1 ms: 3 of 25"
    assert table.by_delay(row(early_by_ms={"1": [0, 5]})) == "none"
    assert table.reaped(row(orphans_left=7)) == "150 000 (7 left)"
    assert table.status(one) == "99.4 %"
    assert table.wrong(one) == "not found: 1, not executable: 1"
    assert table.wrong(row(status_wrong=["exit 1: 0"] * 5)).endswith(" ...")


def test_what_an_init_does_not_do() -> None:
    """Is said in its place."""
    one = table.Row("a supervisor", FIGURES, forwards=False, ends_with_child=False)
    assert table.latency("signal_p50_us")(one) == "not passed on (TERM: 1.50 ms)"
    assert table.status(one) == "does not end with its command"


def test_a_page_has_the_musts_first_and_only_tables_with_numbers() -> None:
    """A measurement that was left out has no table."""
    rows = [row(), table.Row("tini", {}, "missing: apt-get install tini")]
    page = table.markdown(rows, found(), {"tini": "0.19.0", "s6": None}, "a look", ["start: why"])
    assert page.startswith("Measured with tini 0.19.0; a look.\n\n**What gracekeeper must reach**")
    assert "| tini | missing: apt-get install tini |" in page
    assert page.endswith("**What failed**\n\n- start: why\n")
    only = [table.Row("a supervisor", {"start_ms": 1.0}, forwards=False, ends_with_child=False)]
    titles = [title for title, _ in table.tables(only, {})]
    assert titles == ["What gracekeeper must reach", "Start and end, medians"]
    assert "a supervisor" in table.terminal(only, {})


def test_the_digest_is_one_table() -> None:
    """As wide for who is missing; what only has memory stays on the long page."""
    rows = [row(), table.Row("s6", {}, "missing: apt-get install s6")]
    rows.append(table.Row("gracekeeper with uWSGI", {"anonymous_kib": 1, "processes": 1}))
    page = digest(rows, {"tini": "0.19.0"}, "a look")
    lines = page.splitlines()[2:]
    assert {line.count("|") for line in lines} == {len(COLUMNS) + 2}
    assert "with uWSGI" not in page
    assert "| 3 500, 10 000 |" in page


def test_the_matrix_of_statuses() -> None:
    """All codes, all signals that end a process, and commands that are not there."""
    full = statuses.cases(quick=False)
    assert len(full) == 256 + 64 - 8 + 2
    assert len(set(full)) == len(full)
    assert set(statuses.cases(quick=True)) <= set(full)
    assert statuses.wanted(("signal", 9)) == 137
    assert statuses.wanted(("exit", 9)) == 9
    assert [statuses.told(case) for case in full[-3:]] == [
        "signal 64",
        "not found",
        "not executable",
    ]


@pytest.mark.parametrize("contender", CONTENDERS.values(), ids=list(CONTENDERS))
def test_a_contender_is_a_command(contender: Contender, tmp_path: Path) -> None:
    """That knows the child, in its arguments or in a file."""
    command = contender.command(TOOLS, tmp_path, [["/child", "fifo", "wait"]])
    files = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert "/child fifo wait" in "\n".join([" ".join(command), *files])


def test_a_row_that_is_missing_says_what_to_do() -> None:
    """What needs no program of its own is always there."""
    absent = Contender("it", "it", "no-such-init", CONTENDERS["tini"].command, "a-package")
    assert absent.missing(TOOLS) == "missing: apt-get install a-package"
    assert CONTENDERS["bare"].missing(TOOLS) == ""


def test_entries_of_a_lock() -> None:
    """With their hashes, and not those of a package whose name is only longer."""
    lock = "# by hand\na==1 \\\n    --hash=sha256:1\n    # via b\na-b==2 \\\n    --hash=sha256:2\n"
    assert installed.part_of(lock, ["a"]) == "a==1 \\\n    --hash=sha256:1\n    # via b\n"
    more = lock + "c==3 \\\n    # via\n    #   a\n    #   x\nd==4\n    # via c\ne==5\n    # via x\n"
    assert re.findall("^.(?===)", installed.part_of(more, ["a"]), re.MULTILINE) == ["a", "c", "d"]


@pytest.mark.parametrize("name", ["click", *(n for some in installed.PEERS.values() for n in some)])
def test_what_is_installed_is_locked(name: str) -> None:
    """With at least one hash."""
    assert installed.pinned(name)
    assert "--hash=" in installed.part_of(installed.LOCK.read_text(encoding="utf-8"), [name])


def test_options() -> None:
    """A given amount counts, also in a quick look; names are checked."""
    parse = init._parser().parse_args
    full, quick = init._amount(parse([])), init._amount(parse(["--quick", "--bursts", "7"]))
    assert (full.repeat, full.bursts, full.orphans) == (30, 200, 20000)
    assert (quick.repeat, quick.bursts) == (5, 7)
    assert parse(["--only", "tini,s6"]).only == ("tini", "s6")
    with pytest.raises(argparse.ArgumentTypeError, match="unknown: launchd"):
        some_of(CONTENDERS)("tini,launchd")
    assert "a quick look" in init._about(quick)
