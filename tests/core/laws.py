"""What holds for every step of every life; searches and generated sequences both ask here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from supervisor.core.actions import (
    Action,
    Announce,
    CloseDoor,
    Finish,
    Send,
    ShutDoor,
    Spawn,
    TakeLook,
    TurnAway,
    WriteFifo,
)
from supervisor.core.events import Asked, DoorShut, Event, Looked, Shortened, Signalled, Tick
from supervisor.core.looks import LOOK_EVERY_S, LOOKS_NEEDED, Look
from supervisor.core.machine import CELLS, step
from supervisor.core.phases import CLOSING, DONE, PHASES, QUIESCING, STOPPING
from supervisor.core.state import State, deadline, initial

if TYPE_CHECKING:
    from supervisor.core.phases import Phase

    Arc = tuple[Phase, type[Event], Phase]

NEVER = float("inf")


class Past(NamedTuple):
    """What a bystander remembers of a life, without a look into the state."""

    asked_last: float = NEVER  # NEVER: not asked yet
    spawned: bool = False
    gone: bool = False  # Announce(False) was requested
    shut: bool = False
    turned_away: bool = False
    closed: bool = False
    finished: bool = False
    door_shut: bool = False  # DoorShut came
    looks_asked: bool = False  # a TakeLook after that is not answered
    quiet_looks: int = 0  # in a row, since the door was shut


class Life(NamedTuple):
    """A state, the moment, and what went before."""

    state: State
    now: float
    past: Past = Past()


def born(state: State, now: float) -> Life:
    """Return the life that begins with this state."""
    assert state == initial(state.policy)
    return Life(state, now)


def lived(life: Life, event: Event, now: float) -> tuple[Life, tuple[Action, ...]]:
    """Take one step, and hold it to the laws."""
    before, _, past = life
    assert now >= life.now
    after, actions = step(before, event, now)
    arc = f"{before.phase} --{event!r} at {now}--> {after.phase}: {actions}"

    assert after.phase == before.phase or after.phase in CELLS[before.phase, type(event)][1], arc
    assert PHASES.index(after.phase) >= PHASES.index(before.phase), arc
    if before.phase == DONE:
        assert (after, actions) == (before, ()), arc
    assert (Announce(False) in actions) == (before.budget is None and after.budget is not None), arc
    if after.phase == DONE != before.phase:
        assert past.closed or CloseDoor() in actions, arc
        assert isinstance(actions[-1], Finish), arc
    _check_hurry(before, event, now, after, past, arc)

    past = _witnessed(past, event, now, after)
    for action in actions:
        past = _requested(past, action, event, now, before, after, arc)
    if before.phase == QUIESCING and isinstance(event, Looked) and after.phase == STOPPING:
        assert past.quiet_looks >= LOOKS_NEEDED, arc
    return Life(after, now, past), actions


def left_alone(state: State, now: float, known: set[State] | None = None) -> int:
    """Let nothing but time pass: the life must end in time. Return how many ticks that took.

    `known` are states from which this has been shown already; it grows.
    """
    known = set() if known is None else known
    budget = state.end
    latest = max(now, budget.finish_at)
    assert budget.finish_at <= budget.ends_at - 0.3
    ticks = 0
    while state.phase != DONE and state not in known:
        known.add(state)
        now = max(now, deadline(state))
        assert now <= latest, state
        after, _ = step(state, Tick(), now)
        assert after != state, f"a tick at its deadline changes nothing: {state}"
        assert after.end == budget, state
        state = after
        ticks += 1
        assert ticks <= 20 + budget.grace_s / LOOK_EVERY_S, state
    return ticks


def plainly_quiet(look: Look, *, ready: bool) -> bool:
    """Tell whether no request can be seen, whatever idle connections there are."""
    return not (look.queued or look.backend or look.in_request or (ready and look.starting))


def _check_hurry(
    before: State, event: Event, now: float, after: State, past: Past, arc: str
) -> None:
    """Only somebody who asks again, later, and may do so, brings the end forward.

    So does the end of the container, of a generation that another one follows.
    """
    if before.budget == after.budget or before.budget is None:
        return
    if isinstance(event, Shortened):
        assert after.end.ends_at < before.end.ends_at, arc
        return
    assert isinstance(event, Asked), arc
    assert before.policy.hurry, arc
    assert now - past.asked_last >= before.policy.debounce_s, arc
    assert after.end.ends_at <= before.end.ends_at, arc


def _witnessed(past: Past, event: Event, now: float, after: State) -> Past:
    if isinstance(event, Asked):
        return past._replace(asked_last=now)
    if isinstance(event, DoorShut) and after.phase == QUIESCING and not past.door_shut:
        return past._replace(door_shut=True)
    if isinstance(event, Looked) and past.looks_asked:
        quiet = plainly_quiet(event.look, ready=after.ready)
        return past._replace(looks_asked=False, quiet_looks=past.quiet_looks + 1 if quiet else 0)
    return past


def _requested(
    past: Past, action: Action, event: Event, now: float, before: State, after: State, arc: str
) -> Past:
    assert not past.finished, arc
    match action:
        case Spawn():
            assert not past.spawned and past.asked_last == NEVER, arc
            assert after.budget is None, arc
            return past._replace(spawned=True)
        case Announce(ready=ready):
            assert not past.gone, arc
            return past._replace(gone=not ready)
        case ShutDoor():
            assert not past.shut and past.gone, arc
            return past._replace(shut=True)
        case TurnAway():
            return past._replace(turned_away=True)
        case TakeLook():
            return past._replace(looks_asked=past.door_shut)
        case CloseDoor():
            assert not past.closed, arc
            return past._replace(closed=True)
        case Finish():
            assert after.phase == DONE, arc
            return past._replace(finished=True)
        case WriteFifo() | Send() if not isinstance(event, Signalled):
            shuts = Send("main", before.policy.shut_signal)  # the server does it itself
            if before.policy.looks and not (action == shuts and after.phase == QUIESCING):
                assert past.turned_away, arc
            if isinstance(action, Send) and action.signal == 9:
                assert now >= after.end.kill_at, arc
                assert after.phase in (STOPPING, CLOSING) or after.main == "gone", arc
            return past
        case _:
            return past
