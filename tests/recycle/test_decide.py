"""One at a time, never below the promise, nothing while held off: whatever happens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervisor.recycle.decide import HOUR_S, decide
from supervisor.recycle.decisions import Blind, Decision, Escalate, Recycle, Recycled, Unready
from supervisor.recycle.policy import RESTART, RecyclePolicy
from supervisor.recycle.sample import CgroupSample
from supervisor.recycle.state import NEVER, RecycleState, initial, next_at, wish, withdrawn
from tests.recycle.stage import MIB, Stage, first, sample, started, worker

ON: dict[str, Any] = {"memory_bytes": 100 * MIB}
BIG = worker(1, pss=101 * MIB)


def limits() -> st.SearchStrategy[RecyclePolicy]:
    """Policies that have something to do."""
    return st.builds(
        RecyclePolicy,
        memory_bytes=st.none() | st.integers(1, 500 * MIB),
        age_s=st.floats(1, 900),
        jitter_s=st.floats(0, 400),
        requests=st.none() | st.integers(1, 9000),
        min_ready=st.integers(0, 3),
        cool_down_s=st.floats(0, 300),
        per_hour=st.integers(1, 20),
        deadline_s=st.floats(1, 45),
        least_age_s=st.floats(0, 90),
    )


@settings(max_examples=50)
@given(
    limits(),
    st.integers(1, 5),
    st.floats(0, 100),  # more than twice the longest deadline
    st.floats(0, 100),
    st.lists(st.tuples(st.floats(1, 900), st.sampled_from(("", "draining"))), max_size=8),
)
def test_the_promises(
    policy: RecyclePolicy,
    workers: int,
    goes_s: float,
    comes_s: float,
    times: list[tuple[float, str]],
) -> None:
    """In hours of a service whose workers are slow, late and old."""
    stage = Stage(policy, workers, goes_s, comes_s)
    until = 0.0
    for length, held_off in (*times, (1.2 * HOUR_S, "")):
        until += length
        stage.held_off = held_off
        stage.turn(until)
    flying: float | None = None
    back = -NEVER
    begun: list[float] = []
    for now, decision, seen in stage.log:
        if isinstance(decision, Recycle):
            assert flying is None
            assert not seen.held_off
            assert seen.ready - 1 >= policy.min_ready
            assert now >= back + policy.cool_down_s
            begun.append(now)
            assert sum(at + HOUR_S > now for at in begun) <= policy.per_hour
            flying = now
        elif isinstance(decision, Recycled):
            assert flying is not None
            flying, back = None, now
        elif isinstance(decision, Escalate):
            assert flying is not None
            assert not seen.held_off
            assert now >= flying + policy.deadline_s * (2 if decision.signal == 9 else 1)


@given(st.integers(2, 5), st.floats(0, 30), st.floats(0, 30))
def test_everybody_wished_for_goes_once(workers: int, goes_s: float, comes_s: float) -> None:
    """By hand, without any limit; and then nothing is looked at any more."""
    stage = Stage(RecyclePolicy(cool_down_s=999.0, per_hour=1), workers, goes_s, comes_s)
    stage.turn(50.0)
    assert next_at(stage.state) == NEVER
    stage.state = wish(stage.state, stage.seen().workers, stage.now)
    stage.state = wish(stage.state, stage.seen().workers, stage.now)
    stage.turn(2000.0)
    gone = [one.worker for _, one, _ in stage.log if isinstance(one, Recycled)]
    assert gone == list(range(1, workers + 1))
    assert next_at(stage.state) == NEVER


def test_a_wish_for_one_who_is_gone_is_granted_already() -> None:
    """Somebody else has its number now."""
    state = wish(started(), (worker(1),), 0.0)
    state, decisions = decide(state, sample(worker(1, 999), worker(2)), 0.0)
    assert (decisions, state.wishes, next_at(state)) == ((), (), NEVER)


def test_a_wish_waits_for_readiness() -> None:
    """A signal would meet the master's handler in a worker that starts."""
    starting = worker(1, ready=False)
    state = wish(started(min_ready=0), (starting,), 0.0)
    assert first(state, sample(starting, worker(2))) is None
    state, _ = decide(state, sample(starting, worker(2)), 0.0)
    assert next_at(state) < NEVER
    assert first(state, sample(worker(1), worker(2))) == Recycle(1, 101, "by hand")


@pytest.mark.parametrize(("ready", "goes"), [(1, False), (2, True)])
def test_never_below_the_promise(ready: int, goes: bool) -> None:
    """Whoever does not accept yet does not count."""
    others = (worker(2, ready=ready > 1), worker(3, ready=False))
    assert (first(started(**ON), sample(BIG, *others)) is not None) == goes


def test_a_restart_needs_nobody_to_stay() -> None:
    """The whole service is replaced beside itself."""
    assert first(started(mechanism=RESTART, **ON), sample(BIG))


def _away(**more: Any) -> RecycleState:
    """A state in which worker 1 was asked to go at second 0."""
    state, _ = decide(started(**{**ON, "deadline_s": 10.0, **more}), sample(BIG, worker(2)), 0.0)
    assert state.flight
    return state


@pytest.mark.parametrize(("busy", "signal"), [(0, 1), (1, 0)])
def test_who_does_not_go(busy: int, signal: int) -> None:
    """HUP when it is idle; nothing that could cut an answer; KILL after as long again."""
    running = ("GET /long",) * busy
    stays = sample(BIG.replace(busy=busy, running=running), worker(2))
    state, decisions = decide(_away(), stays, 9.9)
    assert decisions == ()
    state, decisions = decide(state, stays, 10.0)
    assert decisions == (Escalate(1, 101, signal, 10.0, running),)
    state, decisions = decide(state, stays, 19.9)
    assert decisions == ()
    state, decisions = decide(state, stays, 20.0)
    assert decisions == (Escalate(1, 101, 9, 20.0, running),)
    state, decisions = decide(state, stays, 99.0)
    assert decisions == ()


def test_nobody_is_pressed_while_held_off() -> None:
    """A stop has a ladder of its own."""
    stays = sample(BIG, worker(2), held_off="it is draining")
    _state, decisions = decide(_away(), stays, 50.0)
    assert decisions == ()


def test_a_restart_is_not_pressed() -> None:
    """One that has failed is told of, and tried again after the cool-down."""
    state, decisions = decide(_away(mechanism=RESTART, cool_down_s=30.0), sample(BIG), 10.0)
    assert decisions == (Escalate(1, 101, 0, 10.0, ()),)
    assert decide(state, sample(BIG), 39.0)[1] == ()
    assert first(state, sample(BIG), 40.0)


def test_a_successor_that_does_not_come_up() -> None:
    """Told once; nobody else goes until it is ready."""
    state = _away()
    late = sample(worker(1, 999, ready=False), worker(2, pss=200 * MIB), worker(3))
    state, decisions = decide(state, late, 1.0)
    assert decisions == ()
    state, decisions = decide(state, late, 11.0)
    assert decisions == (Unready(1, 999, 10.0),)
    state, decisions = decide(state, late, 12.0)
    assert decisions == ()
    state, decisions = decide(state, sample(worker(1, 999), worker(2)), 30.0)
    assert [type(one) for one in decisions] == [Recycled]
    assert decisions[0] == Recycled(1, 101, 999, "PSS of 101.0 MiB, more than 100.0 MiB", 30.0)


def test_a_successor_that_is_not_wanted() -> None:
    """With `cheaper` nobody may come."""
    state, decisions = decide(_away(), sample(worker(2)), 1.0)
    assert decisions == ()
    state, decisions = decide(state, sample(worker(2)), 11.0)
    assert isinstance(decisions[0], Recycled)
    assert (decisions[0].new_pid, state.flight) == (0, None)


def test_the_next_one_goes_at_once() -> None:
    """By the same look that shows that the one before is back."""
    state, _ = decide(wish(started(), (worker(1), worker(2)), 0.0), sample(worker(1), worker(2)), 0)
    state, decisions = decide(state, sample(worker(1, 999), worker(2)), 1.0)
    assert [type(one) for one in decisions] == [Recycled, Recycle]


def test_what_could_not_be_begun_is_not_tried_at_once_again() -> None:
    """The cool-down counts from the failure, and a wish is not repeated."""
    state = withdrawn(_away(cool_down_s=30.0), 5.0)
    assert state.flight is None
    assert first(state, sample(BIG, worker(2)), 34.9) is None
    assert first(state, sample(BIG, worker(2)), 35.0)
    assert withdrawn(state, 9.0) is state


def test_blindness_is_told_once_and_again_after_sight() -> None:
    """And nothing is guessed."""
    state = started(headroom_share=0.1, memory_bytes=1)
    blind = sample(worker(1, pss=None), worker(2, pss=None), cgroup=None)
    state, decisions = decide(state, blind, 0.0)
    assert decisions == (
        Blind("the cgroup's memory can't be read"),
        Blind("no worker's PSS can be read"),
    )
    state, decisions = decide(state, blind, 1.0)
    assert decisions == ()
    state, _ = decide(state, sample(worker(1, ready=False)), 2.0)
    assert state.blind == ()
    assert len(_told(decide(state, blind, 3.0)[1])) == 2


def _told(decisions: tuple[Decision, ...]) -> list[Decision]:
    return [one for one in decisions if isinstance(one, Blind)]


def test_nothing_ticks_when_nothing_is_watched() -> None:
    """No limit, no wish: no look."""
    assert next_at(initial(RecyclePolicy(), 7.0)) == NEVER
    state, _ = decide(started(), sample(worker(1)), 0.0)
    assert next_at(state) == NEVER


def test_ages_are_known_beforehand() -> None:
    """The next look is when the oldest is old."""
    state = started(age_s=1500.0, every_s=10.0)
    state, decisions = decide(state, sample(worker(1), worker(2, age_s=5.0)), 0.0)
    assert decisions == ()
    assert next_at(state) == 500.0


def test_memory_is_measured_in_time() -> None:
    """Seldom while nothing grows; and well before what grows can be at its limit."""
    state, at, waits = started(headroom_bytes=100 * MIB, every_s=10.0), 0.0, []
    for used in (100, 100, 100, 100, 100, 100, 200, 300):
        cgroup = CgroupSample(1024 * MIB, used * MIB)
        state, _ = decide(state, sample(worker(1), cgroup=cgroup), at)
        waits.append(next_at(state) - at)
        at = next_at(state)
    assert waits[:6] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert waits[6] == 10.0  # 10 MiB/s, 724 MiB are left
    assert waits[7] == 10.0
    cgroup = CgroupSample(1024 * MIB, 800 * MIB)
    state, _ = decide(state, sample(worker(1), cgroup=cgroup), at)
    assert next_at(state) - at == pytest.approx(124 / 50 / 2)  # 50 MiB/s, 124 MiB are left
