"""A report as pictures and words need it: frozen, typed, times in seconds after the end began."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Final

from supervisor.core.signalnames import name as signal_name
from supervisor.errors import UsageError
from supervisor.render.fields import Fields, harmless
from supervisor.render.senders import sender, senders
from supervisor.report.causes import CONFIDENCES, IDS
from supervisor.report.verdict import cuts

SCHEMA: Final = 1
EPOCHS: Final = 1e11  # seconds since 1970, for the one time of day
KILL: Final = 9
WORDS: Final = {
    "door-shut": "door shut",
    "turning-away": "turning away",
    "asked-again": "asked again",
    "cut": "requests cut",
}


@dataclass(frozen=True)
class Phase:
    """What was going on from one moment to the next."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Mark:
    """Something at one moment; `kind` chooses its look."""

    t: float
    kind: str
    text: str


@dataclass(frozen=True)
class Process:
    """One process; `end` None when it was still there."""

    pid: int
    role: str
    name: str
    start: float
    end: float | None
    how: str
    signals: tuple[Mark, ...]

    @property
    def kind(self) -> str:
        """How it ended, in one word: killed, exited, ended or there."""
        if self.end is None:
            return "there"
        killed = self.how in ("killed", f"signal {KILL}")
        return "killed" if killed else "exited" if self.how.startswith("exit") else "ended"


@dataclass(frozen=True)
class Point:
    """What a look showed; it holds until the next."""

    t: float
    queued: int
    in_request: int | None
    serving: int


@dataclass(frozen=True)
class Budget:
    """The grace period and how it was used."""

    grace_s: float
    delay_s: float
    reserve_s: float
    hurried_s: float | None
    used_s: float | None

    @property
    def kill_at(self) -> float:
        """When the first SIGKILL may come."""
        kill_at = self.grace_s - self.reserve_s
        if self.hurried_s is not None:
            kill_at = min(kill_at, self.hurried_s)
        return min(max(0.0, kill_at), max(0.0, self.grace_s))


@dataclass(frozen=True)
class Requests:
    """What became of requests; None where nobody could know."""

    served: int | None
    while_stopping: int | None
    lost: int | None
    turned_away: int | None
    refused: int | None
    cut: str
    lost_by_uri: tuple[tuple[str, int], ...]

    @property
    def gone(self) -> bool:
        """Tell whether some were lost, or may have been."""
        return cuts(self.lost, self.cut)


@dataclass(frozen=True)
class Shutdown:
    """One end: of a container, or of one of its services."""

    name: str  # of a service; "" for the container's
    task: bool
    told: str  # the verdict as it was written
    fix: str | None  # what to change, where the report itself says so
    named: tuple[str, str] | None  # a cause that we know, and how sure that is
    counted: bool  # by a keeper, not by who looked from outside
    looked: bool  # the server could be looked at
    asked: bool
    code: int
    signal: str
    sender: str
    asked_at: float
    seconds: float | None  # None where nobody saw when it began
    status: int | None
    was_ready: bool
    why: str
    cluster: str
    budget: Budget
    phases: tuple[Phase, ...]
    processes: tuple[Process, ...]
    series: tuple[Point, ...]
    moments: tuple[Mark, ...]
    requests: Requests
    services: tuple[Shutdown, ...] = ()
    never_started: tuple[str, ...] = ()

    @property
    def length(self) -> float:
        """How long its axis is."""
        return self.seconds or 0.0

    @property
    def seen(self) -> int:
        """How many processes were seen, of all services."""
        return sum(len(each.processes) for each in (self, *self.services))

    @property
    def killed(self) -> int:
        """How many of them were killed."""
        own = sum(process.kind == "killed" for process in self.processes)
        return own + sum(service.killed for service in self.services)

    @property
    def met_kill(self) -> bool:
        """Tell whether anybody was killed, by what was seen or by the engine's word alone."""
        marks = (mark for each in (self, *self.services) for mark in each.moments)
        return bool(self.killed) or any(mark.kind == "kill" for mark in marks)


def read(document: Any, where: str) -> Shutdown:
    """Take a report document apart; `where` names it in errors."""
    fields = Fields(document, where)
    if fields.maybe("schema") != SCHEMA:
        raise UsageError(
            f"cannot read the report in {where}: its schema is {document.get('schema')!r}, and"
            f" this gracekeeper knows {SCHEMA}. Use the version that wrote it, or a newer one."
        )
    whole = _shutdown(fields)
    services = fields.each("services")
    told = tuple(_shutdown(one) for one in services if one.has("phases"))
    silent = tuple(one.text("name") for one in services if not one.has("phases"))
    moved = tuple(_moved(one, one.asked_at - whole.asked_at) for one in told)
    asked = senders((one.name, one.sender) for one in moved)
    by = whole.sender if fields.has("sender") else asked or whole.sender
    return replace(whole, services=moved, never_started=silent, sender=by)


def _shutdown(fields: Fields) -> Shutdown:
    service, budget = fields.inner("service"), fields.inner("budget")
    return Shutdown(
        name=fields.text("name"),
        task=fields.truth("task"),
        told=fields.text("verdict"),
        fix=fields.text("fix") if fields.has("fix") else None,
        named=_named(fields.inner("cause")) if fields.has("cause") else None,
        counted=not fields.has("fix") and not fields.has("cause"),
        looked=fields.text("door") not in ("", "none") or bool(fields.items("series")),
        asked=fields.has("sender"),
        code=int(fields.number("exit_code")),
        signal=fields.text("signal"),
        sender=sender(fields),
        asked_at=fields.number("asked_at", EPOCHS),
        seconds=fields.maybe("seconds"),
        status=service.count("status"),
        was_ready=service.truth("was_ready"),
        why=service.text("why"),
        cluster=service.text("cluster"),
        budget=Budget(
            grace_s=budget.number("grace_s"),
            delay_s=budget.number("drain_delay_s"),
            reserve_s=budget.number("reserve_s"),
            hurried_s=budget.maybe("hurried_s"),
            used_s=budget.maybe("used_s"),
        ),
        phases=tuple(
            Phase(one.text("name"), one.number("start"), one.number("end"))
            for one in fields.each("phases")
        ),
        processes=tuple(_process(one) for one in fields.each("processes")),
        series=tuple(_point(fields, at, one) for at, one in enumerate(fields.items("series"))),
        moments=tuple(_moment(one) for one in fields.each("moments")),
        requests=_requests(fields.inner("requests")),
    )


def _named(cause: Fields) -> tuple[str, str] | None:
    found, sure = cause.text("id"), cause.text("confidence")
    return (found, sure) if found in IDS and sure in CONFIDENCES else None


def _process(fields: Fields) -> Process:
    signals = [(one.number("t"), int(one.number("signal"))) for one in fields.each("asked")]
    return Process(
        pid=int(fields.number("pid")),
        role=fields.text("role"),
        name=fields.text("name"),
        start=fields.number("started"),
        end=fields.maybe("ended"),
        how=fields.text("how"),
        signals=tuple(
            Mark(t, "kill" if number == KILL else "signal", signal_name(number).removeprefix("SIG"))
            for t, number in signals
        ),
    )


def _point(fields: Fields, at: int, value: Any) -> Point:
    names = ("t", "queued", "in_request", "serving")
    if not isinstance(value, list) or len(value) != len(names):
        raise fields.wrong(f"series[{at}]", "a list of four numbers")
    one = Fields(dict(zip(names, value, strict=True)), fields.where, f"series[{at}]")
    queued, serving = int(one.number("queued")), int(one.number("serving"))
    return Point(one.number("t"), queued, one.count("in_request"), serving)


def _moment(fields: Fields) -> Mark:
    what, name = fields.text("what"), fields.text("name")
    if what == "rung":
        return Mark(fields.number("t"), "rung", f"next rung: {name}")
    if what == "signal":
        return Mark(fields.number("t"), "kill" if "SIGKILL" in name else what, name)
    more = f" ({name})" if name and what != "turning-away" else ""
    return Mark(fields.number("t"), what, f"{WORDS.get(what, what)}{more}")


def _requests(fields: Fields) -> Requests:
    lost = Counter(harmless(str(one)) for one in fields.items("lost_requests"))
    return Requests(
        served=fields.count("served"),
        while_stopping=fields.count("served_while_stopping"),
        lost=fields.count("lost"),
        turned_away=fields.count("turned_away"),
        refused=fields.count("refused"),
        cut=fields.text("cut"),
        lost_by_uri=tuple(lost.most_common()),
    )


def _moved(one: Shutdown, by: float) -> Shutdown:
    """Tell a service's moments on the container's clock."""

    def marks(some: tuple[Mark, ...]) -> tuple[Mark, ...]:
        return tuple(replace(mark, t=mark.t + by) for mark in some)

    return replace(
        one,
        phases=tuple(replace(p, start=p.start + by, end=p.end + by) for p in one.phases),
        processes=tuple(
            replace(
                p,
                start=p.start + by,
                end=None if p.end is None else p.end + by,
                signals=marks(p.signals),
            )
            for p in one.processes
        ),
        series=tuple(replace(point, t=point.t + by) for point in one.series),
        moments=marks(one.moments),
    )
