"""Findings as annotations of GitHub's: workflow commands on stdout, one line each.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.checkup import Checkup

LEVELS: Final = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "notice",
    "info": "notice",
}


def github(found: Checkup) -> Iterator[str]:
    """Yield a command for each finding, and one for each file that was not read."""
    for item in found.items:
        one = item.finding
        where = f"file={_property(one.place.path)},line={one.place.line}"
        where += f",endLine={one.place.last},title={_property(f'{one.id} ({one.severity})')}"
        yield f"::{LEVELS[one.severity]} {where}::{_message(f'{one.why} {one.fix}')}"
    for skip in found.skips:
        where = f"file={_property(skip.place.path)},line={skip.place.line},title=not read"
        yield f"::notice {where}::{_message(skip.why)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
