"""A journal, walked through `step` once more."""

from __future__ import annotations

from supervisor.core.actions import Action, Announce, ShutDoor, Spawn
from supervisor.core.events import Asked, Booted, Event, Spawned
from supervisor.core.machine import step
from supervisor.core.replay import Divergence, first_divergence
from supervisor.core.state import initial
from supervisor.testing.search import STORY
from tests.core.policies import DELAYED, START, UWSGI

Journal = list[tuple[float, Event, tuple[Action, ...]]]


def journal() -> Journal:
    """Return the journal of a whole life."""
    state, entries = initial(UWSGI), []
    for number, event in enumerate(STORY):
        now = START + number
        state, actions = step(state, event, now)
        entries.append((now, event, actions))
    return entries


def test_a_whole_journal_replays() -> None:
    """The same events ask for the same actions."""
    assert first_divergence(UWSGI, journal()) is None
    assert first_divergence(UWSGI, []) is None


def test_a_missing_entry_is_noticed_where_it_matters() -> None:
    """Without Booted there is nothing to shut: the stop would have been another one."""
    entries = journal()[1:2] + journal()[4:]
    found = first_divergence(UWSGI, [(START, Asked(15), (Announce(False), ShutDoor())), *entries])
    assert found is not None
    assert (found.index, found.phase) == (0, "starting")


def test_another_policy_is_noticed() -> None:
    """A journal belongs to its policy: with a drain delay, the door would not be shut yet."""
    found = first_divergence(DELAYED, journal())
    assert found is not None
    assert (found.event, found.recorded, found.replayed) == (
        Asked(15),
        (Announce(False), ShutDoor()),
        (Announce(False),),
    )


def test_a_divergence_tells_everything_about_its_entry() -> None:
    """Index, moment, phase, event, and both sides; lists, as JSON makes them, are no difference."""
    assert first_divergence(UWSGI, [(START, Booted(), [Spawn()])]) is None  # type: ignore[list-item]
    assert first_divergence(
        UWSGI, [(START, Booted(), (Spawn(),)), (101.0, Spawned(7), (Spawn(),))]
    ) == (Divergence(1, 101.0, "starting", Spawned(7), (Spawn(),), ()))
