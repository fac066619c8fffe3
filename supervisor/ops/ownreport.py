"""The report that a keeper wrote into its container's log; anybody can write a line like it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from supervisor.errors import UsageError
from supervisor.render import model
from supervisor.render.fields import Fields

NEEDED: Final = ("verdict", "sender")  # by what a cause is decided, null or not
COUNTED: Final = ("lost", "cut")


def report_in(log: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the last line that is a report of ours."""
    return next((found for found in _told(log) if _wrong(found) is None), None)


def unread(log: tuple[str, ...]) -> list[str]:
    """Say what is hidden by a line that only looks like a report, where no other is one."""
    wrong = [_wrong(found) for found in _told(log)]
    if not wrong or None in wrong:
        return []
    return [f"its log has a report that can't be read: {wrong[0]}"]


def check(found: dict[str, Any], where: str) -> None:
    """Raise UsageError for what is no report, or lacks what a cause is decided by."""
    model.read(found, where)
    fields = Fields(found, where)
    for part, names in ((fields, NEEDED), (fields.inner("requests"), COUNTED)):
        for name in names:
            if name not in part.value:
                raise part.wrong(name, "there")


def _told(log: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the lines that call themselves a report, the last one first."""
    for line in reversed(log):
        if '"report"' not in line or not line.lstrip().startswith("{"):
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and found.get("event") == "report":
            yield found


def _wrong(found: dict[str, Any]) -> UsageError | None:
    try:
        check(found, "its log")
    except UsageError as error:
        return error
    return None
