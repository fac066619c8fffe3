"""Makes a report document from what was seen from outside, for `gracekeeper report` to draw.

supervisor/report/schema.json describes it. What only a keeper can know is null, and the verdict
is the cause.
"""

from __future__ import annotations

from typing import Any, Final

from supervisor.core.signalnames import name
from supervisor.ops.case import Case, Sighting
from supervisor.ops.causes.cause import Cause
from supervisor.ops.life import NS, Event

SCHEMA: Final = 1
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
        return case.report
    life, signal = case.life, case.container.signal
    asked, origin = life.asked(signal) or life.killed, life.origin(signal)
    end = life.died.at if life.died else max((one.last for one in case.sightings), default=origin)
    used = max(0.0, (end - origin) / NS)
    return {
        "event": "report",
        "schema": SCHEMA,
        "verdict": f"{cause.sentence} Exit {case.code}.",
        "fix": cause.fix,
        "cause": {"id": cause.id, "confidence": cause.confidence},
        "exit_code": case.code,
        "signal": name(asked.signal) if asked else None,
        "sender": {"pid": None, "uid": None, "name": None, "via": "signal"} if asked else None,
        "asked_at": round(origin / NS, 3),
        "seconds": round(used, 3),
        "service": _service(case),
        "door": "none",
        "phases": _phases(case, origin, end),
        "budget": _budget(case, used),
        "requests": {**UNKNOWN, "cut": "out-of-time" if life.outlived(signal) else None},
        "processes": [_process(case, one, origin) for one in case.sightings],
        "series": [],
        "moments": [_moment(one, origin) for one in life.kills],
    }


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
    life, signal = case.life, case.container.signal
    first, killed = life.asked(signal), life.killed
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


def _budget(case: Case, used: float) -> dict[str, Any]:
    """Return the grace period: measured where it ran out, else what was configured."""
    grace = case.life.grace_s(case.container.signal) or case.container.grace_s
    grace = max(grace, 0.001)
    return {
        "grace_s": grace,
        "drain_delay_s": 0,
        "reserve_s": 0,
        "hurried_s": None,
        "used_s": round(used, 3),
        "left_s": round(grace - used, 3),
    }


def _process(case: Case, one: Sighting, origin: int) -> dict[str, Any]:
    first, life = case.sightings[0], case.life
    main, killed = one is first, life.killed
    died = life.died
    over = died is not None and (main or died.at - one.last < NS)
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
    """Return one report of several containers, which are its services; of one, its own."""
    if len(reports) == 1:
        return next(iter(reports.values()))
    began = min(one["asked_at"] for one in reports.values())
    ended = max(one["asked_at"] + one["seconds"] for one in reports.values())
    longest = max(reports.values(), key=lambda one: float(one["asked_at"] + one["seconds"]))
    used = round(ended - began, 3)
    grace = max(one["budget"]["grace_s"] for one in reports.values())
    services = [
        {key: value for key, value in one.items() if key not in ("event", "schema", "services")}
        | {"name": name_, "task": False, "started": True}
        for name_, one in reports.items()
    ]
    return {
        **longest,
        "verdict": " ".join(f"{name_}: {one['verdict']}" for name_, one in reports.items()),
        "fix": "",
        "asked_at": began,
        "seconds": used,
        "phases": [],
        "processes": [],
        "series": [],
        "moments": [],
        "budget": {
            **longest["budget"],
            "grace_s": grace,
            "used_s": used,
            "left_s": round(grace - used, 3),
        },
        "services": services,
    }
