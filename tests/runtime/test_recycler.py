"""Workers that are really processes, of a server that is not there: what is done about them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from supervisor.config.plan import Plan
from supervisor.core.policy import Policy
from supervisor.recycle.policy import RESTART
from supervisor.runtime import memory, recycler
from supervisor.runtime.memory import Memory
from supervisor.runtime.recycler import write_wish
from tests.runtime.crew import Service, timers

pytestmark = pytest.mark.process


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Services with limits, ended with the test."""
    with ExitStack() as stack:

        def make(**limits: Any) -> Service:
            made = Service(tmp_path, **limits)
            stack.enter_context(made.stack)
            return made

        yield make


def test_nothing_runs_while_nothing_is_watched(service: Callable[..., Service]) -> None:
    """No timer, no look; not before a wish, and not after it was granted."""
    one = service()
    pids = [one.start(1), one.start(2)]
    assert (timers(one), one.looks) == (0, 0)
    assert one.recycler.wish(1) == ""
    one.turn_until(lambda: one.wished == pids[0])
    assert one.recycler.status()["going"] == {"worker": 1, "pid": pids[0], "why": "by hand"}
    os.kill(pids[0], signal.SIGKILL)
    one.turn_until(lambda: one.told("recycled"))
    new = one.workers[1].pid
    (facts,) = one.told("recycled")
    assert (facts["worker"], facts["pid"], facts["new_pid"]) == (1, pids[0], new)
    assert one.wakes == 1
    assert timers(one) == 0
    status = one.recycler.status()
    assert (status["going"], status["wished"], status["next_look_s"]) == (None, [], None)
    assert [last["new_pid"] for last in status["last"]] == [new]


def test_everybody_one_after_the_other(service: Callable[..., Service]) -> None:
    """The next one only when the successor is ready."""
    one = service()
    first = {number: one.start(number) for number in (1, 2, 3)}
    assert one.recycler.wish(None) == ""
    gone: list[int] = []
    while len(gone) < 3:
        one.turn_until(lambda: one.wished == first[len(gone) + 1])
        assert len(one.told("recycle")) == len(gone) + 1
        os.kill(one.wished, signal.SIGKILL)
        one.turn_until(lambda: len(one.told("recycled")) > len(gone))
        gone.append(one.told("recycled")[-1]["worker"])
    assert gone == [1, 2, 3]


def test_a_limit_by_measured_memory(
    service: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest goes; what is estimated is told once."""
    sizes: dict[int, Memory] = {}
    monkeypatch.setattr(memory, "measure", sizes.get)
    one = service(memory_bytes=100, every_s=0.01)
    pids = [one.start(1), one.start(2)]
    sizes.update({pids[0]: Memory(90, 80, exact=False), pids[1]: Memory(101, 50)})
    one.turn_until(lambda: one.wished == pids[1])
    assert one.told("recycle")[0]["why"].startswith("PSS of")
    assert len(one.told("recycle-estimates")) == 1


def test_ages_and_requests_are_those_of_the_process(service: Callable[..., Service]) -> None:
    """uWSGI's counter goes on when a worker is replaced; its successor starts at 0."""
    one = service(requests=50, every_s=0.01)
    pids = [one.start(1, requests=60), one.start(2, requests=0)]
    one.turn_until(lambda: one.wished == pids[0])
    os.kill(pids[0], signal.SIGKILL)
    one.turn_until(lambda: one.told("recycled"))
    one.workers[1] = one.workers[1].replace(requests=105)
    looks = one.looks
    one.turn_until(lambda: one.looks > looks + 3)
    assert len(one.told("recycle")) == 1
    one.workers[1] = one.workers[1].replace(requests=110)
    one.turn_until(lambda: len(one.told("recycle")) == 2)


def test_nothing_is_measured_while_held_off(
    service: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop is under way; a wish is refused, too."""
    one = service(age_s=0.0, every_s=0.01)
    one.why_not = "the service is draining"
    one.start(1)
    one.start(2)
    held: list[float] = []
    monkeypatch.setattr(recycler, "decide", lambda *_: pytest.fail("decided"))
    real = one.poller.at

    def at(key: object, when: float, callback: Callable[[], None]) -> None:
        held.append(when)
        real(key, when, callback)

    monkeypatch.setattr(one.poller, "at", at)
    one.turn_until(lambda: len(held) > 5)
    assert one.looks == 0
    assert one.recycler.wish(1).startswith("cannot recycle: the service is draining. Try")


def test_a_start_does_not_put_the_first_look_off_for_long(
    service: Callable[..., Service],
) -> None:
    """What leaks at once would have all the time between two looks."""
    one = service(requests=1)
    one.why_not = "the service is starting"
    one.turn_until(lambda: one.recycler.state.look_at > monotonic())
    assert 0 < one.recycler.status()["next_look_s"] <= 1


@pytest.mark.parametrize(
    ("limits", "worker", "message"),
    [
        ({}, 3, "cannot recycle worker 3: there is 1, 2. Use one of these numbers."),
        ({"min_ready": 2}, 1, "one of 2 workers would go, and 2 must stay ready. Start more, or"),
    ],
)
def test_wishes_that_cannot_be_granted(
    limits: dict[str, Any], worker: int, message: str, service: Callable[..., Service]
) -> None:
    """At once, and with what can be done."""
    one = service(**limits)
    one.start(1)
    one.start(2)
    assert message in one.recycler.wish(worker)
    assert timers(one) == 0


def test_a_server_without_known_workers(service: Callable[..., Service]) -> None:
    """Nothing to watch, nothing to wish for."""
    one = service()
    other = one.keeping(Plan(("a",), "/a", Policy(grace_s=1.0)))
    assert "Use a restart" in other.wish(None)
    assert other.status()["mechanism"] is None


def test_who_does_not_go_is_reminded_and_killed(service: Callable[..., Service]) -> None:
    """HUP to that very process while it is idle; then KILL, with what it was serving."""
    one = service(deadline_s=0.3)
    one.start(1)
    one.start(2)
    one.workers[1] = one.workers[1].replace(busy=1, running=("GET /export",))
    assert one.recycler.wish(1) == ""
    one.turn_until(lambda: len(one.told("recycle-overdue")) == 2)
    first, second = one.told("recycle-overdue")
    assert (first["signal"], first["running"]) == ("", ["GET /export"])
    assert (second["signal"], second["running"]) == ("SIGKILL", ["GET /export"])
    assert second["waited_s"] >= 0.6
    one.turn_until(lambda: one.told("recycled"))


def test_a_restart_instead(service: Callable[..., Service]) -> None:
    """Where a worker can't go alone; refused, it is tried again after the cool-down only."""
    one = service(mechanism=RESTART, cool_down_s=9999.0, min_ready=1)
    one.start(1)
    one.no_restart = "it has no door"
    assert one.recycler.wish(1) == ""
    one.turn_until(lambda: one.told("recycle-failed"))
    assert (one.restarts, one.wished) == (["by hand"], 0)
    assert one.recycler.status()["going"] is None
    one.turn_until(lambda: timers(one) == 0)
    assert len(one.restarts) == 1


def test_a_wish_that_cannot_be_written(service: Callable[..., Service]) -> None:
    """Said, and not tried for ever."""
    one = service()
    pid = one.start(1)
    one.start(2)
    (one.folder / "recycle").mkdir()
    assert one.recycler.wish(1) == ""
    one.turn_until(lambda: one.told("recycle-failed"))
    assert "can't be written" in one.told("recycle-failed")[0]["why"]
    assert one.workers[1].pid == pid
    one.turn_until(lambda: timers(one) == 0)


def test_each_wish_is_a_second_younger(tmp_path: Path) -> None:
    """uWSGI compares whole seconds; and a link leads nowhere."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("recycle", "recycle.new"):
        (tmp_path / name).symlink_to(victim)
    path = tmp_path / "recycle"
    moments = []
    for pid in (11, 12, 13):
        write_wish(str(path), pid)
        moments.append(int(path.stat().st_mtime))
        assert path.read_text() == f"{pid}\n"
    assert moments[0] < moments[1] < moments[2]
    assert (victim.read_text(), path.is_symlink()) == ("mine", False)
    assert path.stat().st_mode & 0o777 == 0o644
