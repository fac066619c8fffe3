"""`step`: the only transitions. Every phase has a cell for every event; "ignore" is a cell too.

    step(state, event, now) -> (state, actions)

It is total, never raises, reads no clock and touches no file descriptor. `CELLS` is the table: for
each phase and event the handler and the phases that it may lead to. The diagram in ARCHITECTURE.md
is drawn from it, and the tests walk it.
"""

from __future__ import annotations

from supervisor.core import leaving, living, stopping
from supervisor.core.events import (
    EVENTS,
    Asked,
    Booted,
    DoorClosed,
    DoorShut,
    Emptied,
    Event,
    Exited,
    Failed,
    Looked,
    Shortened,
    Signalled,
    Spawned,
    SpawnFailed,
    Tick,
    WorkersGone,
)
from supervisor.core.phases import (
    CLOSING,
    DELAYING,
    DONE,
    PHASES,
    QUIESCING,
    REAPING,
    SERVING,
    STARTING,
    STOPPING,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.core.actions import Action
    from supervisor.core.phases import Phase
    from supervisor.core.state import State

    Outcome = tuple[State, tuple[Action, ...]]
    Handler = Callable[[State, Event, float], Outcome]
    Cell = tuple[Handler, tuple[Phase, ...]]


def ignore(state: State, event: Event, now: float) -> Outcome:  # noqa: ARG001 - a cell like others
    """Do nothing: the event changes nothing in this phase."""
    return state, ()


_DECIDED: dict[tuple[Phase, type[Event]], Cell] = {
    (STARTING, Booted): (living.spawn, ()),
    (STARTING, Spawned): (living.spawned, (SERVING,)),
    (STARTING, SpawnFailed): (leaving.never_ran, (CLOSING,)),
    (STARTING, Tick): (living.look_for_readiness, ()),
    (STARTING, Looked): (living.judge_readiness, (SERVING,)),
    (STARTING, Signalled): (living.forward, ()),
    (STARTING, Asked): (leaving.begin, (QUIESCING, STOPPING, CLOSING)),
    (STARTING, Exited): (stopping.main_gone, (REAPING, CLOSING)),
    (SERVING, Signalled): (living.forward, ()),
    (SERVING, Asked): (leaving.begin, (DELAYING, QUIESCING, STOPPING)),
    (SERVING, Exited): (stopping.main_gone, (REAPING, CLOSING)),
    (DELAYING, Tick): (leaving.delay_over, (QUIESCING, STOPPING)),
    (DELAYING, Asked): (leaving.hurry_delay, (QUIESCING, STOPPING)),
    (DELAYING, Shortened): (stopping.shorten, ()),
    (DELAYING, Exited): (stopping.main_gone, (REAPING, CLOSING)),
    (QUIESCING, Spawned): (leaving.born_late, ()),
    (QUIESCING, SpawnFailed): (leaving.never_ran, (CLOSING,)),
    (QUIESCING, DoorShut): (leaving.door_shut, ()),
    (QUIESCING, Tick): (leaving.quiesce_tick, (STOPPING,)),
    (QUIESCING, Looked): (leaving.judge_quiet, (STOPPING,)),
    (QUIESCING, Asked): (leaving.hurry_quiesce, (STOPPING,)),
    (QUIESCING, Shortened): (stopping.shorten, ()),
    (QUIESCING, Exited): (stopping.main_gone, (REAPING, CLOSING)),
    (STOPPING, Spawned): (leaving.born_late, ()),
    (STOPPING, SpawnFailed): (leaving.never_ran, (CLOSING,)),
    (STOPPING, Tick): (stopping.ladder_tick, (CLOSING,)),
    (STOPPING, Failed): (stopping.rung_failed, ()),
    (STOPPING, WorkersGone): (stopping.nudge, ()),
    (STOPPING, Asked): (stopping.hurry_ladder, ()),
    (STOPPING, Shortened): (stopping.shorten, ()),
    (STOPPING, Exited): (stopping.main_gone, (REAPING, CLOSING)),
    (REAPING, Tick): (stopping.reap_tick, (CLOSING,)),
    (REAPING, Asked): (stopping.hurry_reaping, ()),
    (REAPING, Shortened): (stopping.shorten, ()),
    (REAPING, Emptied): (stopping.emptied, (CLOSING,)),
    (CLOSING, Tick): (stopping.closing_tick, (DONE,)),
    (CLOSING, Asked): (stopping.hurry_closing, ()),
    (CLOSING, Shortened): (stopping.shorten, ()),
    (CLOSING, Exited): (stopping.exited_late, ()),
    (CLOSING, DoorClosed): (stopping.finish, (DONE,)),
}

CELLS: dict[tuple[Phase, type[Event]], Cell] = {
    (phase, event): _DECIDED.get((phase, event), (ignore, ()))
    for phase in PHASES
    for event in EVENTS
}


def step(state: State, event: Event, now: float) -> Outcome:
    """Decide what one event means now; `now` in seconds on any clock that only goes forward."""
    handler, _targets = CELLS[state.phase, type(event)]
    return handler(state, event, now)
