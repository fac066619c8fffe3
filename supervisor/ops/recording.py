"""Records one container while it lives: its events, its processes, its last lines."""

from __future__ import annotations

from collections import deque
from typing import Any

from supervisor.errors import GracekeeperError
from supervisor.ops import containers, procfs, toptable
from supervisor.ops.case import Case, Foretold, Sighting
from supervisor.ops.disposition import BLOCKED, CAUGHT, IGNORED, WAITED, disposition
from supervisor.ops.engine import Engine
from supervisor.ops.forecast import forecast
from supervisor.ops.gathering import LINES
from supervisor.ops.life import NS, Event, read
from supervisor.ops.masking import masked, masked_line
from supervisor.ops.ownreport import report_in, unread
from supervisor.ops.process import Tree
from supervisor.ops.scene import Scene

OVER = ("exited", "dead", "removed")
BEGINNINGS = ("start", "restart")
KEPT = (CAUGHT, WAITED, IGNORED, BLOCKED)  # what is seen while it stops was so before
YOUNG_NS = 3 * NS  # it still becomes what it will be: an exec, a handler


class Recording:
    """What is known of one container, more with every event and every look."""

    def __init__(self, engine: Engine, found: dict[str, Any]) -> None:
        """Begin with what its engine says now."""
        self.container = containers.container(found)
        self.state = containers.state(found)
        self.log: deque[str] = deque(maxlen=LINES)
        self.hidden: list[str] = []
        self._engine = engine
        started = self.state.started if self.state.status not in OVER else 0
        self._events = [Event(started, "start")] if started else []
        self._sightings: dict[int, Sighting] = {}
        self._foretold: Foretold | None = None
        self._seen_asked = False
        self._find()

    @property
    def case(self) -> Case:
        """Return all that is known so far."""
        log = tuple(self.log)
        return Case(
            container=self.container,
            state=self.state,
            events=tuple(self._events),
            sightings=tuple(self._sightings.values()),
            log=tuple(masked_line(line) for line in log),
            report=report_in(log),
            foretold=self._foretold,
            hidden=(*self.hidden, *unread(log)),
        )

    @property
    def over(self) -> bool:
        """Tell whether it has ended and won't run again; an end counts when its event came."""
        beats = [one.action for one in self._events if one.action in ("start", "die")]
        running = beats[-1:] == ["start"] and self.state.status != "removed"
        return not running and (self.state.status in OVER or bool(self.state.error))

    @property
    def stopping(self) -> Event | None:
        """Return the request to stop that is being answered."""
        if self._events and self._events[-1].action == "die":
            return None
        own = (event for event in reversed(self._events))
        found = None
        for event in own:
            if event.action in ("die", *BEGINNINGS):
                break
            if event.action == "kill" and event.signal in (self.container.signal, 15, 2, 3, 9):
                found = event
        return found

    def young(self, now: int) -> bool:
        """Tell whether its life has just begun."""
        return 0 <= now - self.state.started < YOUNG_NS

    def left(self, now: int) -> list[str]:
        """Name those that were there at the last look."""
        there = (one for one in self._sightings.values() if now - one.last < NS)
        return list(dict.fromkeys(one.name for one in there))

    def hear(self, told: dict[str, Any]) -> Event:
        """Note an event of the engine; a start begins a new life."""
        event = read(told)
        if any(one.at == event.at and one.action == event.action for one in self._events):
            return event
        if event.action == "start" and self._events and self._events[-1].action == "start":
            return event  # it started while we attached
        if event.action == "start" and self._events:
            self._sightings, self._foretold, self._seen_asked = {}, None, False
            self.log = deque(maxlen=LINES)  # the one before may still be filled
        self._events.append(event)
        if event.action in ("die", "oom", *BEGINNINGS):
            self.ask()
        return event

    def ask(self) -> None:
        """Look how it is; of a removed one the events have told all there is."""
        try:
            self.state = containers.state(self._engine.inspect(self.container.id))
        except GracekeeperError:
            died = self.case.life.died
            code = self.state.code if died is None or died.code is None else died.code
            self.state = self.state.replace(status="removed", code=code)
            return
        self._find()

    def look(self, now: int) -> None:
        """See who is there; what a stop would come to is foretold only while none is under way."""
        tree = self._tree()
        if tree is None or not tree.processes:
            return
        asked = self.stopping is not None and bool(self._sightings)
        learnt = False
        for one in tree.processes:
            known = self._sightings.get(one.pid)
            before = disposition(one, self.container.signal)
            if asked and known and before not in KEPT:
                before = known.before  # it may have taken its handler away meanwhile
            learnt |= known is None or before != known.before
            self._sightings[one.pid] = Sighting(
                pid=one.pid,
                ppid=one.ppid,
                name=one.name,
                argv=masked(one.argv)[:16],
                first=known.first if known else now - int(one.age_s * NS),
                last=now,
                before=before,
                **_stretch(known, one.state, now),
            )
        if not asked or (learnt and not self._seen_asked):
            self._foretell(tree)
        self._seen_asked = asked

    def _foretell(self, tree: Tree) -> None:
        scene = Scene(tree, None, self.container.signal, self.container.grace_s)
        found = forecast(scene)
        self._foretold = Foretold(found.why, found.todo, found.killed)

    def _find(self) -> None:
        """Learn whether its processes are this machine's."""
        self._here = self._engine.same_machine(self.state.pid, self.container.id)
        far = self.state.pid and not self._here
        if far and toptable.HIDDEN not in self.hidden:
            self.hidden.append(toptable.HIDDEN)

    def _tree(self) -> Tree | None:
        if self.state.status not in ("running", "paused") or not self.state.pid:
            return None
        if not self._here:
            rows = self._engine.top(self.container.id, toptable.COLUMNS)
            return toptable.tree(rows, self.state.pid, self.container.argv) if rows else None
        try:
            return procfs.tree(self.state.pid)
        except GracekeeperError:
            return None  # it has just ended


def _stretch(known: Sighting | None, state: str, now: int) -> dict[str, Any]:
    """Return how long it has been in a state, or was until a moment ago: KILL changes it, too."""
    if known and known.state == state:
        return {"state": state, "since": known.since, "until": now}
    if known and known.until - known.since >= NS and now - known.until < NS:
        return {"state": known.state, "since": known.since, "until": known.until}
    return {"state": state, "since": now, "until": now}
