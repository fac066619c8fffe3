"""Makes a report document from what was seen from outside, for `gracekeeper report` to draw.

supervisor/report/schema.json describes it. What only a keeper can know is null, and the verdict
is the cause.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from supervisor.core.signalnames import name
from supervisor.ops.case import Case, Sighting
from supervisor.ops.causes.cause import Cause
from supervisor.ops.causes.reported import of_report
from supervisor.ops.life import NS, Event
from supervisor.render.model import Shutdown, read
from supervisor.render.verdict import verdict
from supervisor.report.verdict import without_exit

SCHEMA: Final = 1
COUNTED: Final = ("served", "served_while_stopping", "lost", "turned_away", "refused")
UNKNOWN: Final[dict[str, Any]] = {
    "served": None,
    "served_while_stopping": None,
    "lost": None,
    "lost_requests": [],
    "turned_away": 0,  # nobody but gracekeeper does that
    "refused": None,
}


def document(case: Case, cause: Cause) -> dict[str, Any]:
    """Return the container's own report if it wrote one, else what can be said from outside."""
    if case.report and not case.life.killed:
        return _known_better(case.report, cause)
    life = case.life
    asked = case.asked or life.killed
    first = asked or life.died
    origin = first.at if first else case.state.finished or life.started
    end = life.died.at if life.died else max((one.last for one in case.sightings), default=None)
    known = first is not None and end is not None  # else events are forgotten, and 0 is no measure
    end = origin if end is None else end
    used = round(max(0.0, (end - origin) / NS), 3) if known else None
    return {
        "event": "report",
        "schema": SCHEMA,
        "verdict": cause.sentence,
        "fix": cause.fix,
        "cause": {"id": cause.id, "confidence": cause.confidence},
        "exit_code": case.code,
        "signal": name(asked.signal) if asked else None,
        "sender": {"pid": None, "uid": None, "name": None, "via": "signal"} if asked else None,
        "asked_at": round(origin / NS, 3),
        "seconds": used,
        "service": _service(case),
        "door": "none",
        "phases": _phases(case, origin, end),
        "budget": _budget(case, used),
        "requests": {**UNKNOWN, "cut": "out-of-time" if life.outlived(case.container) else None},
        "processes": [_process(case, one, origin) for one in case.sightings],
        "series": [],
        "moments": [_moment(one, origin) for one in life.kills],
    }


def _known_better(report: dict[str, Any], cause: Cause) -> dict[str, Any]:
    """Return a keeper's report with the cause of an end that it was only told of."""
    own = of_report(report)
    if (own.id, own.sentence) == (cause.id, cause.sentence):
        return report
    named = {"id": cause.id, "confidence": cause.confidence}
    return {**report, "verdict": cause.sentence, "fix": cause.fix, "cause": named}


def _service(case: Case) -> dict[str, Any]:
    code, started = case.code, bool(case.life.started or case.state.started)
    return {
        "status": 128 - code if 128 < code < 193 else code,
        "was_ready": started and not case.life.sick,
        "why": "" if started else case.state.error,
        "cluster": None,
    }


def _phases(case: Case, origin: int, end: int) -> list[dict[str, Any]]:
    """Return serving, then stopping, then what the KILL left to do."""
    life = case.life
    first, killed = case.asked, life.killed
    began = life.started or case.state.started or origin
    edges = [("serving", began)]
    if first:
        edges.append(("stopping", first.at))
    if killed and killed.at <= end:
        edges.append(("reaping", killed.at))
    ends = [at for _, at in edges[1:]] + [end]
    return [
        {"name": word, "start": _after(at, origin), "end": _after(max(at, until), origin)}
        for (word, at), until in zip(edges, ends, strict=True)
    ]


def _budget(case: Case, used: float | None) -> dict[str, Any]:
    """Return the grace period: measured where it ran out, else what was configured."""
    grace = case.life.grace_s(case.container) or case.container.grace_s
    grace = max(grace, 0.001)
    return {
        "grace_s": grace,
        "drain_delay_s": 0,
        "reserve_s": 0,
        "hurried_s": None,
        "used_s": used,
        "left_s": None if used is None else round(grace - used, 3),
    }


def _process(case: Case, one: Sighting, origin: int) -> dict[str, Any]:
    first, life = case.sightings[0], case.life
    main, killed = one is first, life.killed
    died = life.died
    over = died is not None and (main or one in case.present)
    ended = (died.at if died else 0) if over else one.last
    signals = [
        {"t": _after(event.at, origin), "signal": event.signal} for event in life.kills if main
    ]
    how = "killed" if killed and over else "ended"
    if main and died and not killed:
        how = f"exit {case.code}"
    return {
        "pid": one.pid,
        "role": "main" if main else "descendant",
        "name": one.name,
        "started": _after(one.first, origin),
        "asked": signals,
        "ended": _after(ended, origin) if died else None,
        "how": how if died else "still there",
    }


def _moment(event: Event, origin: int) -> dict[str, Any]:
    told = f"{name(event.signal)} by the engine"
    return {"t": _after(event.at, origin), "what": "signal", "name": told}


def _after(at: int, origin: int) -> float:
    return round((at - origin) / NS, 3)


def joined(reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return one report of several containers, which are its services; of one, its own.

    What holds for all is told once, and else left to the services. Exit code and cause are those
    of the first that went wrong, the budget is that of who had least left.
    """
    if len(reports) == 1:
        return next(iter(reports.values()))
    each = reports.values()
    stops = {name_: read(one, name_) for name_, one in reports.items()}
    order = sorted(stops, key=lambda name_: _trouble(stops[name_]))
    told = " ".join(f"{name_}: {without_exit(reports[name_])}" for name_ in order)
    found, code = verdict(stops[order[0]]), stops[order[0]].code
    began = min(one["asked_at"] for one in each)
    return {
        "event": "report",
        "schema": SCHEMA,
        "verdict": f"{told} Exit {code}.",
        "fix": "",
        "cause": {"id": found.cause, "confidence": found.sure},
        "exit_code": code,
        "signal": _agreed(one.get("signal") for one in each),
        "sender": _agreed(one["sender"] for one in each),
        "asked_at": began,
        "seconds": _span(stops.values(), began),
        "service": {
            "status": _agreed(one["service"].get("status") for one in each),
            "was_ready": all(one["service"].get("was_ready") for one in each),
            "why": "",
            "cluster": None,
        },
        "door": "none",
        "phases": [],
        "budget": min((one["budget"] for one in each), key=_left),
        "requests": _summed([one["requests"] for one in each]),
        "processes": [],
        "services": [
            {key: value for key, value in one.items() if key not in ("event", "schema", "services")}
            | {"name": name_, "task": False, "started": True}
            for name_, one in reports.items()
        ],
    }


def _trouble(one: Shutdown) -> tuple[int, float]:
    """Sort what went wrong before what is not known, then by who ended first."""
    return ("bad", "unknown", "good").index(verdict(one).kind), one.asked_at + one.length


def _left(budget: dict[str, Any]) -> float:
    return float(budget["grace_s"] - (budget["used_s"] or 0.0))


def _span(stops: Iterable[Shutdown], began: float) -> float | None:
    """Return how long all took together, None where that of one is not known."""
    ends = [None if one.seconds is None else one.asked_at + one.seconds for one in stops]
    known = [end for end in ends if end is not None]
    return round(max(known) - began, 3) if len(known) == len(ends) else None


def _agreed(values: Iterable[Any]) -> Any:
    """Return what all say; None where they differ."""
    first, *others = values
    return first if all(other == first for other in others) else None


def _summed(each: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up requests; null where one of them is."""
    counts = {name_: [one.get(name_) for one in each] for name_ in COUNTED}
    return {
        **{name_: None if None in some else sum(some) for name_, some in counts.items()},
        "lost_requests": [text for one in each for text in one.get("lost_requests") or ()],
        "cut": next((one["cut"] for one in each if one["cut"]), None),
    }
