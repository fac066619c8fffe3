"""What the keeper knows now, for people, probes and scrapers."""

from __future__ import annotations

import os
from time import monotonic, time

from supervisor.core.phases import PHASES, SERVING
from supervisor.runtime import memory
from supervisor.runtime.process import moment_of, parent_and_birth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.runtime.generation import Generation
    from supervisor.runtime.keeper import Keeper
    from supervisor.servers.uwsgi.stats import Worker


def status(keeper: Keeper) -> dict[str, Any]:
    """Return what is known now; bytes and seconds."""
    present = keeper.present
    state, look, main = present.state, present.observer.last, present.children.main
    return {
        "phase": state.phase,
        "generation": present.number,
        "generations": [_generation(one) for one in keeper.generations.values()],
        "restart": _last_restart(keeper),
        "recycle": keeper.recycler.status(),
        "ready": state.phase == SERVING,
        "pid": os.getpid(),
        "service": {"server": keeper.plan.server, "pid": main.pid if main else None},
        "grace_s": keeper.plan.policy.grace_s,
        "budget_left_s": round(state.end.ends_at - monotonic(), 3) if state.budget else None,
        "addresses": [str(d.door.address) for d in present.doors if not d.door.backend],
        "connections": {
            "queued": look.queued,
            "half_open": look.half_open,
            "serving": look.serving,
        },
        "in_request": look.in_request,
        "requests": look.requests,
        "turned_away": keeper.turned_away,
        "workers": [_worker(worker) for worker in present.observer.workers],
    }


def _generation(one: Generation) -> dict[str, Any]:
    main = one.children.main
    return {"number": one.number, "phase": one.state.phase, "pid": main.pid if main else None}


def _worker(worker: Worker) -> dict[str, Any]:
    size = memory.measure(worker.pid)
    birth = moment_of(parent_and_birth(worker.pid)[1])
    return {
        "id": worker.id,
        "pid": worker.pid,
        "accepting": worker.accepting,
        "requests": worker.requests,
        "age_s": round(monotonic() - birth, 1),
        "memory": size.pss if size else None,
        "busy_s": round(max(0.0, time() - worker.since), 1) if worker.since else None,
        "running": list(worker.running),
    }


def _last_restart(keeper: Keeper) -> dict[str, Any]:
    last = keeper.succession
    return {
        "outcome": last.outcome,
        "why": last.why,
        "following": last.following,
        "leaving": last.leaving,
        "last_lines": keeper.last_lines if last.outcome == "failed" else [],
    }


def metrics(found: dict[str, Any]) -> str:
    """Return the same in Prometheus' text format; of several services, with their names."""
    several = [one for one in found.get("services", ()) if "phase" in one]
    labelled = [(f'service="{one["name"]}"', one) for one in several] or [("", found)]
    text = ""
    for name, kind, about, value_of in METRICS:
        rows = [(label, value_of(one)) for label, one in labelled]
        text += f"# HELP gracekeeper_{name} {about}\n# TYPE gracekeeper_{name} {kind}\n"
        text += "".join(
            f"gracekeeper_{name}{_in_braces(x)} {n}\n" for x, n in rows if n is not None
        )
    text += "# HELP gracekeeper_phase 1 for the present phase.\n# TYPE gracekeeper_phase gauge\n"
    for phase in PHASES:
        for label, one in labelled:
            labels = _in_braces(label, f'phase="{phase}"')
            text += f"gracekeeper_phase{labels} {int(phase == one['phase'])}\n"
    return text


def _in_braces(*labels: str) -> str:
    told = ",".join(label for label in labels if label)
    return f"{{{told}}}" if told else ""


METRICS: tuple[tuple[str, str, str, Callable[[dict[str, Any]], int | None]], ...] = (
    ("ready", "gauge", "1 when new requests are welcome.", lambda one: int(one["ready"])),
    ("generation", "gauge", "How often the service was started.", lambda one: one["generation"]),
    ("requests_total", "counter", "Requests that workers answered.", lambda one: one["requests"]),
    ("turned_away_total", "counter", "Clients answered with a 503.", lambda x: x["turned_away"]),
    ("in_request", "gauge", "Requests that workers run now.", lambda one: one["in_request"]),
    ("queued", "gauge", "Connections in the accept queue.", lambda x: x["connections"]["queued"]),
    ("serving", "gauge", "Connections held by the service.", lambda x: x["connections"]["serving"]),
    ("workers", "gauge", "Worker processes.", lambda one: len(one["workers"])),
)
