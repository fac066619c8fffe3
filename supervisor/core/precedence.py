"""Precedence: which service is started or stopped next, and by when.

    decide(state, fact, now) -> (state, orders)      deadline(state) -> float

A service is started as soon as all that it needs is true: what does not depend on each other starts
at the same time. It is stopped when all that need it are over. Pure, as `core.machine` is.
"""

from __future__ import annotations

from supervisor.core.fleet import (
    COMPLETED,
    FOREVER,
    OVER,
    READY,
    RUNNING,
    STARTED,
    STARTING,
    STOPPING,
    TIMED_OUT,
    WAITING,
    BecameReady,
    Began,
    Ended,
    Fact,
    Fleet,
    Hurry,
    Leave,
    Life,
    Order,
    Part,
    Start,
    Started,
    Stop,
    StopAsked,
    TimePassed,
)
from supervisor.core.policy import DEBOUNCE_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

    from supervisor.core.fleet import Need

    Outcome = tuple[Fleet, tuple[Order, ...]]

KEEP_S: Final = 1.0  # of the budget, for each service that comes after
LEAVE_S: Final = 0.2  # before the platform's KILL we are gone, whoever has not heard
LEAST_S: Final = 0.05  # never no grace at all: that would be the container's own


def initial(
    parts: Iterable[Part], grace_s: float, drain_delay_s: float = 0.0, *, hurry: bool = True
) -> Fleet:
    """Return the state before anything was started."""
    by_name = {part.name: part for part in parts}
    return Fleet(by_name, dict.fromkeys(by_name, Life()), grace_s, drain_delay_s, hurry)


def decide(state: Fleet, fact: Fact, now: float) -> Outcome:
    """Decide what one fact means now; `now` in seconds on any clock that only goes forward."""
    if state.left:
        return state, ()
    return _CELLS[type(fact)](state, fact, now)


def deadline(state: Fleet) -> float:
    """Return when `TimePassed` has something to decide; infinity for never."""
    if state.left:
        return FOREVER
    if state.ending:
        return min(state.stop_from, _last_call(state), state.ends_at - LEAVE_S)
    return min((life.until for life in state.lives.values()), default=FOREVER)


def _began(state: Fleet, _fact: Began, now: float) -> Outcome:
    return _go_on(state, now)


def _started(state: Fleet, fact: Started, now: float) -> Outcome:
    return _go_on(_with(state, fact.name, started=True), now)


def _became_ready(state: Fleet, fact: BecameReady, now: float) -> Outcome:
    if state.lives[fact.name].stage != STARTING:  # asked to end already, or started anew
        return state, ()
    return _go_on(_with(state, fact.name, stage=READY, until=FOREVER), now)


def _ended(state: Fleet, fact: Ended, now: float) -> Outcome:
    life, part = state.lives[fact.name], state.parts[fact.name]
    code = TIMED_OUT if life.late else fact.code
    state = _with(state, fact.name, stage=OVER, code=code, until=FOREVER)
    done = part.task and code == 0
    if part.essential and not done and not state.ending:
        how = "was not ready in time" if life.late else f"has ended with {code}"
        return _end(state, now, code, f"{fact.name} {how}")
    return _go_on(state, now)


def _stop_asked(state: Fleet, _fact: StopAsked, now: float) -> Outcome:
    """Begin the end; asked again, and not by an echo, hurry those whose turn it is."""
    again = now - state.asked_last >= DEBOUNCE_S and state.hurry
    state = state.replace(asked_last=now)
    if not state.ending:
        serves = _those(state, *RUNNING)
        delay_s = state.drain_delay_s if serves else 0.0
        state = state.replace(asked=True, ends_at=now + state.grace_s, stop_from=now + delay_s)
        return _go_on(state, now)
    if not again:
        return state, ()
    if now < state.stop_from < FOREVER:  # only what is left of the drain delay
        return _go_on(state.replace(stop_from=now), now)
    return state, tuple(Hurry(name) for name in _those(state, STOPPING))


def _time_passed(state: Fleet, _fact: TimePassed, now: float) -> Outcome:
    if state.ending:
        return _go_on(state, now)
    late = [name for name, life in state.lives.items() if now >= life.until]
    orders: list[Order] = []
    for name in late:
        state = _with(state, name, stage=STOPPING, until=FOREVER, late=True)
        orders.append(Stop(name, state.grace_s, "it was not ready in time"))
    return state, tuple(orders)


def _end(state: Fleet, now: float, code: int, why: str) -> Outcome:
    """Stop everything, for a reason of our own; there is nobody to wait for at a balancer."""
    state = state.replace(ends_at=now + state.grace_s, stop_from=now, code=code, why=why)
    return _go_on(state, now)


def _go_on(state: Fleet, now: float) -> Outcome:
    """Start or stop whoever's turn it is; leave when nobody is left."""
    orders: tuple[Order, ...] = ()
    if not state.ending:
        state, orders = _start_some(state, now)
        if state.ending:
            return state, orders
    elif now >= state.ends_at - LEAVE_S:
        over = {name: life.replace(stage=OVER) for name, life in state.lives.items()}
        state = state.replace(lives=over)
    elif now >= state.stop_from or state.stop_from == FOREVER:
        state, orders = _stop_some(state.replace(stop_from=FOREVER), now)
    if all(life.stage == OVER for life in state.lives.values()):
        state = state.replace(left=True)
        orders = (*orders, Leave(None if state.asked else _code(state)))
    return state, orders


def _start_some(state: Fleet, now: float) -> Outcome:
    """Start all whose needs are met; give up on those whose needs never will be."""
    orders: list[Order] = []
    waiting = _those(state, WAITING)
    lost = True
    while lost:  # who is given up may be needed by others
        lost = False
        for name in waiting:
            part = state.parts[name]
            states = [_standing(state, need) for need in part.needs]
            if False in states:
                state, lost = _with(state, name, stage=OVER), True
                if part.essential:
                    state, after = _never(state, name, part.needs[states.index(False)], now)
                    return state, (*orders, *after)
            elif all(states):
                until = FOREVER if part.task else now + part.start_s
                state = _with(state, name, stage=STARTING, until=until)
                orders.append(Start(name))
        waiting = [name for name in waiting if state.lives[name].stage == WAITING]
    return state, tuple(orders)


def _never(state: Fleet, name: str, need: Need, now: float) -> Outcome:
    """End everything: this one can't be started any more."""
    lost = state.lives[need.name]
    how = "has ended" if lost.started and not lost.late else f"was never {need.condition}"
    why = f"{name} can't be started: {need.name} {how}"
    return _end(state, now, state.lives[need.name].code or 1, why)


def _standing(state: Fleet, need: Need) -> bool | None:
    """Tell whether a need is met; None while it may become so."""
    life = state.lives[need.name]
    if need.condition == STARTED and life.started:
        return True
    if need.condition == READY and life.stage == READY:
        return True
    if life.stage != OVER:
        return None
    return need.condition == COMPLETED and life.code == 0


def _stop_some(state: Fleet, now: float) -> Outcome:
    """Stop all that nobody needs any more; near the end, everybody."""
    orders: list[Order] = []
    for name in _those(state, WAITING):
        state = _with(state, name, stage=OVER)
    everybody = now >= _last_call(state)
    state = state.replace(called=state.called or everybody)
    needed = _needed(state)
    for name in _those(state, STARTING, READY):
        if everybody or name not in needed:
            grace_s = grace_of(state, name, now)
            state = _with(state, name, stage=STOPPING, until=FOREVER)
            orders.append(Stop(name, grace_s))
    return state, tuple(orders)


def _needed(state: Fleet) -> set[str]:
    """Return whom somebody needs who is not over.

    What needs an ended one needs what that needed: a database is there for more than migrations.
    """
    waiting = [name for name, life in state.lives.items() if life.stage != OVER]
    needed: set[str] = set()
    while waiting:
        for need in state.parts[waiting.pop()].needs:
            if need.name not in needed:
                needed.add(need.name)
                if state.lives[need.name].stage == OVER:
                    waiting.append(need.name)
    return needed


def grace_of(state: Fleet, name: str, now: float) -> float:
    """Return how long a service may take to end: all but a little for each that comes after it.

    It is half of what is left, at least: of many that come after, most end at once.
    """
    left = state.ends_at - now
    after = 0 if state.called else KEEP_S * _depth(state, name)
    kept = min(after, left / 2)
    return max(LEAST_S, min(state.parts[name].grace_s, left - kept))


def _depth(state: Fleet, name: str) -> int:
    """Return how many services have to be stopped after this one, one after the other."""
    depths: dict[str, int] = {}
    waiting = [name]
    while waiting:  # no recursion: a file may have a thousand in a row
        at = waiting[-1]
        needs = [need.name for need in state.parts[at].needs]
        missing = [need for need in needs if need not in depths]
        if missing:
            waiting += missing
        else:
            counts = state.lives[at].stage in RUNNING
            depths[at] = max((depths[need] for need in needs), default=0) + counts
            waiting.pop()
    return depths[name] - 1


def _last_call(state: Fleet) -> float:
    """Return when all that are left are told to end, in no order; never if they were."""
    if state.called or state.ends_at == FOREVER:
        return FOREVER
    return state.ends_at - min(KEEP_S, state.grace_s / 4)


def _code(state: Fleet) -> int:
    """Return the code of the one that ended all; if all just ended, of the first that failed."""
    if state.code is not None:
        return state.code
    return next((life.code for life in state.lives.values() if life.code), 0)


def _those(state: Fleet, *stages: str) -> list[str]:
    return [name for name, life in state.lives.items() if life.stage in stages]


def _with(state: Fleet, name: str, **changes: Any) -> Fleet:
    life = state.lives[name].replace(**changes)
    return state.replace(lives={**state.lives, name: life})


_CELLS: dict[type[Fact], Callable[[Fleet, Any, float], Outcome]] = {
    Began: _began,
    Started: _started,
    BecameReady: _became_ready,
    Ended: _ended,
    StopAsked: _stop_asked,
    TimePassed: _time_passed,
}
