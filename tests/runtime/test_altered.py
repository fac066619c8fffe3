"""Kernels that can't steer, and bugs of our own: a stop all the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load
from tests.runtime.kept import Kept, descendants, route, serving
from tests.runtime.together import together

pytestmark = pytest.mark.process
ALTERED = str(Path(__file__).parent / "altered.py")


def altered(how: str) -> tuple[str, ...]:
    """The command of an altered gracekeeper."""
    return (sys.executable, ALTERED, how, "run")


def test_without_steering_nobody_is_lost(tmp_path: Path) -> None:
    """Newcomers are served as long as there is time; then who still waits is turned away."""

    def one(folder: Path, mode: str) -> None:
        keep, command = ("--grace", "4"), altered("unsteered")
        with serving(folder, mode=mode, keep=keep, command=command) as (kept, url):
            load = Load(route(url, "/slow?s=0.2"), clients=8, until_refused=20, max_s=20)
            with Driver(load) as driver:
                driver.wait_answered(8)
                driver.wait_in_flight(6)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert kept.report["door"] == "throttled"
            assert tally.lost == 0, (tally.reasons(), kept.text)

    together(tmp_path, ("http", "http-router", "ini-http-socket"), one, 3)


@pytest.mark.parametrize("grace", ["10", "30"])
def test_a_keeper_that_fails_still_ends_its_service_in_order(tmp_path: Path, grace: str) -> None:
    """One line, uWSGI's own ladder, the signal's code, and nobody left behind."""
    with serving(tmp_path, keep=("--grace", grace), command=altered("broken-step")) as (kept, _):
        family = descendants(kept.pid)
        assert len(family) == 3
        kept.ask()
        assert kept.end() == 143, kept.text
        errors = [event for event in kept.events if event["event"] == "internal-error"]
        assert [error["why"] for error in errors] == ["ZeroDivisionError('a bug')"]
        assert "goodbye to uWSGI." in kept.lines
        assert not any(Path(f"/proc/{pid}").exists() for pid in family)
        assert kept.report["exit_code"] == 143


def test_a_report_that_can_not_be_built(tmp_path: Path) -> None:
    """The exit code does not depend on it."""
    command = (*altered("broken-report"), "--", "/bin/sh", "-c", "sleep 600 & wait")
    with Kept(tmp_path, *command) as kept:
        kept.wait_for("ready")
        kept.ask()
        assert kept.end() == 143
        assert kept.events[-1]["action"] == "report"
        assert not Path(kept.control).exists()
