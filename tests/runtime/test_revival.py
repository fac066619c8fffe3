"""A service that ends by itself and is started anew, and deploys by `touch`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load
from supervisor.runtime.poller import Poller
from supervisor.runtime.watch import Watch, footprint
from tests.runtime.kept import Kept, descendants, route, serving
from tests.runtime.test_restart import busy, restart
from tests.runtime.turning import turn_until

Start = Callable[..., Kept]
FAILS = (sys.executable, "-c", "import sys; sys.exit(7)")


@pytest.mark.process
def test_a_crash_is_survived(tmp_path: Path) -> None:
    """Who comes meanwhile waits or gets a 503; afterwards everything is as before."""
    with serving(tmp_path, workers=2, keep=("--restart", "on-failure")) as (kept, url):
        main = kept.wait_for("spawned")["pid"]
        with Driver(Load(route(url, "/slow?s=0.02"), clients=4, max_s=60)) as driver:
            driver.wait_answered(8)
            os.kill(main, signal.SIGKILL)
            kept.wait_for("restart", outcome="done")
            before = driver.stop()
        assert before.answered >= 8
        with Driver(Load(route(url, "/slow?s=0.02"), clients=4, max_s=60)) as driver:
            driver.wait_answered(20)
            after = driver.stop()
        assert after.answered == len(after.results), after.reasons()
        kept.ask()
        assert kept.end() == 143, kept.text


@pytest.mark.process
def test_a_crash_behind_a_unix_socket(tmp_path: Path) -> None:
    """The path was removed with its generation; the next one makes it again, as open as it was."""
    with serving(tmp_path, mode="unix", keep=("--restart", "always")) as (kept, url):
        path = tmp_path / "app.sock"
        mode = path.stat().st_mode
        os.kill(kept.wait_for("spawned")["pid"], signal.SIGKILL)
        kept.wait_for("restart", outcome="done")
        assert path.stat().st_mode == mode
        with Driver(Load(route(url, "/slow?s=0.02"), clients=2, max_s=60)) as driver:
            driver.wait_answered(4)
        kept.ask()
        assert kept.end() == 143, kept.text


@pytest.mark.process
def test_the_new_one_crashes_while_the_old_one_leaves(tmp_path: Path) -> None:
    """The old one has to hurry, and a third one serves."""
    keep = ("--restart", "always", "--grace", "4")
    with serving(tmp_path, workers=1, keep=keep) as (kept, url):
        with Driver(Load(route(url, "/slow?s=2"), clients=1, per_client=1)) as driver:
            driver.wait_in_flight(1)
            kept.wait_until(lambda: busy(kept) or None, "a request in a worker")
            kept.ask(signal.SIGHUP)
            second = kept.wait_for("spawned", generation=2)["pid"]
            kept.wait_for("handed-over", generation=2)
            os.kill(second, signal.SIGKILL)
            assert driver.join(20).answered == 1
        kept.wait_for("ready", generation=3)
        kept.ask()
        assert kept.end() == 143, kept.text


@pytest.mark.process
def test_the_code_is_that_of_who_served(tmp_path: Path) -> None:
    """Not of one that was thrown away before."""
    with serving(tmp_path, workers=1) as (kept, _url):
        main = kept.wait_for("spawned")["pid"]
        assert restart(kept, "--rehearse").returncode == 0
        os.kill(main, signal.SIGKILL)
        assert kept.end() == 128 + signal.SIGKILL, kept.text


@pytest.mark.process
def test_nobody_is_started_anew_who_ended_well(start: Start) -> None:
    """`on-failure` means a code that is not 0; and the code is the container's."""
    kept = start("--restart", "on-failure", "--", "true")
    assert kept.end() == 0
    assert len([event for event in kept.events if event["event"] == "spawned"]) == 1


@pytest.mark.process
def test_a_stop_while_nobody_is_there(start: Start) -> None:
    """Nothing is waited for."""
    kept = start("--restart", "always", "--", *FAILS)
    kept.wait_for("spawned", generation=3)
    kept.wait_until(lambda: descendants(kept.pid) == [] or None, "its end")
    kept.ask()
    assert kept.end() == 143, kept.text
    assert descendants(kept.pid) == []


def test_a_change_is_told_once_it_has_lasted(tmp_path: Path) -> None:
    """Not while somebody still writes, and again if nothing could be done about it."""
    told: list[bool] = []

    def changed() -> bool:
        told.append(len(told) > 0)
        return told[-1]

    (tmp_path / "release").mkdir()
    poller = Poller(pytest.fail)
    Watch(poller, str(tmp_path / "release"), changed)
    (tmp_path / "release" / "app.py").write_text("new")
    turn_until(poller, lambda: told == [False, True])


@pytest.mark.parametrize(
    ("name", "counts"),
    [("app.py", True), ("deep/app.py", True), (".git/index", False), ("__pycache__/x.pyc", False)],
)
def test_what_counts_as_a_change(tmp_path: Path, name: str, counts: bool) -> None:
    """Python writes its caches beside the code: these must not restart it for ever."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("1")
    os.utime(tmp_path, (1, 1))
    before = footprint(str(tmp_path))
    os.utime(path, (5, 5))
    assert (footprint(str(tmp_path)) != before) == counts


def test_a_path_that_is_not_there_yet(tmp_path: Path) -> None:
    """It may come."""
    before = footprint(str(tmp_path / "touch"))
    (tmp_path / "touch").touch()
    assert footprint(str(tmp_path / "touch")) != before


@pytest.mark.process
def test_touch_restarts(tmp_path: Path) -> None:
    """As uWSGI's touch-reload would, without the requests that it costs."""
    touched = tmp_path / "touch"
    touched.touch()
    with serving(tmp_path, keep=("--watch-file", str(touched))) as (kept, url):
        with Driver(Load(route(url, "/slow?s=0.02"), clients=4, max_s=60)) as driver:
            driver.wait_answered(8)
            os.utime(touched)
            kept.wait_for("changed", path=str(touched))
            kept.wait_for("restart", outcome="done")
            tally = driver.stop()
        assert tally.answered == len(tally.results), tally.reasons()
        kept.ask()
        assert kept.end() == 143
