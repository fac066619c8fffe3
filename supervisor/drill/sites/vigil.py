"""Sits by one container while it is made to end, and says how it did.

Whoever asks for the end knows when that was, so nothing has to settle: the events are read once,
when it is over, and by a bounded question.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from supervisor.drill.outcome import End, Phase
from supervisor.drill.sites.hands import Hands
from supervisor.errors import GracekeeperError
from supervisor.ops.case import LOG_HIDDEN, Case
from supervisor.ops.causes.decide import cause
from supervisor.ops.document import document
from supervisor.ops.gathering import LINES
from supervisor.ops.life import NS, Event, read
from supervisor.ops.masking import masked_line
from supervisor.ops.ownreport import report_in, unread
from supervisor.ops.recording import Recording

KILL: Final = 9
EVENTS_WITHIN_S: Final = 0.5  # an engine tells of an end a moment after it has answered
EVERY_S: Final = 0.01
TOLD_NS: Final = 10_000_000  # an engine tells of a signal after it was sent: 8 ms at most were seen
OURS: Final = ("killed-by-request", "stopped-without-grace")  # of a KILL that was the order
OWN: Final = ("exec_create", "exec_start", "exec_die", "attach", "resize", "create")


class Vigil:
    """One container, from the request to its end."""

    def __init__(self, hands: Hands, name: str, *, passing: bool = False) -> None:
        """Look at it once; GoneError for none of that name.

        `passing`: it is taken away at the end, so whoever is interrupted need not await its own.
        """
        self.passing = passing
        self._engine = hands.engine
        engine = hands.engine
        found = engine.inspect(name)
        self._recording = Recording(engine, found)
        self.container, self.state = self._recording.container, self._recording.state
        hands.call(self.container.id, what=self.container.name)
        self.called = hands.called(self.container.id)
        here = engine.same_machine(self.state.pid, self.container.id)
        self._shift_ns = 0 if here else int(engine.now() * NS) - time.time_ns()
        self._asked = self._now()

    @property
    def kept(self) -> bool:
        """Tell whether its PID 1 is a gracekeeper."""
        return self.case.kept

    @property
    def asked_s(self) -> float:
        """Return when it was asked, by its engine's clock."""
        return self._asked / NS

    @property
    def case(self) -> Case:
        """Return what is known so far."""
        return self._recording.case

    def mentions(self, program: str) -> bool:
        """Tell whether it runs a program."""
        return self.case.mentions(program)

    def there(self) -> set[int]:
        """Return who was there at the last look, by pid."""
        seen = self.case.sightings
        latest = max((one.last for one in seen), default=0)
        return {one.pid for one in seen if one.last == latest}

    def workers(self) -> set[int]:
        """Return those below its PID 1 that have no children of their own."""
        there, seen = self.there(), self.case.sightings
        parents = {one.ppid for one in seen if one.pid in there}
        return {one.pid for one in seen[1:] if one.pid in there and one.pid not in parents}

    def begin(self, signal: int, grace_s: float | None = None) -> None:
        """See how it is just before the request, and remember when that was."""
        self.container = self.container.replace(
            signal=signal, grace_s=self.container.grace_s if grace_s is None else grace_s
        )
        self._recording.container = self.container
        self._recording.look(self._now())
        self._asked = self._now()

    def told(self, signal: int) -> None:
        """Remember that it was told: what is seen from now on is a stop."""
        attributes = {"signal": str(signal)}
        event = {"Action": "kill", "Actor": {"ID": self.container.id, "Attributes": attributes}}
        self._recording.hear({**event, "timeNano": self._asked})

    def look(self) -> None:
        """See who is there."""
        self._recording.look(self._now())

    def end(self, *, signal: int, grace_s: float) -> End:
        """Return how it ended, with all that belongs to it. It has ended."""
        case = self._complete()
        found = cause(case)
        told = document(case, found)
        died = case.life.died
        asked = self._sent(case)
        finished = case.state.finished if case.state.finished > asked else 0
        at = finished or (died.at if died else self._now())
        seconds = max(0.0, (at - asked) / NS)
        asked_for = signal == KILL
        return End(
            exit_code=case.code,
            seconds=round(seconds, 3),
            killed=bool(case.life.killed) and not asked_for,
            phases=_phases(told, seconds),
            cause=None if asked_for and found.id in OURS else found,
            log=case.log,
            report=told,
            hidden=case.hidden,
            signal=signal,
            grace_s=grace_s,
            asked_at=self._monotonic(asked),
            over_at=self._monotonic(at),
        )

    def running(self, *, wrong: str = "", seconds: float, signal: int = 0) -> End:
        """Return what can be said of one that has not ended, and was not to."""
        case = self._with_log(self.case)
        return End(
            exit_code=None,
            seconds=round(seconds, 3),
            wrong=wrong,
            log=case.log,
            hidden=case.hidden,
            signal=signal,
            asked_at=self._monotonic(self._asked),
            over_at=self._monotonic(self._asked) + seconds,
        )

    def _sent(self, case: Case) -> int:
        """Return when the first signal came: the way to it, by Compose's command, may be long."""
        kills = () if self._shift_ns else case.life.kills  # clocks that differ by no known time
        return max([self._asked, *(one.at - TOLD_NS for one in kills[:1])])

    def _complete(self) -> Case:
        events = self._events()
        self._recording.ask()
        state = self._recording.state
        began = self.state.started
        start = (Event(began, "start"),) if began else ()
        finished = state.finished if state.finished > self._asked else 0
        told = (*start, *_in_time(events, finished))
        case = self.case.replace(container=self.container, state=state, events=told)
        return self._with_log(case)

    def _with_log(self, case: Case) -> Case:
        """Add what it has written in this life, and the report in it."""
        hidden = list(case.hidden)
        log: tuple[str, ...] = ()
        since = self.state.started / NS - 0.5  # its first lines may be older than what is called so
        try:
            log = tuple(self._engine.log(case.container.id, LINES, since))
        except GracekeeperError as error:
            hidden.append(f"{LOG_HIDDEN}: {error}")
        hidden += unread(log)
        shown = tuple(masked_line(line) for line in log)
        return case.replace(log=shown, report=report_in(log), hidden=tuple(hidden))

    def _events(self) -> tuple[Event, ...]:
        """Return what happened since the request; wait for the end that must be among it."""
        deadline = time.monotonic() + EVENTS_WITHIN_S
        since = self._asked / NS - (0.5 if self._shift_ns else 0.0)  # the clocks may differ
        while True:
            until = self._now() / NS + 0.001
            told = self._engine.events(since, until, container=[self.container.id])
            events = tuple(_first_life(read(one) for one in told))
            if any(one.action == "die" for one in events) or time.monotonic() >= deadline:
                return events
            time.sleep(EVERY_S)

    def _now(self) -> int:
        return time.time_ns() + self._shift_ns

    def _monotonic(self, at: int) -> float:
        return time.monotonic() - (self._now() - at) / NS


def _first_life(events: Any) -> list[Event]:
    """Keep what belongs to the life that was ended: what follows may be the next one."""
    kept: list[Event] = []
    for event in events:
        if event.action == "start":
            if any(one.action == "die" for one in kept):
                break
        elif event.action not in OWN:
            kept.append(event)
    return kept


def _in_time(events: Sequence[Event], finished: int) -> Iterator[Event]:
    """Yield them with the end when it was: a busy engine tells of it a while later.

    It came after the last signal that is told of before it, also where that is told late.
    """
    last = 0
    for event in events:
        if event.action == "die" and finished:
            yield event.replace(at=max(last, min(event.at, finished)))
        else:
            yield event
        last = event.at


def _phases(report: dict[str, Any], seconds: float) -> tuple[Phase, ...]:
    """Return the report's phases after the request; what is left at the end is the engine's."""
    found = [
        Phase(one["name"], max(0.0, one["start"]), one["end"])
        for one in report.get("phases") or ()
        if one["end"] > 0.0
    ]
    return tuple(one for one in found if one.end_s > one.start_s) or (
        (Phase("stopping", 0.0, round(seconds, 3)),) if seconds else ()
    )
