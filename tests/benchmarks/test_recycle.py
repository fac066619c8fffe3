"""The benchmark itself, in small: what it writes is what has happened."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.recycle import main
from benchmarks.recycling.trial import WARM_UP

ROOT = Path(__file__).parents[2]
SHORT = ("--route", "0.02", "--steady", "0.3", "--rest", "0.1", "--most", "20", "--workers", "2")
MOST_S = 90


def may_unshare() -> bool:
    """Whether namespaces can be made here."""
    return os.getuid() == 0 and shutil.which("unshare") is not None


@pytest.mark.process
@pytest.mark.skipif(not may_unshare(), reason="needs root and unshare")
def test_a_restart_and_one_that_breaks(tmp_path: Path) -> None:
    """Ours loses nobody in either; uWSGI's own reload into a broken app is the end of it."""
    rounds = ("--rounds", str(WARM_UP), "--broken-rounds", "1", "--jobs", "2")
    only = ("--only", "gracekeeper-restart,uwsgi-r", "--mode", "http-socket")
    words = (*rounds, *only, *SHORT, "--prove", "gracekeeper-restart", "--output", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.recycle", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=MOST_S,
        check=False,
    )
    rows = {
        (row["contender"], row["broken"]): row
        for row in json.loads((tmp_path / "recycle.json").read_text())["rows"]
    }
    ours, broken = rows["gracekeeper-restart", False], rows["gracekeeper-restart", True]
    assert ours["measured"]["rounds"] == WARM_UP, done.stderr
    assert ours["measured"]["during"]["answered"] > 0
    assert ours["measured"]["steady"]["answered"] > 0
    assert ours["measured"]["growth"]["before"]["pss_kib"] > 0
    assert broken["measured"]["ended"] == "", done.stderr
    for one in (ours, broken):
        assert one["measured"]["failed"] == [], done.stderr
        assert one["measured"]["all"]["lost"] == 0
    assert rows["uwsgi-r", True]["measured"]["ended"].startswith("PID 1 ended with 22")
    page = (tmp_path / "recycle.md").read_text()
    assert "| the old one serves on |" in page
    assert "uWSGI, `r` to its FIFO" in page


def test_a_wrong_name_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """With the right ones."""
    with pytest.raises(SystemExit):
        main(["--only", "gracekeeper"])
    assert "unknown: gracekeeper (of: gracekeeper-restart, " in capsys.readouterr().err
