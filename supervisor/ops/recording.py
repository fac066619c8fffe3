"""Records one container while it lives: its events, its processes, its last lines."""

from __future__ import annotations

from collections import deque
from typing import Any

from supervisor.errors import GracekeeperError
from supervisor.ops import containers, procfs, toptable
from supervisor.ops.case import Case, Foretold, Sighting
from supervisor.ops.containers import PAUSE
from supervisor.ops.disposition import BLOCKED, CAUGHT, DROPPED, IGNORED, WAITED, disposition
from supervisor.ops.engine import Engine
from supervisor.ops.forecast import forecast
from supervisor.ops.gathering import LINES
from supervisor.ops.life import NS, Event, lives, read
from supervisor.ops.log import Line, times
from supervisor.ops.masking import masked, masked_line
from supervisor.ops.ownreport import report_in, unread
from supervisor.ops.process import Process, Tree
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
        self.log: deque[Line] = deque(maxlen=LINES)
        self.hidden: list[str] = []
        self._engine = engine
        started = self.state.started if self.state.status not in OVER else 0
        self._events = [Event(started, "start")] if started else []
        self._sightings: dict[int, Sighting] = {}
        self._foretold: Foretold | None = None
        self._seen_asked = False
        self._blocking: set[int] = set()  # at the last look
        self._here: bool | None = None  # not known before it has run
        self._find()

    @property
    def case(self) -> Case:
        """Return all that is known so far."""
        found = tuple(self.log)
        log = tuple(line.text for line in found)
        return Case(
            container=self.container,
            state=self.state,
            events=tuple(self._events),
            sightings=tuple(self._sightings.values()),
            log=tuple(masked_line(line) for line in log),
            written=times(found),
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

    def stopping(self, now: int) -> Event | None:
        """Return the request to stop that is being answered.

        The container's own stop signal is one for as long as it lives, as `-t` is not told; another
        one only while it is recent, because who has outlived it has taken it for something else.
        """
        life = lives(self._events)[-1] if self._events else None
        if life is None or life.died:
            return None
        return life.asked(self.container, now) or life.killed

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
        if event.action in ("die", "oom", "pause", "unpause", *BEGINNINGS):
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
        """See who is there; what a stop would come to is foretold only while none is under way.

        Clocks are read apart, so `now` can be a few ms before what was heard: it is after that.
        """
        now = max([now, *(one.at for one in self._events)])
        tree = self._tree()
        if tree is None or not tree.processes:
            return
        asked = self.stopping(now) is not None and bool(self._sightings)
        learnt, ending = False, _leaving(tree.first, self._sightings.get(tree.first.pid))
        for one in tree.processes:
            known = self._sightings.get(one.pid)
            name, argv = one.name, masked(one.argv)[:16]
            before = disposition(one, self.container.signal)
            if known and self._seen_asked and asked and known.before == DROPPED:
                # Nobody keeps a dropped signal for what it becomes: that is another program.
                name, argv, before = known.name, known.argv, known.before
            elif _leaving(one, known):
                before, argv = (known.before, known.argv) if known else ("", argv)
            elif before == BLOCKED and known and known.before and one.pid not in self._blocking:
                before = known.before  # who starts a child blocks all signals for a moment (vfork)
            elif known and known.before == BLOCKED:
                pass  # that was such a moment, or it still is
            elif asked and known and before not in KEPT:
                before = known.before  # it may have taken its handler away meanwhile
            learnt |= known is None or before != known.before
            self._sightings[one.pid] = Sighting(
                pid=one.pid,
                ppid=one.ppid,
                name=name,
                argv=argv,
                first=known.first if known else now - int(one.age_s * NS),
                last=now,
                before=before,
                **_stretch(known, one.state, now),
            )
        if not ending and (not asked or (learnt and not self._seen_asked)):
            self._foretell(tree)
        self._seen_asked = asked
        signal = self.container.signal
        self._blocking = {one.pid for one in tree.processes if disposition(one, signal) == BLOCKED}

    def _foretell(self, tree: Tree) -> None:
        scene = Scene(tree, None, self.container.signal, self.container.grace_s)
        found = forecast(scene)
        self._foretold = Foretold(found.why, found.todo, found.killed)

    def _find(self) -> None:
        """Learn once whether its processes are this machine's: one that has gone is nowhere."""
        if self._here is not None or not self.state.pid:
            return
        here = self._engine.same_machine(self.state.pid, self.container.id)
        if not here and not self._lives_on():
            return  # it has ended before it was looked for
        self._here = here
        if not here:
            self.hidden.append(toptable.HIDDEN)

    def _lives_on(self) -> bool:
        try:
            now = containers.state(self._engine.inspect(self.container.id))
        except GracekeeperError:
            return False
        return now.pid == self.state.pid

    def _tree(self) -> Tree | None:
        if self.state.status not in ("running", PAUSE) or not self.state.pid:
            return None
        if self._here:
            try:
                tree = procfs.tree(self.state.pid)
            except GracekeeperError:
                return None  # it has just ended
        else:
            rows = self._engine.top(self.container.id, toptable.COLUMNS)
            tree = toptable.tree(rows, self.state.pid, self.container.argv)
        return tree.thawed if self.state.status == PAUSE else tree


def _leaving(one: Process, known: Sighting | None) -> bool:
    """Tell whether it is on its way out: its words are gone, and then what it catches.

    A ps(1) shows a name without words in brackets.
    """
    if one.state in "ZX":
        return True
    words = one.argv not in ((), (f"[{one.name}]",))
    return not words and (bool(known and known.argv) or not one.caught | one.blocked)


def _stretch(known: Sighting | None, state: str, now: int) -> dict[str, Any]:
    """Return how long it has been in a state, or was until a moment ago: KILL changes it, too."""
    if known and known.state == state:
        return {"state": state, "since": known.since, "until": now}
    if known and known.until - known.since >= NS and now - known.until < NS:
        return {"state": known.state, "since": known.since, "until": known.until}
    return {"state": state, "since": now, "until": now}
