"""The cells of a service that starts and serves."""

from __future__ import annotations

from supervisor.core.actions import Action, Announce, Send, Spawn, TakeLook
from supervisor.core.events import Looked, Signalled
from supervisor.core.phases import SERVING
from supervisor.core.state import FOREVER, READY_LOOK_EVERY_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.core.events import Event
    from supervisor.core.state import State

    Outcome = tuple[State, tuple[Action, ...]]


def spawn(state: State, _event: Event, _now: float) -> Outcome:
    """Start the service, once."""
    return (state.replace(main="spawning"), (Spawn(),)) if state.main == "unborn" else (state, ())


def spawned(state: State, _event: Event, now: float) -> Outcome:
    """Wait for readiness where it can be seen; else running is as ready as we can tell."""
    state = state.replace(main="alive")
    if state.policy.looks or state.policy.probes:
        return state.replace(next_look=now), ()
    return _ready(state)


def look_for_readiness(state: State, _event: Event, now: float) -> Outcome:
    """Look again, soon at first: many services in a row would wait for each other's looks."""
    if now < state.next_look:
        return state, ()
    wait_s = state.look_after_s
    longer_s = min(READY_LOOK_EVERY_S, 2 * wait_s)
    return state.replace(next_look=now + wait_s, look_after_s=longer_s), (TakeLook(),)


def judge_readiness(state: State, event: Event, _now: float) -> Outcome:
    """Serve as soon as one worker accepts."""
    assert isinstance(event, Looked)  # noqa: S101 - the table says so; this tells the type checker
    return _ready(state) if event.look.ready and state.main == "alive" else (state, ())


def forward(state: State, event: Event, _now: float) -> Outcome:
    """Pass a signal on to a main process that is known to understand it."""
    assert isinstance(event, Signalled)  # noqa: S101 - the table says so
    sent = state.policy.sent(event.signal)
    if sent and state.main == "alive" and event.signal in state.policy.forward:
        return state, (Send(state.policy.addressee, sent),)
    return state, ()


def _ready(state: State) -> Outcome:
    return state.replace(phase=SERVING, ready=True, next_look=FOREVER), (Announce(True),)
