"""From the first request to stop until the server is told to."""

from __future__ import annotations

import pytest

from supervisor.core.actions import Announce, Send, ShutDoor, TakeLook, TurnAway, WriteFifo
from supervisor.core.events import Asked, Booted, DoorShut, Looked, Spawned, Tick
from supervisor.core.looks import Look
from supervisor.core.state import FOREVER, deadline
from tests.core.policies import (
    DELAYED,
    FINISHING,
    GENERIC,
    GENERIC_DELAYED,
    START,
    STUBBORN,
    UWSGI,
)
from tests.core.stories import BUSY, LOADING, QUIET, Story

BOOT = (Booted(), Spawned(7))
KILL_AT = 2.0  # after the stop was asked, for these policies


def test_a_drained_service_is_told_to_quit() -> None:
    """Not ready, door shut, three quiet looks, nobody waits, `q`: in that order."""
    story = Story(UWSGI).serve()
    assert story.tell(Asked(15)) == (Announce(False), ShutDoor())
    assert deadline(story.state) > story.now
    story.tell(DoorShut("steered"))
    for _ in range(2):
        assert story.wait() == (TakeLook(),)
        assert story.tell(QUIET) == ()
    assert story.wait() == (TakeLook(),)
    assert story.tell(QUIET) == (TurnAway(), WriteFifo("q"))


def test_one_busy_look_starts_the_count_again() -> None:
    """Three in a row: a connection may be on its way between two places during one look."""
    story = Story(UWSGI)
    story.quiesce()
    for looked in (QUIET, QUIET, BUSY, QUIET, QUIET):
        assert story.look(looked) == ()
    assert story.look(QUIET) == (TurnAway(), WriteFifo("q"))


def test_a_look_that_is_told_twice_counts_once() -> None:
    """One look proves one moment, however often its answer arrives."""
    story = Story(UWSGI)
    story.quiesce()
    story.look(QUIET)
    for _ in range(5):
        assert story.tell(QUIET) == ()
    assert story.state.quiet.looks == 1


def test_a_look_from_before_the_door_was_shut_counts_for_nothing() -> None:
    """Whoever came in after it was not seen by it."""
    story = Story(UWSGI).serve()
    story.tell(Asked(15))
    story.tell(QUIET)
    story.tell(DoorShut("steered"))
    story.tell(QUIET)
    assert story.state.quiet.looks == 0


def test_the_door_is_shut_once() -> None:
    """A second answer neither restarts the time for handshakes nor opens the door again."""
    story = Story(UWSGI)
    story.quiesce()
    shut_at = story.state.shut_at
    assert story.tell(DoorShut("absent"), 0.5) == ()
    assert (story.state.shut_at, story.state.steered) == (shut_at, True)


@pytest.mark.parametrize("how", ["throttled", "absent", "none", None])
def test_an_open_door_makes_the_server_stop_accepting_in_time(how: str | None) -> None:
    """Newcomers still reach it, so it will not get quiet: `q` then, and its requests have time."""
    story = Story(UWSGI).serve()
    story.tell(Asked(15))
    if how is not None:
        story.tell(DoorShut(how))
    actions = story.wait_until(START + KILL_AT - 1.0)
    assert actions[-2:] == (TurnAway(), WriteFifo("q"))
    assert deadline(story.state) == pytest.approx(START + KILL_AT)  # patience has no say: it owes


def test_who_cannot_be_served_any_more_is_turned_away_in_time() -> None:
    """One second before the end of the time, and once; looks go on."""
    story = Story(UWSGI)
    story.quiesce()
    actions = story.wait_until(START + KILL_AT - 0.01)
    assert actions.count(TurnAway()) == 1
    assert story.phase == "quiescing"
    assert TakeLook() in actions[actions.index(TurnAway()) :]


def test_slow_requests_bring_the_turning_away_forward() -> None:
    """Who is let in to a worker should be able to get an answer."""
    story = Story(UWSGI.replace(grace_s=10.0))
    story.quiesce()
    story.look(Looked(Look(ready=True, in_request=1, average_s=2.0)))
    assert story.state.turn_away_at == pytest.approx(START + 9.0 - 3.0)
    story.look(BUSY)
    assert story.state.average_s == 2.0


def test_when_time_is_over_the_busy_are_killed_after_the_waiting_were_answered() -> None:
    """The forced ladder: who waits gets a 503, and only then is a request cut."""
    story = Story(UWSGI)
    story.quiesce()
    story.wait_until(START + KILL_AT - 0.001)
    assert story.tell(Tick(), 0.002) == (TurnAway(), Send("busy", 9))
    assert story.wait() == (Send("main", 2),)
    assert story.wait() == (Send("tree", 9),)


def test_a_look_after_the_climb_changes_nothing() -> None:
    """The ladder is not left again."""
    story = Story(UWSGI)
    story.climb()
    before = story.state
    assert story.tell(BUSY) == ()
    assert story.state == before


def test_a_service_that_never_was_ready_owes_nobody_anything() -> None:
    """Its loading workers are not waited for, and the ladder is the other one: `q` would hang."""
    story = Story(UWSGI)
    for event in (*BOOT, Asked(15), DoorShut("absent")):
        story.tell(event)
    story.look(LOADING)
    story.look(LOADING)
    assert story.look(LOADING) == (TurnAway(), Send("main", 2))
    story.wait()
    assert story.now == pytest.approx(START + 0.03 + 0.5)


def test_a_service_that_never_was_ready_and_has_callers_is_not_sent_q() -> None:
    """A client waits in its queue, so it is not quiet; the time is over all the same."""
    story = Story(UWSGI)
    for event in (*BOOT, Asked(15), DoorShut("absent")):
        story.tell(event)
    story.look(Looked(Look(starting=2, queued=1)))
    actions = story.wait_until(START + KILL_AT - 1.0)
    assert actions[-2:] == (TurnAway(), Send("main", 2))
    story.wait()
    assert story.now == pytest.approx(START + KILL_AT - 0.5)


def test_a_service_that_becomes_ready_while_it_ends_is_a_ready_one() -> None:
    """From the first look that says so, its loading workers are waited for: `q` hangs on them."""
    story = Story(UWSGI)
    for event in (*BOOT, Asked(15), DoorShut("absent")):
        story.tell(event)
    half = Looked(Look(ready=True, in_request=0, starting=1))
    for looked in (LOADING, LOADING, half, QUIET, QUIET):
        assert story.look(looked) == ()
    assert story.look(QUIET) == (TurnAway(), WriteFifo("q"))


def test_what_cannot_be_looked_at_is_stopped_at_once() -> None:
    """A generic command gets its signal and all the time there is."""
    story = Story(GENERIC).serve()
    assert story.tell(Asked(15)) == (Announce(False), Send("main", 15))
    assert story.wait() == (Send("tree", 9),)
    assert story.now == pytest.approx(START + KILL_AT)


def test_a_server_that_finishes_is_told_to_as_soon_as_nobody_is_on_the_way() -> None:
    """Its requests are no reason to wait; then it has all the time until killing is left."""
    busy = Looked(Look(ready=True, serving=3, owed_bytes=9))
    story = Story(FINISHING)
    story.quiesce()
    assert story.look(Looked(Look(ready=True, serving=3, queued=1))) == ()
    assert story.look(busy) == story.look(busy) == ()
    assert story.look(busy) == (TurnAway(), Send("main", 15))
    assert story.wait() == (Send("tree", 9),)
    assert story.now == pytest.approx(START + KILL_AT)


def test_the_drain_delay_comes_before_the_door() -> None:
    """Balancers need time to look away; until then everything goes on."""
    story = Story(DELAYED).serve()
    assert story.tell(Asked(15)) == (Announce(False),)
    assert story.tell(Tick()) == ()
    assert story.wait() == (ShutDoor(),)
    assert story.now == pytest.approx(START + 1.0)


def test_a_drain_delay_longer_than_the_grace_period_ends_with_the_time() -> None:
    """An operator's mistake must not cost the orderly end."""
    story = Story(DELAYED.replace(drain_delay_s=60.0)).serve()
    story.tell(Asked(15))
    story.wait()
    assert story.now == pytest.approx(START + KILL_AT)
    story.wait_until(START + 3.0)
    assert story.phase == "done"


def test_a_second_request_skips_the_drain_delay_and_nothing_else() -> None:
    """The requests inside keep their time; a third request takes that, too."""
    story = Story(GENERIC_DELAYED).serve()
    story.tell(Asked(15))
    assert story.tell(Asked(15), 0.9) == ()
    assert story.tell(Asked(15), 0.2) == ()
    story = Story(DELAYED.replace(drain_delay_s=1.9)).serve()
    story.tell(Asked(15))
    before = story.state.budget
    assert story.tell(Asked(15), 1.0) == (ShutDoor(),)
    assert story.state.budget == before


def test_a_second_request_while_quiescing_ends_it_now() -> None:
    """Who waits is turned away, what runs is killed."""
    story = Story(UWSGI)
    story.quiesce()
    assert story.tell(Asked(15), 0.99) == ()  # an echo
    assert story.tell(Asked(2), 1.0) == (TurnAway(), Send("busy", 9))
    assert story.state.end.kill_at == story.now
    assert story.state.asked == Asked(15)


def test_who_may_not_hurry_waits() -> None:
    """Some platforms repeat themselves; the policy can say that it means nothing."""
    story = Story(STUBBORN).serve()
    story.tell(Asked(15))
    assert story.tell(Asked(15), 1.5) == ()
    assert deadline(story.state) == pytest.approx(START + KILL_AT) != FOREVER
