"""Why a container ended, as a report of it says."""

from __future__ import annotations

from typing import Any

from supervisor.ops.causes.cause import Cause
from supervisor.render.model import read
from supervisor.render.verdict import verdict


def of_report(report: dict[str, Any]) -> Cause:
    """Tell what a report says: whoever looked from outside named the cause, a keeper counted."""
    judged = verdict(read(report, "the report"))
    return Cause(judged.cause, judged.told, judged.fix, judged.sure)
