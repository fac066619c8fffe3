"""Workers of a real uWSGI replaced under load: nobody notices."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load
from tests.runtime.kept import BIN, Kept, route, serving
from tests.runtime.together import together

pytestmark = pytest.mark.process

MODES = ("http", "http-router", "ini-http")


def recycle(kept: Kept, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `gracekeeper recycle` to its end."""
    command = (str(BIN / "gracekeeper"), "recycle", "--control", kept.control, *options)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_all_workers_at_saturation(tmp_path: Path) -> None:
    """One after the other, in every way that uWSGI can be given a listener."""

    def one(folder: Path, mode: str) -> None:
        with serving(folder, mode=mode, workers=3) as (kept, url):
            with Driver(Load(route(url, "/slow?s=0.03"), clients=8, max_s=90)) as driver:
                driver.wait_answered(8)
                ended = recycle(kept)
                assert ended.returncode == 0, ended.stderr + kept.text
                assert [line[:9] for line in ended.stderr.splitlines()] == [
                    "worker 1:",
                    "worker 2:",
                    "worker 3:",
                ]
                tally = driver.stop()
            assert tally.answered == len(tally.results), (tally.reasons(), kept.text)
            kept.ask()
            assert kept.end() == 143

    together(tmp_path, MODES, one, 3)


def test_one_worker_by_number(tmp_path: Path) -> None:
    """Only that one; an unknown one is refused with those that there are."""
    with serving(tmp_path, workers=2) as (kept, _url):
        ended = recycle(kept, "--worker", "2")
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr.startswith("worker 2: ")
        ended = recycle(kept, "--worker", "7")
        assert ended.returncode == 1
        assert "cannot recycle worker 7: there is 1, 2. Use one of these numbers." in ended.stderr
        kept.ask()
        assert kept.end() == 143


def test_a_single_worker_can_not_be_spared(tmp_path: Path) -> None:
    """Nobody would serve meanwhile: what to do is said."""
    with serving(tmp_path, workers=1) as (kept, _url):
        ended = recycle(kept)
        assert ended.returncode == 1
        assert "--recycle-min-ready 0" in ended.stderr
        kept.ask()
        assert kept.end() == 143


def test_threads_are_recycled_by_a_restart(tmp_path: Path) -> None:
    """A signal would cut what another thread is writing."""
    with serving(tmp_path, "threads = 2", workers=2) as (kept, url):
        with Driver(Load(route(url, "/slow?s=0.03"), clients=8, max_s=90)) as driver:
            driver.wait_answered(8)
            ended = recycle(kept)
            assert ended.returncode == 0, ended.stderr + kept.text
            kept.wait_for("restart", outcome="done")
            tally = driver.stop()
        assert tally.answered == len(tally.results), (tally.reasons(), kept.text)
        kept.ask()
        assert kept.end() == 143


def test_sigusr2_recycles_all(tmp_path: Path) -> None:
    """As everywhere."""
    with serving(tmp_path, workers=2) as (kept, _url):
        kept.ask(signal.SIGUSR2)
        kept.wait_for("recycled", worker=1)
        kept.wait_for("recycled", worker=2)
        kept.ask()
        assert kept.end() == 143


def test_by_requests(tmp_path: Path) -> None:
    """A policy, and nobody by hand."""
    keep = ("--recycle-requests", "20", "--recycle-cool-down", "0s")
    with serving(tmp_path, workers=2, keep=keep) as (kept, url):
        with Driver(Load(route(url, "/slow?s=0.02"), clients=4, max_s=60)) as driver:
            kept.wait_for("recycled", worker=1)
            kept.wait_for("recycled", worker=2)
            tally = driver.stop()
        assert tally.answered == len(tally.results), (tally.reasons(), kept.text)
        kept.ask()
        assert kept.end() == 143
