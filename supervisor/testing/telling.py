"""A life in memory, told in lines and as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.events import Asked, Looked, Tick
from supervisor.core.record import Record
from supervisor.core.signalnames import name
from supervisor.report.build import build
from supervisor.report.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from supervisor.core.actions import Action
    from supervisor.core.events import Event
    from supervisor.core.policy import Policy

    Entry = tuple[float, Event, tuple[Action, ...]]

LOOKING = "..."


def line(before: str, event: Event, after: str, actions: tuple[Action, ...]) -> str:
    """Tell one step: the phase, what came, what is asked for; only `...` if it was but a look."""
    looks = all(type(action).__name__ == "TakeLook" for action in actions)
    if before == after and looks and isinstance(event, (Tick, Looked)):
        return LOOKING
    phase = before if before == after else f"{before} -> {after}"
    asked = ", ".join(short(action) for action in actions)
    return f"{phase}: {short(event)}{' => ' if asked else ''}{asked}"


def short(record: Record) -> str:
    """Show a record without what is as by default."""
    shown = []
    for field, value in record.as_dict().items():
        needed = not hasattr(type(record), field)
        if needed or value != getattr(type(record), field):
            text = name(value) if field == "signal" else repr(value)
            shown.append(short(value) if isinstance(value, Record) else f"{field}={text}")
    return f"{type(record).__name__}({', '.join(shown)})"


def folded(lines: Iterable[tuple[float, str]], start: float) -> list[str]:
    """Return the lines with their moments; looks in a row are one line."""
    told: list[str] = []
    looking = False
    for moment, text in lines:
        if text == LOOKING and looking:
            continue
        looking = text == LOOKING
        told.append(f"{moment - start:+9.3f} s  {'looks ...' if looking else text}")
    return told


def report(
    policy: Policy, journal: Sequence[Entry], code: int | None, ended: float
) -> dict[str, Any]:
    """Return the report of a journal; made-up processes are not told of."""
    asked = next((event for _, event, _ in journal if isinstance(event, Asked)), None)
    return build(
        walk(policy, journal),
        -1 if code is None else code,
        processes=[],
        sender="",
        signal=name(asked.signal) if asked else None,
        ended=ended,
        wall=ended,
    )
