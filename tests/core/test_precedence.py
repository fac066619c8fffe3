"""In which order services start and stop, and by when: every order is held against the needs."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.core import precedence
from supervisor.core.fleet import (
    TIMED_OUT,
    BecameReady,
    Ended,
    Hurry,
    Leave,
    Start,
    Started,
    Stop,
    StopAsked,
    TimePassed,
)
from tests.core.convoy import Convoy, part

CHAIN = (part("db"), part("app", "db"), part("web", "app"))


def chain(**more: Any) -> Convoy:
    """Three in a row, all of them up."""
    made = Convoy(*CHAIN, **more)
    made.begin()
    made.up("db", "app", "web")
    return made


def test_each_starts_as_soon_as_its_needs_are_met() -> None:
    """What doesn't depend on each other starts at the same moment."""
    made = Convoy(
        part("init", task=True),
        part("db"),
        part("app", "init:completed", "db", "cache:started"),
        part("cache"),
    )
    assert made.begin() == [Start("init"), Start("db"), Start("cache")]
    assert made.tell(Started("init"), BecameReady("init"), Started("cache")) == []
    assert made.up("db") == []
    assert made.tell(Ended("init", 0)) == [Start("app")]


def test_they_stop_in_the_reverse_order() -> None:
    """Each when nobody needs it any more; the first has most of the budget."""
    made = chain()
    assert (made.state.ready, made.tell(StopAsked())) == (True, [Stop("web", 8.0)])
    assert not made.state.ready
    made.now += 1
    assert made.tell(Ended("web", 143)) == [Stop("app", 8.0)]
    made.now += 1
    assert made.tell(Ended("app", 143)) == [Stop("db", 8.0)]
    assert made.tell(Ended("db", 143)) == [Leave(None)]


def test_two_may_need_the_same() -> None:
    """It is stopped after the second of them."""
    made = Convoy(part("db"), part("app", "db"), part("cron", "db"))
    made.begin()
    made.up("db", "app", "cron")
    assert made.tell(StopAsked()) == [Stop("app", 9.0), Stop("cron", 9.0)]
    assert made.tell(Ended("app", 0)) == []
    assert made.tell(Ended("cron", 0)) == [Stop("db", 10.0)]


def test_a_finished_task_passes_its_needs_on() -> None:
    """The app needs migrations, and these a database: it is needed as long as the app is."""
    made = Convoy(
        part("db"), part("migrate", "db", task=True), part("app", "migrate:completed"), part("x")
    )
    made.begin()
    made.up("db", "x")
    made.tell(Started("migrate"), Ended("migrate", 0))
    made.up("app")
    assert made.tell(StopAsked()) == [Stop("app", 9.0), Stop("x", 10.0)]
    assert made.tell(Ended("app", 0)) == [Stop("db", 10.0)]


def test_a_service_has_a_grace_of_its_own() -> None:
    """At most; it is the budget that decides otherwise."""
    made = Convoy(part("one", grace_s=3.0), part("two", grace_s=30.0))
    made.begin()
    assert made.tell(StopAsked()) == [Stop("one", 3.0), Stop("two", 10.0)]


def test_a_long_row_keeps_half_of_the_time() -> None:
    """Two hundred in a row would leave the first nothing, if each kept its second."""
    row = [part("s0"), *(part(f"s{n}", f"s{n - 1}") for n in range(1, 1200))]
    made = Convoy(*row)
    made.begin()
    for one in row:
        made.up(one.name)
    assert made.tell(StopAsked()) == [Stop("s1199", 5.0)]


def test_near_the_end_order_is_given_up() -> None:
    """Who was not told yet is told at the last moment: better than to be killed unheard."""
    made = chain()
    made.tell(StopAsked())
    assert made.wait() == [Stop("db", 1.0), Stop("app", 1.0)]
    assert made.tell(Ended("web", 137), Ended("db", 0)) == []
    assert made.tell(Ended("app", 0)) == [Leave(None)]
    assert precedence.deadline(made.state) == float("inf")


def test_nobody_hears() -> None:
    """Not even a keeper that has lost its service keeps the container beyond the grace."""
    made = chain(grace_s=2.0)
    made.tell(StopAsked())
    assert [type(order) for _ in range(2) for order in made.wait()] == [Stop, Stop, Leave]
    assert made.now == pytest.approx(101.8)


def test_the_drain_delay_comes_first() -> None:
    """All serve on meanwhile; asked again, what is left of it is skipped."""
    made = chain(delay_s=5.0)
    assert made.tell(StopAsked()) == []
    assert made.tell(Ended("db", 1)) == []
    made.now += 0.5
    assert made.tell(StopAsked()) == []  # an echo
    made.now += 1.5
    assert made.tell(StopAsked()) == [Stop("web", 7.0)]
    made.now += 1
    assert made.tell(StopAsked()) == [Hurry("web")]
    stays = chain(delay_s=5.0, hurry=False)
    stays.tell(StopAsked())
    stays.now += 2
    assert stays.tell(StopAsked()) == []
    waits = chain(delay_s=5.0)
    waits.tell(StopAsked())
    assert [order.name for order in waits.wait() if isinstance(order, Stop)] == ["web"]
    assert waits.now == 105.0


def test_who_dies_for_good_ends_everything() -> None:
    """Its code is the container's, and it is stopped in order."""
    made = chain()
    assert made.tell(Ended("app", 3)) == [Stop("web", 9.0)]
    assert made.state.why == "app has ended with 3"
    assert made.tell(StopAsked()) == []  # it is asked for the first time
    made.now += 1
    assert made.tell(StopAsked()) == [Hurry("web")]
    assert made.tell(Ended("web", 0)) == [Stop("db", 9.0)]
    assert made.tell(Ended("db", 0)) == [Leave(3)]


def test_who_is_not_essential_may_die() -> None:
    """And whoever waited for it is given up, unless that one is essential."""
    made = Convoy(
        part("cron", essential=False),
        part("app"),
        part("late", "cron:completed", essential=False),
        part("later", "late", essential=False),
    )
    made.begin()
    made.up("app")
    assert made.tell(Started("cron"), Ended("cron", 1)) == []
    assert made.state.ready
    assert made.tell(Ended("app", 0)) == [Leave(0)]
    made = Convoy(part("cron", essential=False), part("app", "cron"), part("x"))
    made.begin()
    assert made.tell(Started("cron"), Ended("cron", 0)) == [Stop("x", 10.0)]
    assert made.state.why == "app can't be started: cron has ended"
    assert made.tell(Ended("x", 0)) == [Leave(1)]


def test_a_task_that_fails_ends_everything() -> None:
    """Before anything that needs it was started."""
    made = Convoy(part("migrate", task=True), part("app", "migrate:completed"))
    made.begin()
    assert made.tell(Started("migrate"), Ended("migrate", 2)) == [Leave(2)]


def test_tasks_alone_end_with_the_first_failure() -> None:
    """Of those that are not essential; with 0 if none failed."""
    for codes, code in (((0, 0), 0), ((0, 5), 5)):
        made = Convoy(*(part(name, task=True, essential=False) for name in "ab"))
        made.begin()
        orders = made.tell(*(Ended(n, c) for n, c in zip("ab", codes, strict=True)))
        assert orders == [Leave(code)]


def test_who_is_not_ready_in_time_is_stopped() -> None:
    """As timeout(1) says it; a task may take as long as it wants."""
    made = Convoy(part("app", start_s=5.0), part("task", task=True, start_s=5.0))
    made.begin()
    assert precedence.deadline(made.state) == 105.0
    assert made.wait() == [Stop("app", 10.0, "it was not ready in time")]
    assert made.tell(BecameReady("app")) == []  # too late
    assert made.tell(Ended("app", 143)) == [Stop("task", 10.0)]
    assert made.tell(Ended("task", 0)) == [Leave(TIMED_OUT)]


def test_time_alone_changes_nothing_before_it_is_due() -> None:
    """A tick that comes early is no news."""
    made = chain(delay_s=5.0)
    assert made.tell(TimePassed()) == []
    made.tell(StopAsked())
    assert made.tell(TimePassed()) == []


def test_a_stop_before_the_start() -> None:
    """Nothing is started any more, no balancer is waited for, and nothing follows the end."""
    made = Convoy(*CHAIN, delay_s=3.0)
    assert made.tell(StopAsked()) == [Leave(None)]
    assert made.tell(StopAsked()) == []


def test_no_service_is_no_reason_to_stay() -> None:
    """A file without services is refused; if it came here, nothing would hang."""
    assert Convoy().begin() == [Leave(0)]


def test_the_state_is_data() -> None:
    """A decision makes a new state and leaves the old one as it was."""
    before = precedence.initial(CHAIN, 10.0)
    after, _orders = precedence.decide(before, Started("db"), 1.0)
    assert not before.lives["db"].started
    assert after.lives["db"].started


@pytest.mark.parametrize("fact", [Ended("web", 0), BecameReady("web"), Started("web")])
def test_news_that_come_twice(fact: Any) -> None:
    """Nobody is started or stopped a second time by them."""
    made = chain()
    made.tell(StopAsked(), Ended("web", 143))
    assert made.tell(fact) == []
