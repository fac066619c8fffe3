"""Walking a journal: it is replayed through `step`, and what matters for a report is noted.

Whoever lives the life can note it as it goes: then nothing is left to be walked at the end.
"""

from __future__ import annotations

from supervisor.core.actions import Send, TakeLook, TurnAway
from supervisor.core.events import (
    Asked,
    DoorClosed,
    DoorShut,
    Exited,
    Looked,
    SpawnFailed,
    Tick,
    WorkersGone,
)
from supervisor.core.machine import step
from supervisor.core.phases import DELAYING, DONE, QUIESCING, SERVING
from supervisor.core.signalnames import name
from supervisor.core.state import FOREVER, initial
from supervisor.report.series import Series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from supervisor.core.actions import Action
    from supervisor.core.events import Event
    from supervisor.core.looks import Look
    from supervisor.core.policy import Policy
    from supervisor.core.state import State

    Entry = tuple[float, Event, tuple[Action, ...]]

KILL = 9
OUT_OF_TIME, HURRIED, DIED, DELAY_OVER = "out-of-time", "hurried", "died", "delay-over"


class Findings:
    """What a walk over the journal collects; times on the journal's clock."""

    def __init__(self, policy: Policy) -> None:
        """Nothing was found yet."""
        self.state: State = initial(policy)
        self.phases: list[dict[str, Any]] = []
        self.first: Look | None = None  # the first after the end began that knew of requests
        self.known: Look | None = None  # the last of them
        self.known_at = 0.0
        self.cut: str | None = None  # why requests that ran were not waited for
        self.cut_at = 0.0
        self.killed = False  # the cut was a KILL
        self.door = "none"
        self.turned_away = 0
        self.why = ""
        self.series = Series()
        self.moments: dict[
            tuple[str, str], float
        ] = {}  # what and its name, when for the first time

    def take(
        self, now: float, event: Event, before: State, after: State, actions: tuple[Action, ...]
    ) -> None:
        """Note one step, from the state before it to the one after."""
        self.state = after
        if not self.phases:
            self.phases.append({"name": before.phase, "start": now, "end": None})
        if _only_looks(event, actions) and after.phase == before.phase:
            if type(event) is Looked:  # nearly all are such, and nothing else can come of them
                _note(self, event, now)
            return
        if after.phase != before.phase:
            self.phases[-1]["end"] = now
            if after.phase != DONE:
                self.phases.append({"name": after.phase, "start": now, "end": None})
        _note(self, event, now)
        _note_cut(self, before, event, actions, now)
        _note_moments(self, before, event, actions, now)


def walk(policy: Policy, journal: Iterable[Entry]) -> Findings:
    """Replay the journal and note what matters."""
    found = Findings(policy)
    for now, event, _recorded in journal:
        after, actions = step(found.state, event, now)
        found.take(now, event, found.state, after, actions)
    return found


def _only_looks(event: Event, actions: tuple[Action, ...]) -> bool:
    if type(event) is not Tick and type(event) is not Looked:
        return False
    return not actions or (len(actions) == 1 and type(actions[0]) is TakeLook)


def _note(found: Findings, event: Event, now: float) -> None:
    if isinstance(event, Looked) and found.state.budget:
        found.series.add(now, event.look)
        if event.look.in_request is not None:
            found.known, found.known_at = event.look, now
            found.first = found.first or event.look
    elif isinstance(event, DoorShut):
        found.door = event.how
    elif isinstance(event, DoorClosed):
        found.turned_away = event.turned_away
    elif isinstance(event, SpawnFailed):
        found.why = event.why


def _note_cut(
    found: Findings, before: State, event: Event, actions: tuple[Action, ...], now: float
) -> None:
    """Note the first moment at which a request that ran could not go on."""
    drained = before.quiet.drained or found.state.quiet.drained
    finishes, looks, was_ready = before.policy.finishes, before.policy.looks, found.state.ready
    # Of a server that finishes, drained means only that nobody is on the way to it.
    if found.cut or (drained and not (finishes and was_ready)):
        return
    sends = [a for a in actions if isinstance(a, Send)] if before.main != "gone" else []
    if isinstance(event, Exited):
        # Its end was not ours to bring about: no rung had been taken.
        inside = before.phase in (SERVING, DELAYING, QUIESCING)
        left = before.policy.shut_signal and event.status == 0  # with nobody inside, by itself
        if looks and before.ready and inside and not drained and not left:
            found.cut, found.cut_at = DIED, now
        return
    killed = any(send.signal == KILL for send in sends)
    # What the ladder sends to a master that is not drained stops its workers at once; a nudge
    # comes when they are gone.
    told = looks and was_ready and not finishes and found.state.phase != QUIESCING
    ended = told and not isinstance(event, WorkersGone) and found.state.budget
    if killed or (ended and any(send.target == "main" for send in sends)):
        found.cut, found.cut_at, found.killed = _haste(found.state, event, now), now, killed


def _note_moments(
    found: Findings, before: State, event: Event, actions: tuple[Action, ...], now: float
) -> None:
    """Note what a picture marks, each when it came about first: echoes are without number."""
    seen: list[tuple[str, str]] = []
    if isinstance(event, Asked) and before.budget:
        seen.append(("asked-again", name(event.signal)))
    elif isinstance(event, DoorShut):
        seen.append(("door-shut", event.how))
    if any(isinstance(action, TurnAway) for action in actions):
        seen.append(("turning-away", ""))
    rung = found.state.on_rung
    if rung is not None and rung is not before.on_rung:
        seen.append(("rung", rung.name))
    if found.cut and found.cut_at == now:
        seen.append(("cut", found.cut))
    for one in seen:
        found.moments.setdefault(one, now)


def _haste(state: State, event: Event, now: float) -> str:
    if state.end.hurried_at < FOREVER or isinstance(event, Asked):
        return HURRIED
    return DELAY_OVER if state.policy.waits and now < state.end.kill_at else OUT_OF_TIME
