"""The ladder, reaping, the last answers and the exit."""

from __future__ import annotations

import pytest

from supervisor.core.actions import CloseDoor, Finish, Send, Sweep, TurnAway, WriteFifo
from supervisor.core.events import (
    Asked,
    Booted,
    DoorClosed,
    DoorShut,
    Emptied,
    Exited,
    Failed,
    Shortened,
    SpawnFailed,
    WorkersGone,
)
from supervisor.core.policy import Rung
from supervisor.core.state import FOREVER, deadline
from tests.core.policies import GENERIC, INIT, KILL, START, UWSGI
from tests.core.stories import Story


def test_rungs_follow_each_other_when_patience_ends_and_kill_waits_for_its_moment() -> None:
    """A drained server has its own patience; SIGKILL has the budget's."""
    story = Story(UWSGI)
    story.climb()
    began = story.now
    assert story.wait() == (Send("main", 2),)
    assert story.now == pytest.approx(began + 1.5)
    assert story.wait() == (Send("tree", 9),)
    assert story.now == pytest.approx(START + 2.0)
    assert story.wait() == ()  # nothing is left to try
    assert story.wait() == (CloseDoor(),)
    assert story.wait() == (Finish(143),)


def test_a_rung_that_cannot_be_taken_is_skipped_at_once() -> None:
    """Nobody reads the FIFO: the signal comes now, and not after the FIFO's patience."""
    story = Story(UWSGI)
    story.climb()
    assert story.tell(Failed("fifo", "ENXIO")) == (Send("main", 2),)


@pytest.mark.parametrize("action", ["door", "send", "other"])
def test_another_failure_does_not_hurry_the_ladder(action: str) -> None:
    """`q` is under way; that something else failed is no reason for SIGINT."""
    story = Story(UWSGI)
    story.climb()
    assert story.tell(Failed(action, "")) == ()


def test_a_failure_that_is_told_twice_skips_one_rung() -> None:
    """The second report is about the rung before."""
    story = Story(UWSGI)
    story.climb()
    story.tell(Failed("fifo", "ENXIO"))
    assert story.tell(Failed("fifo", "EPIPE")) == ()
    assert story.tell(Failed("send", "ESRCH")) == ()  # what follows kills, and waits
    assert deadline(story.state) == pytest.approx(START + 2.0)


def test_a_master_that_sleeps_is_nudged() -> None:
    """Only on a rung that says so."""
    story = Story(UWSGI)
    story.climb()
    assert story.tell(WorkersGone()) == (Send("main", 2),)
    story.wait()
    assert story.tell(WorkersGone()) == ()


@pytest.mark.parametrize("ladder", [(), (KILL,)])
def test_a_ladder_without_a_way_up_waits_for_the_kill(ladder: tuple[Rung, ...]) -> None:
    """No rung is tried yet, so nothing can fail and nobody is nudged."""
    story = Story(GENERIC.replace(ladder=ladder)).serve()
    story.tell(Asked(15))
    assert story.tell(WorkersGone()) == ()
    assert story.tell(Failed("send", "ESRCH")) == ()
    assert story.wait() == (Send("tree", 9),)
    assert story.now == pytest.approx(START + 2.0)


def test_patience_counts_for_what_cannot_be_looked_at() -> None:
    """The driver knows best: two gentle rungs may follow each other long before the kill."""
    polite = (Rung("smart", signal=15, patience_s=0.5), Rung("fast", signal=2), KILL)
    story = Story(GENERIC.replace(ladder=polite)).serve()
    story.tell(Asked(15))
    assert story.wait() == (Send("main", 2),)
    assert story.now == pytest.approx(START + 0.5)


def test_a_second_request_takes_the_next_rung_now() -> None:
    """Each further one, apart from the last, takes one more; to the kill in the end."""
    story = Story(UWSGI)
    story.climb()
    assert story.tell(Asked(2), 0.2) == ()
    assert story.tell(Asked(2), 1.0) == (Send("main", 2),)
    assert story.wait() == (Send("tree", 9),)
    assert story.now < START + 2.0


def test_the_end_of_the_main_process_is_not_the_end() -> None:
    """Its descendants are asked, and waited for; TERM first, KILL when time is over."""
    story = Story(UWSGI)
    story.climb()
    assert story.tell(Emptied()) == ()  # of an older sweep: the main process lives
    assert story.tell(Exited(7, 0)) == (TurnAway(), Send("tree", 15), Sweep())
    assert story.wait() == (Send("tree", 9),)
    assert story.now == pytest.approx(START + 2.0)
    assert story.wait() == (CloseDoor(),)
    assert story.now == pytest.approx(START + 2.5)
    assert story.tell(Emptied()) == ()
    assert story.wait() == (Finish(143),)
    assert story.now == pytest.approx(START + 2.7)
    assert deadline(story.state) == FOREVER


@pytest.mark.parametrize("group", [True, False])
def test_an_inits_house_is_told_and_not_waited_for(group: bool) -> None:
    """Its main process was the service: at most the group hears of the end."""
    story = Story(INIT.replace(group=group)).serve()
    actions = story.tell(Exited(7, 0))
    assert (Send("group", 15) in actions) is group
    assert Sweep() not in actions


def test_who_was_born_during_the_kill_is_killed_as_well() -> None:
    """The main process ends by SIGKILL; what it forked meanwhile was not among those killed."""
    story = Story(GENERIC).serve()
    story.tell(Asked(15))
    assert story.wait() == (Send("tree", 9),)
    story.tell(Exited(7, -9))
    assert story.wait() == (Send("tree", 9),)
    assert story.wait() == (CloseDoor(),)


def test_a_second_request_kills_descendants_now() -> None:
    """Once: what is killed need not be killed again."""
    story = Story(UWSGI)
    story.climb()
    story.tell(Exited(7, 0))
    assert story.tell(Asked(15), 1.0) == (Send("tree", 9),)
    assert story.tell(Asked(15), 1.0) == ()


def test_the_first_request_after_an_end_of_its_own_hurries_nobody() -> None:
    """It is the first that anybody asks; the second is a second one. The code stays the child's."""
    story = Story(UWSGI).serve()
    story.tell(Exited(7, 3), 5.0)
    assert story.tell(Asked(15), 1.2) == ()
    assert story.tell(Asked(15), 0.5) == ()
    story = Story(UWSGI.replace(grace_s=9.0)).serve()
    story.tell(Exited(7, 3))
    story.tell(Asked(15))
    assert story.tell(Asked(15), 1.0) == (Send("tree", 9),)
    story.tell(Emptied())
    assert story.tell(DoorClosed(0)) == (Finish(3),)


def test_nobody_is_left_behind_unkilled() -> None:
    """After a pause of the whole machine, the kill is not forgotten for being late."""
    story = Story(GENERIC).serve()
    story.tell(Asked(15))
    story.life = story.life._replace(now=START + 60.0)
    assert story.wait() == (Send("tree", 9), CloseDoor())
    story = Story(GENERIC).serve()
    story.tell(Exited(7, 0))
    story.life = story.life._replace(now=START + 60.0)
    assert story.wait() == (Send("tree", 9), CloseDoor())
    assert story.wait() == (Finish(0),)


def test_an_end_that_nobody_waited_for_still_tells_its_status() -> None:
    """The first status counts; later ones are other processes'."""
    story = Story(GENERIC.replace(exit_code="child")).serve()
    story.tell(Asked(15))
    story.wait_until(START + 2.6)
    assert story.phase == "closing"
    story.tell(Exited(7, -9))
    story.tell(Exited(7, 0))
    assert story.tell(DoorClosed(0)) == (Finish(137),)


def test_a_second_request_shortens_the_farewell() -> None:
    """Whoever lingers at the door gets a moment, not the rest of a long grace period."""
    story = Story(UWSGI.replace(grace_s=60.0))
    story.climb()
    story.tell(Exited(7, 0))
    assert story.tell(Emptied()) == (CloseDoor(),)
    asked_at = story.now + 1.0
    assert story.tell(Asked(15), 1.0) == ()
    assert story.wait() == (Finish(143),)
    assert story.now == pytest.approx(asked_at + 0.7)


def test_a_spawn_that_fails_on_the_ladder_ends_it() -> None:
    """There is nobody to stop."""
    story = Story(GENERIC)
    story.tell(Booted())
    story.tell(Asked(15))
    assert story.tell(SpawnFailed(126, "")) == (TurnAway(), CloseDoor())


def test_a_rung_without_patience_follows_at_once() -> None:
    """No patience is none; the ladder ends all the same."""
    hasty = (Rung("one", command="x", patience_s=0.0), Rung("two", command="y"))
    story = Story(GENERIC.replace(ladder=hasty)).serve()
    assert story.tell(Asked(15))[-1] == WriteFifo("x")
    assert story.wait() == (WriteFifo("y"),)
    assert story.now == START


def test_a_generation_that_leaves_has_to_fit_into_the_containers_own_end() -> None:
    """A restart gives it more time than a stop can; never does it get more than it had."""
    story = Story(UWSGI).serve()
    story.tell(Asked(1, via="restart", grace_s=60.0))
    story.tell(DoorShut("steered"))
    assert story.state.end.ends_at == story.now + 60.0
    story.tell(Shortened(3.0), 10.0)
    assert story.state.end.ends_at == story.now + 3.0
    before = story.state
    story.tell(Shortened(600.0))
    assert story.state == before
