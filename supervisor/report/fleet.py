"""Build the report of several services from theirs. Pure, like `report.build`."""

from __future__ import annotations

from supervisor.report.build import SCHEMA
from supervisor.report.verdict import cuts, recovers, without_exit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from supervisor.core.fleet import Fleet

COUNTED = ("served", "served_while_stopping", "lost", "turned_away")


def build(
    state: Fleet,
    reports: Mapping[str, dict[str, Any]],
    code: int,
    *,
    sender: dict[str, Any] | None,
    signal: str | None,
    reserve_s: float,
    seconds: float,
    asked_at: float,
) -> dict[str, Any]:
    """Return the container's report: as of one service, and with each one's own.

    `asked_at` is the time of day when the end began, `seconds` how long it took.
    """
    used = round(seconds, 3)
    delay_s = min(state.drain_delay_s if state.asked else 0.0, used)
    phases = [{"name": "delaying", "start": 0.0, "end": delay_s}] if delay_s else []
    services = [_told(state, name, reports.get(name)) for name in state.parts]
    return {
        "schema": SCHEMA,
        "verdict": verdict(state, reports, code, signal, seconds),
        "exit_code": code,
        "signal": signal,
        "sender": sender,
        "asked_at": round(asked_at, 3),
        "seconds": used,
        "service": {
            "status": None,
            "was_ready": _ready(services),
            "why": state.why,
            "cluster": None,
        },
        "door": "none",
        "phases": [*phases, {"name": "stopping", "start": delay_s, "end": used}],
        "budget": {
            "grace_s": state.grace_s,
            "drain_delay_s": state.drain_delay_s,
            "reserve_s": reserve_s,
            "hurried_s": None,
            "used_s": used,
            "left_s": round(state.grace_s - used, 3),
        },
        "requests": _requests(reports),
        "processes": [],
        "services": services,
    }


def _told(state: Fleet, name: str, report: dict[str, Any] | None) -> dict[str, Any]:
    part, life = state.parts[name], state.lives[name]
    kept = {} if report is None else {k: v for k, v in report.items() if k != "schema"}
    return {"name": name, "task": part.task, "started": life.started, **kept}


def _ready(services: list[dict[str, Any]]) -> bool:
    return all(one["task"] or one.get("service", {}).get("was_ready", False) for one in services)


def _requests(reports: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Add up what is known; null where nobody could know of any service."""
    each = [report["requests"] for report in reports.values()]
    requests: dict[str, Any] = {}
    for name in COUNTED:
        known = [one[name] for one in each if one[name] is not None]
        requests[name] = sum(known) if known else (0 if name == "turned_away" else None)
    requests["lost_requests"] = [text for one in each for text in one["lost_requests"]]
    requests["cut"] = next((one["cut"] for one in each if one["cut"]), None)
    requests["refused"] = None
    return requests


def verdict(
    state: Fleet,
    reports: Mapping[str, dict[str, Any]],
    code: int,
    signal: str | None,
    seconds: float,
) -> str:
    """Say in a few sentences how it went, cause first."""
    ran = {name: one for name, one in reports.items() if not state.parts[name].task}
    if state.why:
        told = f"Everything was stopped, because {state.why}"
    elif state.asked:
        told = f"{signal} was answered in {seconds:.1f} s"
    else:
        told = "All services have ended by themselves"
    bad = [name for name, one in ran.items() if _lost(one)]
    if bad:
        own = " ".join(f"{name}: {without_exit(ran[name])}" for name in bad)
        return f"{told}. {own} Exit {code}."
    seen = [name for name, one in ran.items() if one["requests"]["lost"] is not None]
    by = f": no request was lost by {_listed(seen)}" if seen else ""
    blind = [name for name in ran if name not in seen]
    unseen = f" What {_listed(blind)} did can't be seen from outside." if seen and blind else ""
    return f"{told}{by}.{unseen} Exit {code}."


def _lost(report: dict[str, Any]) -> bool:
    requests = report["requests"]
    return cuts(requests["lost"], requests["cut"]) or recovers(report["service"]["cluster"])


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
