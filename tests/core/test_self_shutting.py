"""A server that shuts its own door at a signal, and is waited for so long and no longer."""

from __future__ import annotations

import pytest

from supervisor.core.actions import Announce, Send, ShutDoor, TakeLook, TurnAway
from supervisor.core.budget import NEVER
from supervisor.core.events import Asked, Booted, DoorShut, Spawned
from tests.core.policies import SELF_SHUTTING, START
from tests.core.stories import BUSY, LOADING, QUIET, Story

FAST, IMMEDIATE = Send("main", 2), Send("main", 3)
KILL_AT = START + 2.0


def leaving(quiesce_s: float = 1.2) -> Story:
    """Asked to stop, its door shut."""
    return Story(SELF_SHUTTING.replace(quiesce_s=quiesce_s)).quiesce("none")


def test_it_is_told_to_shut_its_door_before_anybody_is_waited_for() -> None:
    """The signal is no rung: with nobody inside, the ladder begins three looks later."""
    story = Story(SELF_SHUTTING).serve()
    assert story.tell(Asked(15)) == (Announce(False), Send("main", 15), ShutDoor())
    story.tell(DoorShut("none"))
    for _ in range(2):
        assert story.look(QUIET) == ()
    assert story.look(QUIET) == (TurnAway(), FAST)


@pytest.mark.parametrize(
    ("quiesce_s", "moment"), [(0.0, 0.0), (0.3, 0.3), (NEVER, 1.0)], ids=["none", "some", "time"]
)
def test_who_stays_inside_is_waited_for_so_long(quiesce_s: float, moment: float) -> None:
    """Then comes the gentle ladder and not the forced one; at the latest a second before a kill."""
    story = leaving(quiesce_s)
    while (asked := story.wait()) == (TakeLook(),):
        story.tell(BUSY.replace(look=BUSY.look.replace(average_s=0.0)))
    assert asked == (TurnAway(), FAST)
    assert story.now == pytest.approx(START + moment)
    assert story.wait() == (IMMEDIATE,)
    assert story.now == pytest.approx(KILL_AT)


def test_a_second_request_skips_the_waiting_and_nothing_else() -> None:
    """What is harsh still comes at its own moment; without a bound the budget would be cut."""
    story = leaving()
    story.look(BUSY)
    assert story.tell(Asked(15), 1.0) == (TurnAway(), FAST)
    assert story.wait() == (IMMEDIATE,)
    assert story.now == pytest.approx(KILL_AT)


def test_before_it_is_ready_there_is_nobody_to_wait_for() -> None:
    """The ladder at once, and no signal that would wait for clients."""
    story = Story(SELF_SHUTTING.replace(unready_ladder=SELF_SHUTTING.ladder))
    story.tell(Booted())
    story.tell(Spawned(7))
    story.look(LOADING)
    assert story.tell(Asked(15)) == (Announce(False), ShutDoor(), TurnAway(), FAST)
