"""Why a container ended, as a report of it says."""

from __future__ import annotations

from typing import Any

from supervisor.ops.causes.cause import CONFIDENCES, IDS, Cause


def of_report(report: dict[str, Any]) -> Cause:
    """Tell what a report says: whoever looked from outside named the cause, a keeper counted."""
    requests, told, fix = report["requests"], str(report["verdict"]), _fix(report)
    if found := _named(report):
        return Cause(found["id"], told, fix, found["confidence"])
    if requests["lost"] or (requests["lost"] is None and requests["cut"] and _looked(report)):
        raised = (
            f"Raise the grace period above {report['budget']['grace_s']:g} s (the platform's, and"
            " `--grace`), or make those requests shorter."
        )
        return Cause("lost-requests", told, fix or raised)
    if report["sender"] is None:
        return Cause("ended", told, fix or "Read the service's own last lines.")
    if requests["lost"] is None and requests["cut"] == "out-of-time":
        return Cause("grace-over", told, fix)
    return Cause("kept" if requests["lost"] == 0 else "stopped", told, fix)


def _named(report: dict[str, Any]) -> dict[str, Any] | None:
    """Return the cause that was written down, unless this version does not know it."""
    found = report.get("cause")
    if not isinstance(found, dict) or found.get("id") not in IDS:
        return None
    return found if found.get("confidence") in CONFIDENCES else None


def _fix(report: dict[str, Any]) -> str:
    """Return what to change; of several services that of the one that is the cause."""
    if report.get("fix") or not report.get("cause"):
        return str(report.get("fix") or "")
    own = (one for one in report.get("services", ()) if one.get("cause") == report["cause"])
    return next((str(one.get("fix") or "") for one in own), "")


def _looked(report: dict[str, Any]) -> bool:
    """Tell whether the server could be looked at."""
    return bool(report["door"] != "none" or report["series"])
