"""Build the report of one life from its journal. Pure: the same journal gives the same report.

Every field is described in schema.json, beside this file.
"""

from __future__ import annotations

from supervisor.core.state import FOREVER
from supervisor.report.verdict import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

    from supervisor.core.events import Asked
    from supervisor.core.policy import Policy
    from supervisor.core.state import State
    from supervisor.report.walk import Findings

SCHEMA: Final = 1
FRESH_S: Final = 1.0  # a look that is older does not tell what ran


def build(
    found: Findings,
    code: int,
    *,
    processes: list[dict[str, Any]],
    sender: str,
    signal: str | None,
    ended: float,
    wall: float,
    cluster: str | None = None,
) -> dict[str, Any]:
    """Return the report as JSON's own types; times in seconds after the end began.

    `ended` is the journal's clock at the end and `wall` the time of day then, in seconds since the
    epoch. `cluster` is the state that a database's files are left in.
    """
    state = found.state
    policy = state.policy
    origin = state.budget.asked_at if state.budget else ended
    report: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": "",
        "exit_code": code,
        "signal": signal,
        "sender": told_of(state.asked, sender),
        "asked_at": round(wall - (ended - origin), 3),
        "seconds": round(ended - origin, 3),
        "service": _service(found, cluster),
        "door": found.door,
        "phases": [_moved(phase, origin, ended) for phase in found.phases],
        "budget": _budget(policy, state, ended - origin),
        "requests": _requests(found),
        "processes": [_relative(process, origin) for process in processes],
        "series": found.series.points(origin),
        "moments": [
            {"t": round(when - origin, 3), "what": what, "name": name or None}
            for (what, name), when in found.moments.items()
        ],
    }
    report["verdict"] = verdict(report)
    return report


def _service(found: Findings, cluster: str | None) -> dict[str, Any]:
    state = found.state
    ready, why = state.ready, found.why
    return {"status": state.status, "was_ready": ready, "why": why, "cluster": cluster}


def joined(report: dict[str, Any], others: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Add the requests of generations that left while the container was stopping."""
    requests = dict(report["requests"])
    for other in others:
        for name in ("lost", "turned_away", "served_while_stopping"):
            counts = (requests[name], other[name])
            requests[name] = None if None in counts else sum(counts)
        requests["lost_requests"] = [*requests["lost_requests"], *other["lost_requests"]]
        requests["cut"] = requests["cut"] or other["cut"]
    report = {**report, "requests": requests}
    return {**report, "verdict": verdict(report)}


def _moved(phase: dict[str, Any], origin: float, ended: float) -> dict[str, Any]:
    """Tell a phase's moments from the origin on; one that has not ended ends now."""
    end = ended if phase["end"] is None else phase["end"]
    return {**phase, "start": round(phase["start"] - origin, 3), "end": round(end - origin, 3)}


def told_of(asked: Asked | None, name: str) -> dict[str, Any] | None:
    """Tell who asked; null where the kernel doesn't, e.g. across PID namespaces."""
    if asked is None:
        return None
    return {
        "pid": asked.pid or None,
        "uid": asked.uid if asked.uid >= 0 else None,
        "name": name or None,
        "via": asked.via,
    }


def _budget(policy: Policy, state: State, used: float) -> dict[str, float | None]:
    hurried = state.budget.hurried_at - state.budget.asked_at if state.budget else FOREVER
    return {
        "grace_s": policy.grace_s,
        "drain_delay_s": policy.drain_delay_s + (policy.quiesce_s if policy.waits else 0.0),
        "reserve_s": policy.reserve_s,
        "hurried_s": round(hurried, 3) if hurried < FOREVER else None,
        "used_s": round(used, 3),
        "left_s": round(policy.grace_s - used, 3),
    }


def _requests(found: Findings) -> dict[str, Any]:
    """Count requests; null where nobody could know, because the server can't be looked at."""
    served = while_stopping = None
    if found.known and found.first:
        served = found.known.requests
    if served is not None and found.first:
        while_stopping = max(0, served - (found.first.requests or 0))
    lost, lost_requests = _lost(found)
    return {
        "served": served,
        "served_while_stopping": while_stopping,
        "lost": lost,
        "lost_requests": list(lost_requests),
        "cut": found.cut,
        "turned_away": found.turned_away,
        "refused": None,  # the kernel refuses without telling anybody
    }


def _lost(found: Findings) -> tuple[int | None, tuple[str, ...]]:
    """Return how many requests were cut, and which ran when they were last seen."""
    if not found.state.policy.looks:
        return None, ()
    if found.cut is None:
        return 0, ()  # drained, or never let anybody in, or left to finish
    if not found.state.ready:  # nothing ran; who waited at a listener of the server's was reset
        return (None if found.killed else 0), ()
    if found.known is None:
        return None, ()
    fresh = found.cut_at - found.known_at <= FRESH_S
    return (found.known.in_request if fresh else None), found.known.running


def _relative(process: dict[str, Any], origin: float) -> dict[str, Any]:
    asked = [{"t": round(when - origin, 3), "signal": signal} for when, signal in process["asked"]]
    ended = process["ended"]
    return {
        **process,
        "started": round(process["started"] - origin, 3),
        "asked": asked,
        "ended": None if ended is None else round(ended - origin, 3),
    }
