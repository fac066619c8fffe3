"""What is drawn, before it is drawn: rows of bars and marks, and steps, on one axis of seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from supervisor.render.model import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.render.model import Process, Shutdown

MOST_ROWS: Final = 60
MOST_NOTES: Final = 24
BAD: Final = ("cut", "kill")  # what happened that should not
LEAST_S: Final = 0.05  # a stop of no time at all still has an axis
BRACE: Final = 0.04  # of the axis, before and after


@dataclass(frozen=True)
class Bar:
    """From one moment to another; `kind` chooses its look."""

    start: float
    end: float
    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """One lane with a label in front and a word behind."""

    label: str
    detail: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...] = ()
    level: int = 0  # how deep in the tree of processes


@dataclass(frozen=True)
class Chart:
    """Steps over time; a value of None where nobody could say. `until`: known no longer."""

    label: str
    kind: str
    steps: tuple[tuple[float, int | None], ...]
    until: float

    @property
    def peak(self) -> int:
        """The most that there was."""
        return max((value for _t, value in self.steps if value is not None), default=0)


@dataclass(frozen=True)
class Timeline:
    """All that has a place in time."""

    start: float
    end: float
    rows: tuple[Row, ...]
    charts: tuple[Chart, ...]
    notes: tuple[Mark, ...]  # what happened, numbered from 1 wherever it is shown
    hidden: int  # rows that were too many
    more: int  # and of what happened


def timeline(one: Shutdown, span_s: float = 0.0) -> Timeline:
    """Lay out a report; the axis is as long as the stop, or `span_s` to compare it with others."""
    length = max(one.length, span_s, LEAST_S)
    start, end = -length * BRACE, length * (1 + BRACE)
    rows = list(_rows(one, start, end))
    all_ = happened(one)
    notes = tuple(mark for number, mark in all_ if number)
    return Timeline(
        start,
        end,
        tuple(rows[:MOST_ROWS]),
        tuple(_charts(one)),
        notes,
        max(0, len(rows) - MOST_ROWS),
        len(all_) - len(notes),
    )


def happened(one: Shutdown) -> list[tuple[int | None, Mark]]:
    """Return what happened, of all services, in order; what a picture has room for is numbered."""
    found = list(one.moments)
    for service in one.services:
        found += [Mark(m.t, m.kind, f"{service.name}: {m.text}") for m in service.moments]
    own = sorted((mark for mark in found if mark.t >= 0), key=lambda mark: mark.t)
    worst = sorted(range(len(own)), key=lambda at: own[at].kind not in BAD)
    numbers = {at: number for number, at in enumerate(sorted(worst[:MOST_NOTES]), 1)}
    return [(numbers.get(at), mark) for at, mark in enumerate(own)]


def spender(one: Shutdown) -> Shutdown:
    """Return who used the budget; of several containers one, as each has a grace period."""
    if one.phases:
        return one
    own = next((service for service in one.services if service.budget == one.budget), one)
    by = own.asked_at - one.asked_at
    phases = tuple(replace(p, start=p.start - by, end=p.end - by) for p in own.phases)
    return replace(own, phases=phases)


def budget_of(one: Shutdown) -> str:
    """Name the budget's lane."""
    return f"budget of {one.name}" if one.name else "budget"


def used(one: Shutdown) -> str:
    """Say how much of the budget was used."""
    seconds = one.budget.used_s
    return f"{'?' if seconds is None else f'{seconds:.1f}'} of {one.budget.grace_s:g} s"


def ticks(start: float, end: float, most: int) -> list[float]:
    """Return round moments inside, at most `most`."""
    step = 10.0**-3
    while (end - start) / step > most:
        for factor in (2, 2.5, 2):
            step *= factor
            if (end - start) / step <= most:
                break
    first = int(start / step) - 1
    found = (number * step for number in range(first, int(end / step) + 2))
    return [t + 0.0 for t in found if start <= t <= end]


def _rows(one: Shutdown, start: float, end: float) -> Iterator[Row]:
    """Phases first, then processes as a tree; of services one after the other."""
    bars = tuple(
        Bar(max(p.start, start), min(p.end, end), p.name, p.name)
        for p in one.phases
        if p.end > start and p.start < end
    )
    if one.name:
        yield Row(one.name, f"exit {one.code}" if bars else f"over, exit {one.code}", bars)
    elif bars or not one.services:
        took = "not known" if one.seconds is None else f"{one.seconds:.1f} s"
        yield Row("phases", took, bars)
    for process in sorted(one.processes, key=_order):
        if process.end is None or process.end > start:
            yield _lane(process, start, end, 1 if process.role != "main" else 0)
    for service in one.services:
        yield from _rows(service, start, end)
    for name in one.never_started:
        yield Row(name, "never started", ())


def _lane(process: Process, start: float, end: float, level: int) -> Row:
    until = end if process.end is None else min(process.end, end)
    label = f"{process.name} {process.pid}" if process.role == "main" else process.role
    if process.role == "descendant":
        label = f"{process.name} {process.pid}"
    bar = Bar(max(process.start, start), until, process.kind, process.how)
    return Row(label, process.how, (bar,), process.signals, level)


def _order(process: Process) -> tuple[int, int, int]:
    """Main first, then workers by number, then the rest by pid."""
    word, _, number = process.role.partition(" ")
    rank = {"main": 0, "worker": 1}.get(word, 2)
    return rank, int(number) if number.isdecimal() else 0, process.pid


def _charts(one: Shutdown) -> Iterator[Chart]:
    """In flight and waiting, of each service that could be looked at."""
    for each in (one, *one.services):
        if not each.series:
            continue
        whose = f"{each.name}: " if each.name else ""
        points, until = each.series, each.series[-1].t
        if any(point.in_request is not None for point in points):
            ran = tuple((point.t, point.in_request) for point in points)
            yield Chart(f"{whose}in flight", "flight", ran, until)
        else:
            inside = tuple((point.t, point.serving) for point in points)
            yield Chart(f"{whose}connections", "flight", inside, until)
        waited = tuple((point.t, point.queued) for point in points)
        yield Chart(f"{whose}backlog", "queue", waited, until)
