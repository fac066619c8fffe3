"""The report on its way out: log line, file, termination log. Each may fail, none may delay."""

from __future__ import annotations

import os
from time import monotonic, time

from supervisor.core.signalnames import name
from supervisor.report.build import build, joined, told_of
from supervisor.report.walk import walk
from supervisor.runtime import leanjson
from supervisor.runtime.output import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from supervisor.config.plan import Plan
    from supervisor.runtime.fleet import Fleet
    from supervisor.runtime.generation import Generation
    from supervisor.runtime.keeper import Keeper
    from supervisor.runtime.process import Process

TERMINATION_LOG_LIMIT = 4096  # bytes that Kubernetes keeps of it
PATIENCE_S = 0.2


def report_of(keeper: Keeper, one: Generation, code: int) -> dict[str, Any]:
    """Build the report of a generation that has finished."""
    asked = one.state.asked
    generations = keeper.generations.values()
    cluster = _cluster(one.plan.data) if one.plan.data else None
    return build(
        one.findings or walk(keeper.plan.policy, one.journal.entries),
        code,
        processes=[_told(one) for each in generations for one in each.children.known.values()],
        sender=keeper.sender,
        signal=name(asked.signal) if asked else None,
        ended=monotonic(),
        wall=time(),
        cluster=cluster,
    )


def _cluster(data: str) -> str:
    from supervisor.runtime import backends

    return backends.cluster(data)


def last_report(keeper: Keeper, code: int) -> dict[str, Any]:
    """Build the report of the container's end: of all who ended with it."""
    report = report_of(keeper, keeper.present, code)
    return joined(report, keeper.left) if keeper.left else report


def fleet_report(kept: Fleet, code: int) -> dict[str, Any]:
    """Build the report of the container's end, with all services' own."""
    from supervisor.report import fleet

    asked, now = kept.asked, monotonic()
    begun = kept.asked_at or now
    return fleet.build(
        kept.state,
        kept.reports,
        code,
        sender=told_of(asked, kept.sender),
        signal=name(asked.signal) if asked else None,
        reserve_s=kept.plan.policy.reserve_s,
        seconds=now - begun,
        asked_at=time() - (now - begun),
    )


def left(keeper: Keeper, one: Generation) -> dict[str, Any]:
    """Tell what became of whom a generation had accepted, and return the counts."""
    requests: dict[str, Any] = report_of(keeper, one, one.code or 0)["requests"]
    told = {name: requests[name] for name in ("lost", "lost_requests", "turned_away")}
    keeper.output.event("left", generation=one.number, **told)
    return requests


def named(requests: dict[str, Any], generation: int) -> str:
    """Say whom a generation has lost; nothing if nobody."""
    if not requests["lost"]:
        return ""
    return f"generation {generation} has lost {', '.join(requests['lost_requests'])}"


def speak(keeper: Keeper | Fleet, report: dict[str, Any]) -> None:
    """Write the report wherever it can go."""
    plan = keeper.plan
    line = leanjson.dumps({"event": "report", **report})
    troubles = {}
    if plan.report:
        troubles[plan.report] = _write(plan.report, f"{line}\n", create=True)
    if plan.termination_log and os.path.exists(plan.termination_log):
        troubles[plan.termination_log] = _write(plan.termination_log, summary(report), create=False)
    for path, trouble in troubles.items():
        if trouble:
            keeper.output.event("report-failed", path=path, why=trouble)
    if plan.log_format == "text":
        keeper.output.event("verdict", told=report["verdict"])
    if plan.log_format != "none":
        keeper.output.line(line, PATIENCE_S)


def summary(report: dict[str, Any]) -> str:
    """Return a text of at most 4096 bytes for the termination log."""
    requests, budget = report["requests"], report["budget"]
    lines = [
        report["verdict"],
        f"signal {report['signal']}, exit code {report['exit_code']}",
        f"grace {budget['grace_s']:g} s, used {budget['used_s']} s",
        f"lost {requests['lost']}, turned away {requests['turned_away']}",
        *(f"lost: {request}" for request in requests["lost_requests"]),
        *(f"{phase['name']} {phase['start']} s to {phase['end']} s" for phase in report["phases"]),
    ]
    text = "".join(f"{printable(line)}\n" for line in lines).encode()
    return text[:TERMINATION_LOG_LIMIT].decode(errors="ignore")


def remove_traces(plan: Plan) -> None:
    """Remove what we made in the file system, as far as it is there."""
    paths = [plan.control_path] if plan.control_path else []
    try:
        if plan.run_dir:
            paths += (f"{plan.run_dir}/{name}" for name in os.listdir(plan.run_dir))
    except OSError:
        pass
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            continue
    try:
        if plan.run_dir:
            os.rmdir(plan.run_dir)
    except OSError:
        pass


def _write(path: str, text: str, *, create: bool) -> str:
    """Write a small file without ever blocking on it; return what was wrong."""
    flags = os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        fd = os.open(path, flags, 0o644)
    except FileNotFoundError:
        return "no such directory" if create else ""
    except OSError as error:
        return str(error.strerror)
    try:
        data = text.encode()
        while data:
            data = data[os.write(fd, data) :]
    except OSError as error:
        return str(error.strerror)
    finally:
        os.close(fd)
    return ""


def _told(process: Process) -> dict[str, Any]:
    return {
        "pid": process.pid,
        "role": process.role,
        "name": process.name,
        "started": process.started,
        "asked": process.asked,
        "ended": process.ended,
        "how": how(process),
    }


def how(process: Process) -> str:
    """Say how a process ended, as far as we know: only its own parent learns its status."""
    if process.ended is None:
        return "still there"
    if process.status is not None:
        return f"exit {process.status}" if process.status >= 0 else f"signal {-process.status}"
    return "killed" if process.was_sent(9) else "ended"
