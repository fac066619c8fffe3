"""The same as the pictures in words and numbers, as rows of cells: for pages and terminals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from supervisor.render import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.render.model import Shutdown

Cells = tuple[str, ...]
ENDINGS: Final = {"there": "still there", "ended": "ended, how is not known"}
CUTS: Final = {
    "out-of-time": "the grace period was over",
    "delay-over": "the drain delay was over",
    "hurried": "a second signal came",
    "died": "the service died",
}


@dataclass(frozen=True)
class Table:
    """Rows under heads; of the columns in `numbers` the right edges are aligned."""

    title: str
    heads: Cells
    rows: tuple[Cells, ...]
    numbers: frozenset[int] = frozenset()


def facts(one: Shutdown) -> list[tuple[str, str]]:
    """Return what is told in one line each."""
    counts, budget = one.requests, one.budget
    of = f" of {budget.grace_s:g} s" if one.seconds == budget.used_s else ""  # else one's alone
    return [
        ("Took", "not known" if one.seconds is None else f"{one.seconds:.2f} s{of}"),
        ("Lost", _lost(one)),
        ("Turned away", known(counts.turned_away)),
        ("Answered while stopping", known(counts.while_stopping)),
        ("Killed", killed(one)),
        ("Exit code", str(one.code)),
        ("Asked by", one.sender),
    ]


def killed(one: Shutdown) -> str:
    """Say how many were killed, as far as anybody saw."""
    if one.killed or (one.seen and not one.met_kill):
        return f"{one.killed} of {one.seen} processes"
    return "1 or more, by the engine" if one.met_kill else "not known"


def known(value: int | None) -> str:
    """Show a number, or that nobody could know it."""
    return "not known" if value is None else str(value)


def requests(one: Shutdown) -> Table:
    """Return the counts, of each service too."""
    heads = ("", "lost", "turned away", "answered while stopping", "answered in all", "refused")
    each = [one, *one.services] if one.services else [one]
    rows = tuple(
        (
            s.name or "all",
            _lost(s),
            *(
                known(value)
                for value in (
                    s.requests.turned_away,
                    s.requests.while_stopping,
                    s.requests.served,
                    s.requests.refused,
                )
            ),
        )
        for s in each
    )
    return Table("Requests", heads, rows, frozenset(range(1, 6)))


def lost(one: Shutdown) -> Table:
    """Return which requests were lost, by URI, and why."""
    rows = tuple(
        (uri, str(count), s.name, CUTS.get(s.requests.cut, s.requests.cut))
        for s in (one.services or (one,))
        for uri, count in s.requests.lost_by_uri
    )
    return Table("Lost, by URI", ("request", "times", "service", "because"), rows, frozenset({1}))


def phases(one: Shutdown) -> Table:
    """Return the phases, of each service too."""
    rows = tuple(
        (s.name, p.name, f"{p.start:.3f}", f"{p.end:.3f}", f"{p.end - p.start:.3f}")
        for s in (one, *one.services)
        for p in s.phases
    )
    heads = ("service", "phase", "from, s", "to, s", "took, s")
    return Table("Phases", heads, rows, frozenset({2, 3, 4}))


def happened(one: Shutdown) -> Table:
    """Return all that happened, numbered as in the picture."""
    rows = tuple((str(n or ""), f"{m.t:.3f}", m.text) for n, m in timeline.happened(one))
    return Table("What happened", ("no.", "at, s", "what"), rows, frozenset({0, 1}))


def processes(one: Shutdown) -> Table:
    """Return every process with its signals and its end."""
    heads = ("service", "process", "pid", "role", "started, s", "signals", "ended, s", "how")
    rows = tuple(
        (
            s.name,
            p.name,
            str(p.pid),
            p.role,
            f"{p.start:.3f}",
            ", ".join(f"{m.text} at {m.t:.3f}" for m in p.signals),
            "" if p.end is None else f"{p.end:.3f}",
            ENDINGS.get(p.how, p.how),
        )
        for s in (one, *one.services)
        for p in s.processes
    )
    return Table("Processes", heads, rows, frozenset({2, 4, 6}))


def series(one: Shutdown) -> Table:
    """Return what looks showed."""
    rows = tuple(
        (s.name, f"{p.t:.3f}", str(p.queued), known(p.in_request), str(p.serving))
        for s in (one, *one.services)
        for p in s.series
    )
    heads = ("service", "at, s", "waiting", "requests that ran", "connections inside")
    return Table("Over time", heads, rows, frozenset({1, 2, 3, 4}))


def filled(table: Table) -> Table:
    """Leave out the columns in which nothing is told."""
    kept = [at for at in range(len(table.heads)) if any(row[at] for row in table.rows)]
    numbers = frozenset(new for new, at in enumerate(kept) if at in table.numbers)
    rows = tuple(tuple(row[at] for at in kept) for row in table.rows)
    return Table(table.title, tuple(table.heads[at] for at in kept), rows, numbers)


def all_of(one: Shutdown) -> Iterator[Table]:
    """Return those that have anything to say, what matters most first."""
    for make in (lost, requests, happened, phases, processes, series):
        table = filled(make(one))
        if table.rows:
            yield table


def _lost(one: Shutdown) -> str:
    """Show how many were lost, also where that is not known of all services."""
    seen = sum(service.requests.lost or 0 for service in one.services)
    return f"{seen} or more" if one.requests.lost is None and seen else known(one.requests.lost)
