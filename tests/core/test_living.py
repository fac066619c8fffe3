"""Starting and serving."""

from __future__ import annotations

import pytest

from supervisor.core.actions import (
    Announce,
    CloseDoor,
    Finish,
    Send,
    ShutDoor,
    Spawn,
    Sweep,
    TakeLook,
    TurnAway,
)
from supervisor.core.events import (
    Asked,
    Booted,
    DoorClosed,
    Emptied,
    Event,
    Exited,
    Looked,
    Signalled,
    Spawned,
    SpawnFailed,
    Tick,
)
from supervisor.core.looks import Look
from supervisor.core.policy import Policy
from supervisor.core.state import FOREVER, deadline
from tests.core.policies import DELAYED, GENERIC, UWSGI
from tests.core.stories import LOADING, QUIET, Story


def test_one_boot_spawns_once() -> None:
    """A second Booted, before or after Spawned, starts nothing."""
    story = Story(UWSGI)
    assert story.tell(Booted()) == (Spawn(),)
    assert story.tell(Booted()) == ()
    story.tell(Spawned(7))
    assert story.tell(Booted()) == ()


def test_readiness_is_looked_for_until_a_worker_accepts() -> None:
    """Running is not ready: looks come at intervals, and only a ready one is announced."""
    story = Story(UWSGI)
    story.tell(Booted())
    assert deadline(story.state) == FOREVER
    story.tell(Spawned(7))
    assert story.wait() == (TakeLook(),)
    assert story.tell(LOADING) == ()
    pauses = []
    for _ in range(6):
        before = story.now
        assert story.wait() == (TakeLook(),)
        pauses.append(story.now - before)
    assert pauses == pytest.approx([0.004, 0.008, 0.016, 0.032, 0.05, 0.05])
    assert story.tell(QUIET) == (Announce(True),)
    assert (story.phase, deadline(story.state)) == ("serving", FOREVER)


def test_a_tick_that_comes_early_looks_at_nothing() -> None:
    """Only one that is due does, however often the clock is asked."""
    story = Story(UWSGI)
    story.tell(Booted())
    story.tell(Spawned(7))
    assert story.wait() == (TakeLook(),)
    assert story.tell(Tick()) == ()
    assert story.wait() == (TakeLook(),)


def test_a_command_that_cannot_be_looked_at_is_ready_when_it_runs() -> None:
    """For lack of facts, running is as ready as we can tell."""
    story = Story(GENERIC)
    story.tell(Booted())
    assert story.tell(Spawned(7)) == (Announce(True),)


def test_a_look_before_the_birth_proves_nothing() -> None:
    """Somebody else may listen there; only our own process can be ready."""
    story = Story(UWSGI)
    story.tell(Booted())
    assert story.tell(QUIET) == ()


def test_signals_that_are_understood_are_passed_on() -> None:
    """Only listed signals, and only to a process that lives."""
    story = Story(UWSGI)
    assert story.tell(Signalled(12)) == ()
    story.serve()
    assert story.tell(Signalled(12)) == (Send("main", 12),)
    assert story.tell(Signalled(10)) == ()


@pytest.mark.parametrize("code", [126, 127])
def test_a_command_that_cannot_run_ends_with_the_shells_code(code: int) -> None:
    """126 and 127, as a shell would say, and the door is taken down first."""
    story = Story(UWSGI)
    story.tell(Booted())
    assert story.tell(SpawnFailed(code, "")) == (
        Announce(False),
        ShutDoor(),
        TurnAway(),
        CloseDoor(),
    )
    assert story.tell(SpawnFailed(code, "")) == ()
    assert story.tell(DoorClosed(0)) == (Finish(code),)


def test_a_failed_spawn_is_no_news_once_the_service_runs() -> None:
    """The two facts exclude each other; the process that exists is believed."""
    story = Story(UWSGI)
    story.tell(Booted())
    story.tell(Spawned(7))
    assert story.tell(SpawnFailed(127, "")) == ()
    assert story.phase == "starting"


@pytest.mark.parametrize("policy", [UWSGI, GENERIC])
@pytest.mark.parametrize(
    "late, code", [(SpawnFailed(127, ""), 143), (Exited(7, 3), 143), (Spawned(7), 143)]
)
def test_a_stop_between_spawn_and_its_answer(policy: Policy, late: Event, code: int) -> None:
    """The process may exist already: the stop must not leave without it."""
    story = Story(policy)
    story.tell(Booted())
    actions = story.tell(Asked(15))
    assert CloseDoor() not in actions
    answer = story.tell(late)
    if isinstance(late, SpawnFailed):
        assert answer == (TurnAway(), CloseDoor())
    elif isinstance(late, Exited):
        assert Sweep() in answer
    else:
        assert (answer, story.state.main) == ((), "alive")
    assert story.wait_until(story.state.end.finish_at)[-1] == Finish(code)


def test_a_stop_before_the_boot_starts_nothing() -> None:
    """No Spawn after a stop, even when Booted comes later."""
    story = Story(UWSGI)
    assert story.tell(Asked(15)) == (Announce(False), ShutDoor(), TurnAway(), CloseDoor())
    assert story.tell(Booted()) == ()
    assert story.tell(DoorClosed(0)) == (Finish(143),)


def test_a_service_that_ends_by_itself_keeps_its_code() -> None:
    """Nobody asked, so the answer is the service's own; who waits is answered all the same."""
    story = Story(UWSGI).serve()
    assert story.tell(Exited(7, 3)) == (
        Announce(False),
        ShutDoor(),
        TurnAway(),
        Send("tree", 15),
        Sweep(),
    )
    assert story.tell(Exited(7, 4)) == ()
    story.tell(Emptied())
    assert story.tell(DoorClosed(0)) == (Finish(3),)
    assert story.tell(DoorClosed(0)) == ()


def test_a_death_in_the_drain_delay_shuts_the_door() -> None:
    """The door is still open then, and nobody is behind it any more."""
    story = Story(DELAYED).serve()
    story.tell(Asked(15))
    assert story.tell(Exited(7, 1)) == (ShutDoor(), TurnAway(), Send("tree", 15), Sweep())


def test_looks_while_serving_change_nothing() -> None:
    """A worker may be away for a moment; readiness is taken back by a stop alone."""
    story = Story(UWSGI).serve()
    before = story.state
    assert story.tell(Looked(Look(starting=2))) == ()
    assert story.state == before
