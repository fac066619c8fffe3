"""What holds for every step of every life, whatever the policy; searches and worlds ask here.

A law is checked from outside: from what goes into `step` and what comes out, never from what the
core says of itself.
"""

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
KILL = 9


class BrokenLawError(AssertionError):
    """A law does not hold: which, and where in which story."""

    def __init__(self, law: str, *story: str) -> None:
        super().__init__("\n".join((law, *story)))
        self.law, self.story = law, story


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
    """A state, the moment in seconds, and what went before."""

    state: State
    now: float
    past: Past = Past()


class Step(NamedTuple):
    """One step, as the laws see it."""

    before: State
    event: Event
    now: float
    after: State
    actions: tuple[Action, ...]

    def __str__(self) -> str:
        """Tell the step in one line."""
        phases = f"{self.before.phase} -> {self.after.phase}"
        return f"{phases}: {self.event!r} at {self.now}: {self.actions}"


def born(state: State, now: float) -> Life:
    """Return the life that begins with this state."""
    hold(state == initial(state.policy), "a life begins before anything happened", state)
    return Life(state, now)


def hold(law: object, told: str, where: object) -> None:
    """Raise BrokenLawError unless the law holds."""
    if not law:
        raise BrokenLawError(told, str(where))


def lived(life: Life, event: Event, now: float) -> tuple[Life, tuple[Action, ...]]:
    """Take one step, and hold it to the laws; BrokenLawError."""
    before, _, past = life
    hold(now >= life.now, "time goes forward", now)
    after, actions = step(before, event, now)
    arc = Step(before, event, now, after, actions)

    targets = (before.phase, *CELLS[before.phase, type(event)][1])
    hold(after.phase in targets, "a step leads where the table says", arc)
    forward = PHASES.index(after.phase) >= PHASES.index(before.phase)
    hold(forward, "a phase is left forwards only", arc)
    if before.phase == DONE:
        hold((after, actions) == (before, ()), "nothing follows the end", arc)
    ends = before.budget is None and after.budget is not None
    hold((Announce(False) in actions) == ends, "not ready from the moment the end begins", arc)
    if after.phase == DONE != before.phase:
        hold(past.closed or CloseDoor() in actions, "the door is closed before the end", arc)
        hold(isinstance(actions[-1], Finish), "the end is the last that is asked for", arc)
    _check_hurry(arc, past)

    past = _witnessed(past, event, now, after)
    for action in actions:
        past = _requested(past, action, arc)
    if before.phase == QUIESCING and isinstance(event, Looked) and after.phase == STOPPING:
        quiet = past.quiet_looks >= LOOKS_NEEDED
        hold(quiet, "who was drained has been quiet for several looks", arc)
    return Life(after, now, past), actions


def left_alone(state: State, now: float, known: set[State] | None = None) -> int:
    """Let nothing but time pass: the life must end in time. Return how many ticks that took.

    `known` are states from which this has been shown already; it grows.
    """
    known = set() if known is None else known
    budget = state.end
    latest = max(now, budget.finish_at)
    hold(budget.finish_at <= budget.ends_at - 0.3, "the report is out before the grace ends", state)
    ticks = 0
    while state.phase != DONE and state not in known:
        known.add(state)
        now = max(now, deadline(state))
        hold(now <= latest, "time alone leads to the end within the budget", state)
        after, _ = step(state, Tick(), now)
        hold(after != state, "a tick at its deadline changes something", state)
        hold(after.end == budget, "time alone changes no budget", state)
        state = after
        ticks += 1
        few = ticks <= 20 + budget.grace_s / LOOK_EVERY_S
        hold(few, "time alone leads to the end without spinning", state)
    return ticks


def plainly_quiet(look: Look, *, ready: bool) -> bool:
    """Tell whether no request can be seen, whatever idle connections there are."""
    return not (look.queued or look.backend or look.in_request or (ready and look.starting))


def _check_hurry(arc: Step, past: Past) -> None:
    """Only somebody who asks again, later, and may do so, brings the end forward.

    So does the end of the container, of a generation that another one follows.
    """
    before, event, now, after, _ = arc
    if before.budget == after.budget or before.budget is None:
        return
    earlier = after.end.ends_at - before.end.ends_at
    if isinstance(event, Shortened):
        hold(earlier < 0, "what is shortened ends earlier", arc)
        return
    hold(isinstance(event, Asked), "only who asks changes a budget", arc)
    hold(before.policy.hurry, "a second request hurries only where it may", arc)
    apart = now - past.asked_last >= before.policy.debounce_s
    hold(apart, "an echo of a request does not hurry", arc)
    hold(earlier <= 0, "a hurry makes nothing later", arc)


def _witnessed(past: Past, event: Event, now: float, after: State) -> Past:
    if isinstance(event, Asked):
        return past._replace(asked_last=now)
    if isinstance(event, DoorShut) and after.phase == QUIESCING and not past.door_shut:
        return past._replace(door_shut=True)
    if isinstance(event, Looked) and past.looks_asked:
        quiet = plainly_quiet(event.look, ready=after.ready)
        return past._replace(looks_asked=False, quiet_looks=past.quiet_looks + 1 if quiet else 0)
    return past


def _requested(past: Past, action: Action, arc: Step) -> Past:
    before, event, now, after, _ = arc
    hold(not past.finished, "nothing is asked for after the end", arc)
    match action:
        case Spawn():
            hold(not past.spawned, "one spawn in a life", arc)
            unasked = past.asked_last == NEVER and after.budget is None
            hold(unasked, "nothing is started when a stop was asked for", arc)
            return past._replace(spawned=True)
        case Announce(ready=ready):
            hold(not past.gone, "not ready is for good", arc)
            return past._replace(gone=not ready)
        case ShutDoor():
            hold(not past.shut and past.gone, "one door is shut once, after not ready", arc)
            return past._replace(shut=True)
        case TurnAway():
            return past._replace(turned_away=True)
        case TakeLook():
            return past._replace(looks_asked=past.door_shut)
        case CloseDoor():
            hold(not past.closed, "a door is closed once", arc)
            return past._replace(closed=True)
        case Finish():
            hold(after.phase == DONE, "done is done", arc)
            return past._replace(finished=True)
        case WriteFifo() | Send() if not isinstance(event, Signalled):
            shuts = Send("main", before.policy.shut_signal)  # the server does it itself
            if before.policy.looks and not (action == shuts and after.phase == QUIESCING):
                hold(past.turned_away, "who waits is turned away before a rung", arc)
            if isinstance(action, Send) and action.signal == KILL:
                hold(now >= after.end.kill_at, "no KILL before its deadline", arc)
                ends = after.phase in (STOPPING, CLOSING) or after.main == "gone"
                hold(ends, "a KILL only at the end", arc)
            return past
        case _:
            return past
