"""The cells of a server that is on the ladder or gone: rungs, reaping, last answers, exit."""

from __future__ import annotations

from supervisor.core.actions import (
    Action,
    Announce,
    CloseDoor,
    Finish,
    Send,
    ShutDoor,
    Sweep,
    TurnAway,
    WriteFifo,
)
from supervisor.core.budget import TREE_S, Budget
from supervisor.core.events import Asked, Exited, Failed, Shortened
from supervisor.core.exitstatus import exit_code
from supervisor.core.phases import (
    CLOSING,
    DELAYING,
    DONE,
    QUIESCING,
    REAPING,
    SERVING,
    STARTING,
    STOPPING,
)
from supervisor.core.state import FOREVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.core.events import Event
    from supervisor.core.policy import Rung
    from supervisor.core.state import State

    Outcome = tuple[State, tuple[Action, ...]]

KILL = 9
TERM = 15


def ladder_tick(state: State, _event: Event, now: float) -> Outcome:
    """Take the next rung when this one had its time; leave even if nothing helped."""
    if now >= state.end.close_at:
        return _close_anyway(state)
    return _next_rung(state, now) if now >= state.rung_until else (state, ())


def rung_failed(state: State, event: Event, now: float) -> Outcome:
    """Take the next rung at once if this one can't do anything; other failures do not hurry it."""
    assert isinstance(event, Failed)  # noqa: S101 - the table says so
    rung = state.on_rung
    mine = rung is not None and event.action == ("fifo" if rung.command else "send")
    return _next_rung(state, now) if mine else (state, ())


def nudge(state: State, _event: Event, _now: float) -> Outcome:
    """Wake a master that sleeps although its workers are gone."""
    rung = state.on_rung
    return state, ((Send("main", rung.nudge),) if rung is not None and rung.nudge else ())


def hurry_ladder(state: State, event: Event, now: float) -> Outcome:
    """The present rung's deadline becomes now; a command that is signalled hears this one, too."""
    assert isinstance(event, Asked)  # noqa: S101 - the table says so
    passed = (passed_on(state, event.signal),) if state.policy.passes else ()
    state, hurried = asked_again(state, now)
    if not hurried:
        return state, passed
    state, actions = _next_rung(state, now)
    return state, (*passed, *actions)


def passed_on(state: State, signal: int) -> Send:
    """Send what stands for this signal; a stop by other means than signals is not dropped."""
    return Send(state.policy.addressee, state.policy.sent(signal) or signal)


def main_gone(state: State, event: Event, now: float) -> Outcome:
    """The server ended: answer who still waits, and see to its descendants."""
    assert isinstance(event, Exited)  # noqa: S101 - the table says so
    actions: list[Action] = [TurnAway()]
    if state.policy.awaits:
        actions += (Send("tree", TERM), Sweep())
    elif state.policy.group:
        actions.append(Send("group", TERM))
    if state.phase in (STARTING, SERVING, DELAYING):
        actions.insert(0, ShutDoor())
    if state.budget is None:
        actions.insert(0, Announce(False))
    state = end_begins(state, now).replace(
        phase=REAPING,
        main="gone",
        status=event.status,
        rung_until=FOREVER,
        next_look=FOREVER,
        killing=False,
    )
    return (state, tuple(actions)) if state.policy.awaits else close(state, *actions)


def reap_tick(state: State, _event: Event, now: float) -> Outcome:
    """Kill descendants that stay; leave even if that does not help."""
    if now >= state.end.close_at:
        return _close_anyway(state)
    return _kill_tree(state) if now >= state.end.kill_at else (state, ())


def hurry_reaping(state: State, _event: Event, now: float) -> Outcome:
    """Kill descendants now."""
    state, hurried = asked_again(state, now)
    return _kill_tree(state) if hurried else (state, ())


def emptied(state: State, _event: Event, _now: float) -> Outcome:
    """Nobody is left."""
    return close(state)


def exited_late(state: State, event: Event, _now: float) -> Outcome:
    """Remember how the main process ended, although nobody waited for it any more."""
    assert isinstance(event, Exited)  # noqa: S101 - the table says so
    return (state if state.main == "gone" else state.replace(main="gone", status=event.status)), ()


def closing_tick(state: State, event: Event, now: float) -> Outcome:
    """Leave even if somebody still lingers at the door."""
    return finish(state, event, now) if now >= state.end.finish_at else (state, ())


def hurry_closing(state: State, _event: Event, now: float) -> Outcome:
    """Give those who linger at the door a moment instead of what is left of the grace period."""
    return asked_again(state, now)[0], ()


def finish(state: State, _event: Event, _now: float) -> Outcome:
    """Leave, with the code that the policy wants."""
    asked = state.asked.signal if state.asked else None
    code = exit_code(state.policy.exit_code, asked, state.status, state.policy.success)
    return state.replace(phase=DONE), (Finish(code),)


def end_begins(state: State, now: float, grace_s: float = 0.0, *, delays: bool = False) -> State:
    """Start the budget, unless it runs already; `grace_s` 0 is the policy's.

    A grace of its own is without a drain delay, unless it `delays`.
    """
    if state.budget is not None:
        return state
    policy = state.policy
    waits = state.phase == SERVING and (delays or not grace_s)
    delay = policy.drain_delay_s if waits else 0.0
    return state.replace(budget=Budget(now, grace_s or policy.grace_s, delay, policy.reserve_s))


def asked_again(state: State, now: float) -> tuple[State, bool]:
    """Tell a second, later request from an echo of the first; Heroku repeats its signals.

    A service that ended by itself has `asked_last` for ever ahead: who asks then asks first.
    """
    apart = now - state.asked_last >= state.policy.debounce_s
    state = state.replace(asked_last=now)
    if not (apart and state.policy.hurry):
        return state, False
    waits = state.phase == QUIESCING and state.policy.waits
    if waits or state.phase == DELAYING:  # only the waiting is skipped
        return state, True
    return state.replace(budget=state.end.hurried(now)), True


def shorten(state: State, event: Event, now: float) -> Outcome:
    """Fit into a shorter time; never into a longer one."""
    assert isinstance(event, Shortened)  # noqa: S101 - the table says so
    budget = Budget(now, event.grace_s, 0.0, state.policy.reserve_s)
    if budget.ends_at >= state.end.ends_at:
        return state, ()
    rung_until = min(state.rung_until, budget.kill_at)
    return state.replace(budget=budget, rung_until=rung_until), ()


def climb(state: State, rungs: tuple[Rung, ...], now: float, *before: Action) -> Outcome:
    """Start to stop the server, by this ladder."""
    state = state.replace(phase=STOPPING, next_look=FOREVER, turning_away=True)
    state, actions = _next_rung(state.replace(rungs=rungs, rung=-1), now)
    return state, (*before, *actions)


def close(state: State, *before: Action) -> Outcome:
    """Give the last answers, then refuse."""
    state = state.replace(phase=CLOSING, next_look=FOREVER, rung_until=FOREVER)
    return state, (*before, CloseDoor())


def _next_rung(state: State, now: float) -> Outcome:
    """Take the next rung; at the end of the ladder there is only killing the tree."""
    following = state.rungs[state.rung + 1 : state.rung + 2]
    if now < state.end.kill_at and (not following or following[0].kills):
        return state.replace(rung_until=state.end.kill_at), ()
    if not following:
        return _kill_tree(state.replace(rung_until=FOREVER))
    rung = following[0]
    action: Action = WriteFifo(rung.command) if rung.command else Send(rung.target, rung.signal)
    if rung.passes and state.asked:
        action = passed_on(state, state.asked.signal)
    state = state.replace(rung=state.rung + 1, rung_until=_patience(state, rung, now))
    return state.replace(killing=rung.kills and rung.target == "tree"), (action,)


def _patience(state: State, rung: Rung, now: float) -> float:
    """Give a rung its time: all there is to a server that is known to run requests."""
    if now >= state.end.kill_at:
        return now + (TREE_S if rung.patience_s is None else min(TREE_S, rung.patience_s))
    owes = state.policy.looks and state.ready and not state.quiet.drained
    if rung.patience_s is None or owes:
        return state.end.kill_at
    return min(state.end.kill_at, now + rung.patience_s)


def _kill_tree(state: State) -> Outcome:
    if state.killing:
        return state, ()
    return state.replace(killing=True), (Send("tree", KILL),)


def _close_anyway(state: State) -> Outcome:
    state, actions = _kill_tree(state)
    return close(state, *actions)
