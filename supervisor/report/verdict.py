"""One sentence that says how it went, cause first, and what to do about it."""

from __future__ import annotations

from supervisor.core.signalnames import name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SHUT_DOWN = ("shut down", "shut down in recovery")  # as pg_controldata says it
KILL = 9
NAMED = 5  # requests that are named before the rest is only counted


def verdict(report: dict[str, Any]) -> str:
    """Return the verdict on a report that is otherwise complete."""
    requests, service = report["requests"], report["service"]
    if service["why"]:
        told = service["why"]
    elif report["sender"] is None:
        told = _unasked(report)
    elif cuts(requests["lost"], requests["cut"]):
        told = _cut(report)
    else:
        told = _answered(report)
    cluster = ""
    if recovers(service["cluster"]):
        state = repr(service["cluster"])
        cluster = (
            f" The database was not shut down (its state is {state}): its next start recovers it."
        )
    return f"{told}{_others(requests)}{cluster} Exit {report['exit_code']}."


def cuts(lost: int | None, cut: str | None) -> bool:
    """Tell whether requests were lost, or may have been when they were cut."""
    return bool(lost or (lost is None and cut))


def recovers(cluster: str | None) -> bool:
    """Tell whether a database was left in a state that its next start has to repair."""
    return bool(cluster) and cluster not in SHUT_DOWN


def without_exit(report: dict[str, Any]) -> str:
    """Return a report's verdict as a part of another, whose code is not its own."""
    told: str = report["verdict"] or "it says nothing."  # anybody can write a report
    return told.removesuffix(f" Exit {report['exit_code']}.")


def _answered(report: dict[str, Any]) -> str:
    ready = "" if report["service"]["was_ready"] else ", before the service was ready"
    told = f"{report['signal']} was answered in {report['seconds']:.1f} s{ready}"
    if report["requests"]["lost"] is None:
        return f"{told}; what this server was doing can't be seen from outside."
    return f"{told}: no request was lost."


def _cut(report: dict[str, Any]) -> str:
    requests, grace = report["requests"], f"{report['budget']['grace_s']:g} s"
    cut = requests["cut"]
    if cut == "died":
        return (
            f"The service died while it was stopping, {_how(report['service']['status'])}:"
            f" {_still(requests)}. Its own last lines or the kernel's (out of memory?) say why."
        )
    if cut == "delay-over":
        return _rolled_back(report)
    when = (
        "when a second signal came" if cut == "hurried" else f"when the grace of {grace} was over"
    )
    what = "Hurried" if cut == "hurried" else "Time ran out"
    if requests["lost"] is None:
        return f"{what}: the service had not ended {when}, and was killed."
    were = "was" if requests["lost"] == 1 else "were"
    hint = "" if cut == "hurried" else " Give more grace, or make them shorter."
    return f"{what}: {_still(requests)} {when}, and {were} cut.{hint}"


def _rolled_back(report: dict[str, Any]) -> str:
    delay = f"{report['budget']['drain_delay_s']:g} s"
    if report["requests"]["lost"] is None:
        return f"The drain delay of {delay} was over; what clients were doing is not known."
    were = "was" if report["requests"]["lost"] == 1 else "were"
    return (
        f"The drain delay of {delay} was over: {_still(report['requests'], 'transaction')}, and"
        f" {were} rolled back. Give more of it, or make them shorter."
    )


def _unasked(report: dict[str, Any]) -> str:
    service = report["service"]
    if service["status"] is None:
        return "The service never ran."
    told = f"The service ended by itself, {_how(service['status'])}"
    if service["status"] == -KILL:  # which nobody does to itself
        told = "The service was killed (SIGKILL), and not by gracekeeper"
    if not service["was_ready"]:
        return f"{told}, before it was ready; its own last lines say why."
    if report["requests"]["cut"]:
        return f"{told}; what it was running then is not known."
    return f"{told}."


def _still(requests: dict[str, Any], noun: str = "request") -> str:
    """Say what still ran: how many, if that is known, and which."""
    if requests["lost"] is None:
        return "what it was running is not known"
    names, more = requests["lost_requests"][:NAMED], requests["lost"] - NAMED
    if names:
        listed = ", ".join(names) + (f" and {more} more" if more > 0 else "")
        return f"{_count(requests['lost'], noun)} still ran ({listed})"
    return f"{_count(requests['lost'], noun)} still ran"


def _others(requests: dict[str, Any]) -> str:
    told = []
    if requests["served_while_stopping"]:
        told.append(f"{requests['served_while_stopping']} served while stopping")
    if requests["turned_away"]:
        told.append(f"{requests['turned_away']} turned away with a 503")
    return f" {', '.join(told).capitalize()}." if told else ""


def _how(status: int) -> str:
    return f"with code {status}" if status >= 0 else f"by {name(-status)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
