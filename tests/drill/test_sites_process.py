"""A command as a site: its end, its code, who outlived it, and what is left of us."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from supervisor.drill.site import Order
from supervisor.drill.sites import place
from supervisor.drill.sites.family import Family
from supervisor.drill.sites.process import ProcessSite
from supervisor.drill.story import story
from supervisor.drill.traffic import Load
from supervisor.drill.trial import trial
from supervisor.errors import CommandError, GracekeeperError, UsageError
from tests.drill import served
from tests.ports import free_port

pytestmark = pytest.mark.process

CLIENTS = 4
LOOK_S = 0.8
SLOW = Load("/slow", clients=CLIENTS)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def manner() -> str:
    return "finish"


@pytest.fixture
def site(port: int, manner: str) -> Iterator[ProcessSite]:
    """One that is taken down at the end, and leaves neither threads nor descriptors."""
    threads, descriptors = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    command = [sys.executable, str(Path(served.__file__)), str(port), manner]
    one = ProcessSite(command, f"http://127.0.0.1:{port}")
    yield one
    one.down()
    assert not set(threading.enumerate()) - threads
    assert len(os.listdir("/proc/self/fd")) <= descriptors  # noqa: PTH208 - another test's may go


def test_a_stop_that_finishes_what_runs(site: ProcessSite) -> None:
    found = trial(site, Order("stop", grace_s=10), SLOW)
    inside = found.tally.in_flight("asked")
    assert 0 < inside.answered == inside.accepted, story(found)
    assert (found.exit_code, found.end.killed, found.signal, found.grace_s) == (0, False, 15, 10)
    assert found.seconds < 5
    assert found.end.log == ("password=*** is what it says first", "finished")
    assert site.pid == 0


@pytest.mark.parametrize("manner", ["tell"])
def test_it_was_asked_when_the_signal_was_sent(
    site: ProcessSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not when it was looked at before, nor is it over when the last of it was collected."""
    look = Family.look

    def slowly(family: Family) -> None:
        look(family)
        threading.Event().wait(LOOK_S)

    monkeypatch.setattr(Family, "look", slowly)
    found = trial(site, Order(), Load("/", clients=CLIENTS))
    came = float(found.end.log[-1].removeprefix("TERM at "))
    marks = found.tally.marks
    assert 0 <= came - marks["asked"] < LOOK_S
    assert 0 <= marks["over"] - came < LOOK_S
    assert found.seconds == pytest.approx(marks["over"] - marks["asked"], abs=0.001)


@pytest.mark.parametrize("manner", ["default"])
def test_a_signal_s_end_is_128_and_its_number(site: ProcessSite) -> None:
    found = trial(site, Order("stop"), SLOW)
    assert (found.exit_code, found.end.killed) == (143, False)
    assert found.lost >= CLIENTS, story(found)


@pytest.mark.parametrize("manner", ["leave"])
def test_killed_when_its_grace_period_is_over_with_all_it_started(site: ProcessSite) -> None:
    site.up()
    (child,) = psutil.Process(site.pid).children()
    found = trial(site, Order("stop", grace_s=0.2))
    assert (found.exit_code, found.end.killed) == (137, True)
    assert found.end.left == (f"sleep (pid {child.pid})",)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert [one.name for one in found.end.phases] == ["stopping", "reaping"]
    assert found.end.cause is not None
    assert "ignores SIGTERM" in found.end.cause.sentence


@pytest.mark.parametrize("manner", ["spawn"])
def test_who_was_started_during_the_stop_outlives_it_as_well(site: ProcessSite) -> None:
    """Its parent has ended, so its session alone tells whose it is."""
    found = trial(site, Order("stop", grace_s=10))
    assert (found.exit_code, found.end.killed) == (0, False)
    assert found.end.left == (f"sleep (pid {found.end.log[-1]})",)


def test_a_restart_is_a_stop_and_a_start(site: ProcessSite) -> None:
    site.up()
    before = site.pid
    found = trial(site, Order("restart", grace_s=10), SLOW)
    assert site.pid not in (0, before)
    assert found.exit_code == 0
    assert found.tally.after("over").answered >= CLIENTS, story(found)
    assert found.end.phases[-1].name == "starting"


@pytest.mark.parametrize(("manner", "code"), [("finish", 0), ("default", 143)])
@pytest.mark.parametrize("action", ["stop", "kill"])
def test_an_end_of_its_own_is_no_answer_to_the_order(
    site: ProcessSite, code: int, action: str
) -> None:
    """Nobody was asked, so nothing has passed; its code is told."""
    site.up()
    pidfd = os.pidfd_open(site.pid)
    os.kill(site.pid, signal.SIGTERM)
    assert select.select([pidfd], [], [], 10)[0]
    os.close(pidfd)
    with pytest.raises(GracekeeperError, match=rf"cannot {action} \S+: \S+ ended with {code}; it"):
        site.take(Order(action))


@pytest.mark.parametrize("phase", ["", "starting", "stopping"])
def test_a_kill(site: ProcessSite, phase: str) -> None:
    found = trial(site, Order("kill", phase=phase), SLOW)
    assert (found.exit_code, found.end.killed, found.end.wrong) == (137, False, "")
    assert found.loaded is (phase != "starting")


def test_where_somebody_answers_already(site: ProcessSite, port: int) -> None:
    site.up()
    other = ProcessSite(["sleep", "600"], f"http://127.0.0.1:{port}")
    with pytest.raises(GracekeeperError, match="somebody answers"):
        other.up()


@pytest.mark.parametrize(
    ("command", "kind", "told"),
    [
        (["nothing-of-this-name"], CommandError, "cannot start nothing-of-this-name"),
        (
            ["sh", "-c", "echo no such luck; exit 3"],
            GracekeeperError,
            "sh ended with 3; it said last: no such luck",
        ),
    ],
)
def test_what_does_not_start(
    port: int, command: list[str], kind: type[GracekeeperError], told: str
) -> None:
    one = ProcessSite(command, f"http://127.0.0.1:{port}")
    with pytest.raises(kind, match=told):
        one.up()
    one.down()


@pytest.mark.parametrize("again", [False, True])
def test_who_interrupts_its_start_leaves_no_process(
    site: ProcessSite, monkeypatch: pytest.MonkeyPatch, *, again: bool
) -> None:
    """Ctrl-C while it gets ready, also for the second time."""
    started: list[psutil.Process] = []

    def interrupted(*_: object) -> str:
        started.append(psutil.Process(site.pid))
        raise KeyboardInterrupt

    if again:
        site.up()
    monkeypatch.setattr(place, "wait_for", interrupted)
    begin = partial(site.take, Order("restart", grace_s=10)) if again else site.up
    with pytest.raises(KeyboardInterrupt):
        begin()
    assert site.pid == 0
    assert not started[0].is_running()


def test_who_interrupts_its_making_leaves_no_process(
    site: ProcessSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C when it is there, and nobody has its number yet."""
    started: list[subprocess.Popen[bytes]] = []

    def interrupted(*words: Any, **more: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*words, **more))
        signal.raise_signal(signal.SIGINT)
        return started[0]

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        site.up()
    assert started[0].poll() == -signal.SIGKILL


def test_what_does_not_get_ready_says_what_it_said_last(port: int) -> None:
    """As it does in a container: it may have said where it listens."""
    says = ["sh", "-c", "echo listening on 127.0.0.1; echo $$; exec sleep 600"]
    one = ProcessSite(says, f"http://127.0.0.1:{port}", ready_within_s=0.3)
    told = r"within 0.3 s; it said last: listening on 127.0.0.1 (\d+)\. Name .* --ready-within"
    with pytest.raises(GracekeeperError, match=told) as why:
        one.up()
    found = re.search(told, str(why.value))
    assert found is not None
    assert not psutil.pid_exists(int(found[1]))


def test_what_can_not_be_seen_is_refused(site: ProcessSite) -> None:
    site.up()
    with pytest.raises(UsageError, match="cannot recycle a plain process"):
        site.take(Order("recycle"))
    with pytest.raises(UsageError, match="there are starting, serving, stopping"):
        site.take(Order("kill", phase="quiescing"))
