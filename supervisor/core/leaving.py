"""The cells of a service that is asked to end, until its server is told to stop.

Whoever came in is owed an answer. So the order is always the same: say that we are not ready, shut
the door to newcomers, wait until everybody inside was answered, and only then stop the server.
When time runs out, whoever still waits is turned away with an answer, and only then is anything
killed.
"""

from __future__ import annotations

from supervisor.core.actions import Action, Announce, Send, ShutDoor, TakeLook, TurnAway
from supervisor.core.events import Asked, DoorShut, Looked, SpawnFailed
from supervisor.core.looks import LOOK_EVERY_S, fold
from supervisor.core.phases import DELAYING, QUIESCING, SERVING
from supervisor.core.state import FOREVER
from supervisor.core.stopping import asked_again, climb, close, end_begins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.core.events import Event
    from supervisor.core.policy import Rung
    from supervisor.core.state import State

    Outcome = tuple[State, tuple[Action, ...]]


def begin(state: State, event: Event, now: float) -> Outcome:
    """Start the end: not ready from this moment on."""
    assert isinstance(event, Asked)  # noqa: S101 - the table says so
    gone = Announce(False)
    state = end_begins(state, now, event.grace_s, delays=event.delays)
    state = state.replace(asked=event, asked_last=now)
    if state.main == "unborn":  # nobody will serve those who came to our listener already
        return close(state, gone, ShutDoor(), TurnAway())
    if state.policy.shut_signal and state.phase != SERVING:  # nobody came in yet
        return climb(state, _ladder(state), now, gone, ShutDoor(), TurnAway())
    if state.phase == SERVING and state.end.drain_delay_s > 0:
        return state.replace(phase=DELAYING), (gone,)
    return _shut(state, now, gone)


def born_late(state: State, _event: Event, _now: float) -> Outcome:
    """Remember that there is a main process, although its end has been asked for already."""
    return state.replace(main="alive"), ()


def never_ran(state: State, event: Event, now: float) -> Outcome:
    """End with 126 or 127: the command could not be run."""
    assert isinstance(event, SpawnFailed)  # noqa: S101 - the table says so
    if state.main == "alive":
        return state, ()
    before = (Announce(False), ShutDoor()) if state.budget is None else ()
    state = end_begins(state, now).replace(main="gone", status=event.code)
    return close(state, *before, TurnAway())


def delay_over(state: State, _event: Event, now: float) -> Outcome:
    """Shut the door when the drain delay is over."""
    return _shut(state, now) if now >= state.end.delay_until else (state, ())


def hurry_delay(state: State, _event: Event, now: float) -> Outcome:
    """Skip what is left of the drain delay, and nothing else: requests keep their time."""
    state, hurried = asked_again(state, now)
    return _shut(state, now) if hurried else (state, ())


def door_shut(state: State, event: Event, now: float) -> Outcome:
    """Count quiet looks from here."""
    assert isinstance(event, DoorShut)  # noqa: S101 - the table says so
    if state.shut_at is not None:
        return state, ()
    return state.replace(shut_at=now, next_look=now, steered=event.how == "steered"), ()


def quiesce_tick(state: State, _event: Event, now: float) -> Outcome:
    """Look; turn away who can't be served any more; give up when the time is over."""
    if now >= state.end.kill_at:
        return climb(state, state.policy.forced_ladder, now, TurnAway())
    if now >= state.quiesced_at:
        return climb(state, _ladder(state), now, TurnAway())
    actions: list[Action] = []
    if now >= state.turn_away_at:
        if not state.steered:
            # Newcomers still reach the server, so it will never be quiet: it has to stop accepting.
            return climb(state, _ladder(state), now, TurnAway())
        state = state.replace(turning_away=True)
        actions.append(TurnAway())
    if now >= state.next_look:
        state = state.replace(next_look=now + LOOK_EVERY_S, looking=True)
        actions.append(TakeLook())
    return state, tuple(actions)


def judge_quiet(state: State, event: Event, now: float) -> Outcome:
    """Stop the server once several looks in a row found nobody inside."""
    assert isinstance(event, Looked)  # noqa: S101 - the table says so
    if state.shut_at is None or not state.looking:
        # Taken before the door was shut, or told twice: it proves nothing new.
        return state, ()
    ready = state.ready or event.look.ready
    # A worker that is being replaced must be waited for: `q` hangs on it. One that never was ready
    # has nobody to answer.
    look = event.look if ready else event.look.replace(starting=0)
    quiet = fold(
        state.quiet,
        look,
        now,
        state.shut_at,
        patient=not state.turning_away,
        finishes=state.policy.finishes,
    )
    state = state.replace(
        looking=False,
        quiet=quiet,
        ready=ready,
        average_s=max(state.average_s, look.average_s),
    )
    return climb(state, _ladder(state), now, TurnAway()) if state.quiet.drained else (state, ())


def hurry_quiesce(state: State, _event: Event, now: float) -> Outcome:
    """Turn away who waits and stop what runs, now; gently where waiting was bounded anyway."""
    state, hurried = asked_again(state, now)
    rungs = _ladder(state) if state.policy.waits else state.policy.forced_ladder
    return climb(state, rungs, now, TurnAway()) if hurried else (state, ())


def _shut(state: State, now: float, *before: Action) -> Outcome:
    if not state.policy.looks:
        return climb(state, state.policy.ladder, now, *before)
    if state.policy.shut_signal:
        before = (*before, Send("main", state.policy.shut_signal))
    return state.replace(phase=QUIESCING, next_look=FOREVER), (*before, ShutDoor())


def _ladder(state: State) -> tuple[Rung, ...]:
    return state.policy.ladder if state.ready else state.policy.unready_ladder
