"""What is told of an action that could not be tried, and of an end."""

from __future__ import annotations

import pytest

from supervisor.core.actions import Action, Send, Spawn, TakeLook, WriteFifo
from supervisor.core.events import Event, Failed, SpawnFailed
from supervisor.core.exitstatus import exit_code, how_ended
from supervisor.core.failures import failure
from supervisor.core.policy import Policy


@pytest.mark.parametrize(
    ("action", "event"),
    [
        (Spawn(), SpawnFailed(126, "why")),
        (Send("main", 15), Failed("send", "why")),
        (WriteFifo("q"), Failed("fifo", "why")),
        (TakeLook(), Failed("TakeLook", "why")),
    ],
)
def test_each_action_has_its_failure(action: Action, event: Event) -> None:
    """A rung's own failures are told apart from the others."""
    assert failure(action, "why") == event


def test_how_it_ended() -> None:
    """In words."""
    assert how_ended(None) == "it has ended"
    assert how_ended(3) == "it ended with 3"
    assert how_ended(-9) == "it was ended by SIGKILL"


def test_codes_that_mean_success() -> None:
    """Whoever decided them: the signal, the command, or nobody."""
    assert exit_code("signal", 15, 0, (143,)) == 0
    assert exit_code("signal", 15, 0, (0,)) == 143
    assert exit_code("child", 15, 7, (7,)) == 0
    assert exit_code("signal", None, -9, (137,)) == 0


def test_what_is_sent_in_place() -> None:
    """The first that fits; what isn't rewritten stays."""
    policy = Policy(grace_s=1.0, rewrite=((15, 3), (1, 0)))
    assert [policy.sent(number) for number in (15, 1, 2)] == [3, 0, 2]
    assert (policy.addressee, policy.replace(group=True).addressee) == ("main", "group")
