"""How one generation follows another: told as stories, and every order of facts searched."""

from __future__ import annotations

from supervisor.core.succession import (
    Dismiss,
    Forget,
    HandOver,
    Leave,
    Order,
    SettleIn,
    Shorten,
    Start,
    Succession,
    asked,
    begin,
    deadline,
    over,
    ready,
    refusal,
    tick,
)

PATIENCE_S = 60.0
STARTED, _ = begin(Succession(), 10.0, PATIENCE_S)
HANDED, _ = ready(STARTED, 2)


def test_a_restart() -> None:
    """The next one starts, takes over when it is ready, and the one before leaves."""
    state, orders = begin(Succession(), 10.0, PATIENCE_S)
    assert orders == (Start(2),)
    assert state.until == 70.0
    state, orders = ready(state, 2)
    assert orders == (HandOver(2),)
    assert (state.present, state.following, state.leaving) == (2, 0, 1)
    state, orders = over(state, 1, "")
    assert orders == (Forget(1), SettleIn(2))
    assert (state.outcome, state.why) == ("done", "")


def test_a_rehearsal() -> None:
    """Ready, and thrown away; the present one never noticed."""
    state, _ = begin(Succession(), 10.0, PATIENCE_S, rehearsal=True)
    state, orders = ready(state, 2)
    assert orders == (Dismiss(2),)
    state, orders = over(state, 2, "it ended with 0")
    assert orders == (Forget(2),)
    assert (state.present, state.outcome, state.why) == (1, "rehearsed", "")


def test_a_broken_app() -> None:
    """It never becomes ready: it is forgotten, and a later one has another number."""
    state, orders = over(STARTED, 2, "it ended with 22")
    assert orders == (Forget(2),)
    assert (state.present, state.outcome, state.why) == (1, "failed", "it ended with 22")
    state, orders = begin(state, 20.0, PATIENCE_S)
    assert orders == (Start(3),)


def test_an_app_that_takes_too_long() -> None:
    """It is told to end, once, and what it says then changes nothing."""
    assert deadline(STARTED) == 70.0
    assert tick(STARTED, 69.9, PATIENCE_S) == (STARTED, ())
    state, orders = tick(STARTED, 70.0, PATIENCE_S)
    assert orders == (Dismiss(2),)
    assert tick(state, 1e9, PATIENCE_S) == (state, ())
    assert ready(state, 2) == (state, ())
    state, _ = over(state, 2, "it ended with 0")
    assert (state.outcome, state.why) == ("failed", "it did not become ready in time")


def test_what_refuses_a_restart() -> None:
    """One at a time, and only of a service that serves."""
    assert refusal(Succession(), serving=True) == ""
    assert refusal(Succession(), serving=False) == "generation 1 is not ready yet"
    assert refusal(STARTED, serving=True) == "generation 2 is being started already"
    assert refusal(HANDED, serving=True) == "generation 1 is still leaving"
    assert refusal(asked(Succession())[0], serving=True) == "the service is stopping"


def test_a_stop_while_the_next_one_starts() -> None:
    """Both end; the code is the present one's."""
    state, orders = asked(STARTED)
    assert orders == (Dismiss(2),)
    assert asked(state) == (state, ())
    state, orders = over(state, 1, "it ended with 0")
    assert orders == ()
    state, orders = over(state, 2, "it ended with 0")
    assert orders == (Forget(2), Leave(1))


def test_a_stop_while_the_one_before_leaves() -> None:
    """It has to hurry as far as the container must."""
    state, orders = asked(HANDED)
    assert orders == (Shorten(1),)
    state, _ = over(state, 2, "it ended with 0")
    state, orders = over(state, 1, "it ended with 0")
    assert orders == (Forget(1), Leave(2))


def test_the_present_one_ends_while_the_next_one_starts() -> None:
    """Whoever comes next takes its place; nobody else would."""
    state, orders = over(STARTED, 1, "it ended with 1")
    assert orders == ()
    state, orders = ready(state, 2)
    assert orders == (HandOver(2), Forget(1), SettleIn(2))
    assert (state.present, state.gone, state.outcome) == (2, False, "done")


def test_one_that_ends_by_itself_and_is_started_anew() -> None:
    """At the moment that was said; and again, if the new one does not get ready."""
    state, orders = over(Succession(), 1, "it ended with 1", 12.0)
    assert orders == ()
    assert deadline(state) == 12.0
    assert tick(state, 11.9, PATIENCE_S) == (state, ())
    state, orders = tick(state, 12.0, PATIENCE_S)
    assert orders == (Start(2),)
    state, orders = over(state, 2, "it ended with 1", 14.0)
    assert orders == (Forget(2),)
    state, orders = tick(state, 14.0, PATIENCE_S)
    assert orders == (Start(3),)
    state, orders = ready(state, 3)
    assert orders == (HandOver(3), Forget(1), SettleIn(3))
    state, orders = over(state, 3, "it ended with 1")
    assert orders == (Leave(3),)


def test_the_new_one_ends_while_the_old_one_leaves() -> None:
    """Nobody serves: the old one has to hurry, and another is started if that was wished."""
    state, orders = over(HANDED, 2, "it ended with 1", 12.0)
    assert orders == (Shorten(1),)
    assert (state.outcome, state.why) == ("failed", "it ended with 1")
    state, orders = over(state, 1, "")
    assert orders == (Forget(1),)
    assert tick(state, 12.0, PATIENCE_S)[1] == (Start(3),)


def test_a_rehearsal_that_outlives_the_present_one() -> None:
    """What was said about the present one's revival holds."""
    state, _ = begin(Succession(), 10.0, PATIENCE_S, rehearsal=True)
    state, _ = ready(state, 2)
    state, orders = over(state, 1, "it ended with 1", 12.0)
    assert orders == ()
    state, orders = over(state, 2, "it ended with 0")
    assert orders == (Forget(2),)
    assert deadline(state) == 12.0


def test_a_stop_while_nobody_is_there() -> None:
    """Nothing is waited for, and nothing is started."""
    state, _ = over(Succession(), 1, "it ended with 1", 12.0)
    state, orders = asked(state)
    assert orders == (Leave(1),)
    assert tick(state, 1e9, PATIENCE_S) == (state, ())


def test_every_order_of_facts() -> None:
    """At most one of each, nobody starts after a stop, and everybody started is forgotten."""
    seen: set[tuple[Succession, frozenset[int]]] = set()
    frontier = [(Succession(), frozenset({1}))]
    while frontier:
        state, there = frontier.pop()
        for after, orders in _futures(state):
            alive = _perform(state, orders, set(there))
            assert {n for n in (after.following, after.leaving) if n} <= alive
            assert after.present in alive
            assert len(alive) <= 2
            left = any(isinstance(order, Leave) for order in orders)
            waits = after.revive_at < 1e12
            assert not (waits and after.stopping)
            assert left == (after.gone and alive == {after.present} and not waits)
            place = (after, frozenset(alive))
            if not left and place not in seen and after.newest < 5:
                seen.add(place)
                frontier.append(place)
    assert len(seen) > 50


def _futures(state: Succession) -> list[tuple[Succession, tuple[Order, ...]]]:
    facts = [asked(state), tick(state, 0.0, PATIENCE_S), tick(state, 1e9, PATIENCE_S)]
    numbers = [n for n in (state.following, state.leaving) if n]
    if not state.gone:
        numbers.append(state.present)
    facts += [over(state, number, "it ended") for number in numbers]
    facts += [over(state, number, "it ended", 5.0) for number in numbers]
    facts += [ready(state, number) for number in numbers]
    for rehearsal in (False, True):
        if not refusal(state, serving=True):
            facts.append(begin(state, 0.0, PATIENCE_S, rehearsal=rehearsal))
    return [(after, orders) for after, orders in facts if after != state]


def _perform(before: Succession, orders: tuple[Order, ...], alive: set[int]) -> set[int]:
    for order in orders:
        if isinstance(order, Start):
            assert not before.stopping
            assert order.number not in alive
            alive.add(order.number)
        elif isinstance(order, Forget):
            alive.remove(order.number)
        else:
            assert order.number in alive
    return alive


def test_a_stranger_changes_nothing() -> None:
    """One that was forgotten already."""
    assert over(HANDED, 7, "it ended with 0") == (HANDED, ())
