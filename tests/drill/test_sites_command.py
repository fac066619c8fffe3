"""What a command stops: its end is when nobody answers any more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.drill.site import Order
from supervisor.drill.sites.command import CommandSite
from supervisor.drill.sites.process import ProcessSite
from supervisor.drill.traffic import Load
from supervisor.drill.trial import trial
from supervisor.errors import CommandError, GracekeeperError, UsageError
from tests.drill import served
from tests.ports import free_port

pytestmark = pytest.mark.process


@pytest.fixture
def running() -> Iterator[ProcessSite]:
    """Something that serves, and that a drill knows by its URL alone."""
    port = free_port()
    command = [sys.executable, str(Path(served.__file__)), str(port), "finish"]
    one = ProcessSite(command, f"http://127.0.0.1:{port}")
    one.up()
    yield one
    one.down()


def test_a_stop(running: ProcessSite) -> None:
    site = CommandSite(f"sh -c 'echo token=x; kill {running.pid}'", running.base())
    found = trial(site, Order("stop", grace_s=10), Load("/slow", clients=2))
    assert (found.exit_code, found.end.wrong) == (None, "")
    inside = found.tally.in_flight("asked")
    assert 0 < inside.answered == inside.accepted
    assert found.end.log == ("token=***",)
    with pytest.raises(GracekeeperError, match="nobody answers"):
        site.up()


@pytest.mark.parametrize(
    ("command", "action", "wrong"),
    [
        ("false", "stop", "the stop command ended with 1"),
        ("true", "stop", "somebody still answers after the grace period"),
        ("sleep 600", "stop", "the stop command had not returned after 0.2 s, and was killed"),
        ("sh -c 'sleep 3 & exit 0'", "restart", ""),
    ],
)
def test_what_it_comes_to(running: ProcessSite, command: str, action: str, wrong: str) -> None:
    """What a command leaves in the background is not waited for."""
    site = CommandSite(command, running.base())
    assert site.take(Order(action, grace_s=0.2 if wrong else 5.0)).wrong == wrong


def test_what_can_not_be_done(running: ProcessSite) -> None:
    with pytest.raises(CommandError, match="cannot run nothing-of-this-name") as error:
        CommandSite("nothing-of-this-name", running.base()).take(Order())
    assert error.value.exit_code == 127
    with pytest.raises(CommandError, match="cannot run /etc/passwd: Permission denied") as error:
        CommandSite("/etc/passwd", running.base()).take(Order())
    assert error.value.exit_code == 126
    with pytest.raises(UsageError, match="the stop command is empty"):
        CommandSite(" ", running.base())
    with pytest.raises(UsageError, match="Close its quotes"):
        CommandSite("kill 'x", running.base())
    with pytest.raises(UsageError, match="cannot kill by a command"):
        CommandSite("true", running.base()).take(Order("kill"))
