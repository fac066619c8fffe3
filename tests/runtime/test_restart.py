"""Restarts of a real uWSGI under load: nobody notices, or only that the new one is broken."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.tally import Tally
from supervisor.drill.traffic import Load, SlowReader
from tests.runtime.kept import BIN, Kept, descendants, route, serving
from tests.runtime.test_serving import status_of
from tests.runtime.together import together

pytestmark = pytest.mark.process

MODES = ("http", "http-router", "ini-http", "ini-http-socket", "unix")
WORKERS = (1, 4)
TIMES = 5
AT_A_TIME = 5  # all of them
GROWTH_KIB = 256


def restart(kept: Kept, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `gracekeeper restart` to its end."""
    command = (str(BIN / "gracekeeper"), "restart", "--control", kept.control, *options)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def loaded(url: str, path: str = "/slow?s=0.05") -> Driver:
    """Eight clients in a closed loop, until they are stopped."""
    return Driver(Load(route(url, path), clients=8, max_s=90))


def nothing_lost(tally: Tally, kept: Kept) -> None:
    """Every single one was answered: nobody was turned away or refused either."""
    assert tally.answered == len(tally.results), (tally.reasons(), kept.text)
    assert tally.answered > 0


@pytest.mark.parametrize("workers", WORKERS)
def test_restarts_at_saturation_lose_nobody(tmp_path: Path, workers: int) -> None:
    """Again and again, in every way that uWSGI can be given a listener."""

    def one(folder: Path, mode: str) -> None:
        with serving(folder, mode=mode, workers=workers) as (kept, url):
            with loaded(url) as driver:
                driver.wait_answered(8)
                for number in range(2, 2 + TIMES):
                    ended = restart(kept)
                    assert ended.returncode == 0, ended.stderr + kept.text
                    assert f"generation {number} serves, alone" in ended.stderr
                tally = driver.stop()
            nothing_lost(tally, kept)
            assert (folder / "uwsgi.pid").exists() or kept.wait_until(
                lambda: (folder / "uwsgi.pid").exists() or None, "its pidfile"
            )
            kept.ask()
            assert kept.end() == 143, kept.text
            left = {path.name for path in folder.iterdir()} - {"uwsgi.ini", "fifo", "uwsgi.pid"}
            assert left == set(), kept.text

    together(tmp_path, MODES, one, AT_A_TIME)


def test_slow_readers_and_long_requests_keep_their_generation(tmp_path: Path) -> None:
    """The one before leaves when its last client has everything, not earlier."""
    with serving(tmp_path, workers=2) as (kept, url):
        big = Load(
            route(url, "/big?bytes=12000000"),
            clients=1,
            per_client=1,
            slow_reader=SlowReader(bytes_per_s=4_000_000),
        )
        slow = Load(route(url, "/slow?s=3"), clients=1, per_client=1)
        with Driver(big) as reading, Driver(slow) as waiting:
            reading.wait_in_flight(1)
            waiting.wait_in_flight(1)
            kept.wait_until(lambda: busy(kept) == 2 or None, "both to be in a worker")
            ended = restart(kept)
            assert ended.returncode == 0, ended.stderr
            nothing_lost(reading.join(20), kept)
            nothing_lost(waiting.join(20), kept)
        kept.ask()
        assert kept.end() == 143


def test_a_broken_app_is_never_noticed(tmp_path: Path) -> None:
    """It is thrown away, and who asked is told what it said last."""
    with serving(tmp_path, workers=2) as (kept, url), loaded(url) as driver:
        driver.wait_answered(8)
        ini = tmp_path / "uwsgi.ini"
        right = ini.read_text()
        broken = tmp_path / "broken.py"
        broken.write_text("raise RuntimeError('no such setting: COLOUR')\n")
        for _ in range(3):
            ini.write_text(f"{right}wsgi-file = {broken}\n")
            ended = restart(kept)
            assert ended.returncode == 1
            assert "| RuntimeError: no such setting: COLOUR" in ended.stderr
            assert "Traceback (most recent call last):\n  File" not in ended.stderr
        ini.write_text(right)
        assert restart(kept).returncode == 0
        nothing_lost(driver.stop(), kept)
        kept.ask()
        assert kept.end() == 143


def test_a_rehearsal_changes_nothing(tmp_path: Path) -> None:
    """The next one became ready: so much is known; the same one serves on."""
    with serving(tmp_path, workers=2) as (kept, url), loaded(url) as driver:
        driver.wait_answered(8)
        before = set(descendants(kept.pid))
        ended = restart(kept, "--rehearse")
        assert ended.returncode == 0, ended.stderr
        assert "generation 2 became ready, and was thrown away" in ended.stderr
        assert set(descendants(kept.pid)) == before
        nothing_lost(driver.stop(), kept)
        kept.ask()
        assert kept.end() == 143


def test_sighup_restarts(tmp_path: Path) -> None:
    """As everywhere."""
    with serving(tmp_path) as (kept, url), loaded(url) as driver:
        driver.wait_answered(8)
        kept.ask(signal.SIGHUP)
        kept.wait_for("restart", outcome="done")
        nothing_lost(driver.stop(), kept)
        kept.ask()
        assert kept.end() == 143


@pytest.mark.parametrize("moment", ["starting", "leaving"])
def test_a_stop_in_the_middle_ends_both(tmp_path: Path, moment: str) -> None:
    """Within the one budget; nobody who was accepted is lost, and nothing is left."""
    loads_s = "1.5" if moment == "starting" else "0"
    with (
        serving(tmp_path, workers=2, keep=("--grace", "6"), APP_LOADS_S=loads_s) as (kept, url),
        Driver(Load(route(url, "/slow?s=1"), clients=4, until_refused=8, max_s=20)) as driver,
    ):
        driver.wait_in_flight(4)
        kept.wait_until(lambda: busy(kept) == 2 or None, "two requests in workers")
        kept.ask(signal.SIGHUP)
        if moment == "starting":
            kept.wait_for("spawned", generation=2)
        else:
            kept.wait_for("handed-over")
        asked = kept.ask()
        assert kept.end() == 143, kept.text
        assert kept.ended - asked < 6
        tally = driver.join(20)
        assert tally.lost == 0, (tally.reasons(), kept.text)


def test_whom_a_restart_loses(tmp_path: Path) -> None:
    """A request that outlasts even --restart-grace is named, and the command fails."""
    with serving(tmp_path, workers=1, keep=("--restart-grace", "3")) as (kept, url):
        with Driver(Load(route(url, "/slow?s=15"), clients=1, per_client=1)) as driver:
            driver.wait_in_flight(1)
            kept.wait_until(lambda: busy(kept) or None, "a request in a worker")
            ended = restart(kept)
            assert driver.join(20).lost == 1
        assert ended.returncode == 1
        assert "generation 1 has lost GET /slow" in ended.stderr
        assert kept.wait_for("left", generation=1)["lost"] == 1
        kept.ask()
        assert kept.end() == 143


def test_whom_a_stop_loses_of_the_one_that_is_leaving(tmp_path: Path) -> None:
    """The container's report tells of all generations, not only of the one that served last."""
    with serving(tmp_path, workers=1, keep=("--grace", "3")) as (kept, url):
        with Driver(Load(route(url, "/slow?s=15"), clients=1, per_client=1)) as driver:
            driver.wait_in_flight(1)
            kept.wait_until(lambda: busy(kept) or None, "a request in a worker")
            kept.ask(signal.SIGHUP)
            kept.wait_for("handed-over")
            kept.ask()
            assert kept.end() == 143
            assert driver.join(20).lost == 1
        assert kept.report["requests"]["lost"] == 1
        assert kept.report["requests"]["lost_requests"] == ["GET /slow"]
        assert "GET /slow" in kept.report["verdict"]


def test_one_that_is_not_ready_in_time(tmp_path: Path) -> None:
    """It is thrown away although it might have become ready later."""
    ini = tmp_path / "uwsgi.ini"
    with serving(tmp_path, keep=("--start-timeout", "2")) as (kept, url), loaded(url) as driver:
        driver.wait_answered(8)
        slow = tmp_path / "slow.py"
        slow.write_text("import time\ntime.sleep(600)\n")
        ini.write_text(f"{ini.read_text()}wsgi-file = {slow}\n")
        ended = restart(kept)
        assert ended.returncode == 1
        assert "it did not become ready in time" in ended.stderr
        nothing_lost(driver.stop(), kept)
        kept.ask()
        assert kept.end() == 143


REFUSALS: list[tuple[str, Callable[[Kept], None], str]] = [
    ("ini-unix", lambda _kept: None, "uWSGI knows"),
    ("http", lambda kept: kept.process.send_signal(signal.SIGHUP), "generation 2"),
]


@pytest.mark.parametrize(("mode", "before", "why"), REFUSALS, ids=["by path", "while one runs"])
def test_what_refuses_a_restart(
    tmp_path: Path, mode: str, before: Callable[[Kept], None], why: str
) -> None:
    """With a reason, and exit code 1."""
    with serving(tmp_path, mode=mode, APP_LOADS_S="1") as (kept, _url):
        before(kept)
        if mode == "http":
            kept.wait_for("spawned", generation=2)
        ended = restart(kept)
        assert ended.returncode == 1
        assert "cannot restart: " in ended.stderr
        assert why in ended.stderr
        kept.ask()
        assert kept.end() == 143


def test_fifty_restarts_leave_nothing_behind(tmp_path: Path) -> None:
    """No memory, no descriptor, no process, no file."""
    with serving(tmp_path, workers=1) as (kept, _url):
        for _ in range(2):  # what is imported, cached and allocated once
            assert restart(kept).returncode == 0
        before = traces(kept, tmp_path)
        for _ in range(48):
            assert restart(kept).returncode == 0
        after = traces(kept, tmp_path)
        assert after[1:] == before[1:]
        assert after[0] - before[0] < GROWTH_KIB, (before, after)
        kept.ask()
        assert kept.end() == 143


def traces(kept: Kept, folder: Path) -> tuple[int, int, int, list[str]]:
    """Anonymous memory in KiB, numbers of descriptors and processes, and names of files."""
    files = sorted(path.name for path in folder.iterdir())
    words = Path(f"/proc/{descendants(kept.pid)[-1]}/cmdline").read_text().split("\0")
    stats = Path(next(word for word in words if word.endswith("/stats")))
    run = sorted(path.name for path in stats.parent.iterdir())
    fds = len(list(Path(f"/proc/{kept.pid}/fd").iterdir()))
    return status_of(kept.pid)["RssAnon"], fds, len(descendants(kept.pid)), files + run


def busy(kept: Kept) -> int:
    """How many requests workers run, as the keeper tells."""
    return int(told(kept)["in_request"] or 0)


def told(kept: Kept) -> dict[str, Any]:
    """What `gracekeeper status` tells."""
    command = (str(BIN / "gracekeeper"), "status", "--json", "--control", kept.control)
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
