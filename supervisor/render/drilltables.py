"""A drill in words and numbers, as rows of cells: for pages and terminals."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from supervisor.render.drillmodel import COUNTED, NAMES
from supervisor.render.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.render.drillmodel import Drill, Trial


NONE = "No requests were sent."
NUMBERS = re.compile(r"\d+")
REPORTS = ('{"event": "report"', '{"event":"report"')
NAMED = {"before": "before it", "inside": "inside when asked", "later": "later"}


def parts(one: Trial) -> Table:
    """Return what became of the requests, before and during the stop and after it."""
    heads = ("", *(NAMES[fate] for fate in COUNTED), "p50", "p99")
    rows = tuple(
        (
            NAMED.get(part.name, part.name),
            *(str(part.of(fate)) for fate in COUNTED),
            took(part.p50),
            took(part.p99),
        )
        for part in one.parts
    )
    return Table("Requests", heads, rows, frozenset(range(1, 7)))


def lost(one: Trial) -> Table:
    """Return the lost requests, those together that were lost in the same way."""
    groups: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for loss in one.losses:
        groups[loss.path, loss.reason].append(loss.lost)
    rows = tuple(
        (path, str(len(times)), reason, _when(times))
        for (path, reason), times in sorted(groups.items(), key=lambda item: -len(item[1]))
    )
    return Table("Lost requests", ("request", "times", "because", "at, s"), rows, frozenset({1}))


def each_lost(one: Trial) -> Table:
    """Return every lost request."""
    rows = tuple(
        (x.path, f"{x.sent:.3f}", f"{x.lost:.3f}", x.reason)
        for x in sorted(one.losses, key=lambda x: x.lost)
    )
    heads = ("request", "sent at, s", "lost at, s", "because")
    return Table("Each lost request", heads, rows, frozenset({1, 2}))


def trials(drill: Drill) -> Table:
    """Return one line for each stop."""
    rows = tuple(
        (
            str(number),
            "passed" if one.ok else "failed",
            *(str(one.whole.of(fate)) for fate in COUNTED),
            code(one),
            f"{one.seconds:.2f}",
        )
        for number, one in enumerate(drill.trials, 1)
    )
    heads = ("no.", "verdict", *(NAMES[fate] for fate in COUNTED), "exit code", "took, s")
    return Table("Trials", heads, rows, frozenset({0, 2, 3, 4, 5, 6, 7}))


def platforms(drill: Drill) -> Table:
    """Return whose grace period the stop fits in."""
    words = {True: "fits", False: "too long", None: "not known"}
    rows = tuple(
        (x.name, f"{x.grace:g}", "fits, just" if x.tight else words[x.fits], x.setting)
        for x in drill.platforms
    )
    heads = ("platform", "grace, s", "this stop", "what changes the grace")
    return Table("On the platforms, by default", heads, rows, frozenset({1}))


def excerpt(one: Trial, most: int) -> tuple[str, ...]:
    """Return the last lines of the log, once those that differ by numbers alone.

    A report among them is drawn, not read.
    """
    lines = [line for line in one.log if line.strip() and not line.startswith(REPORTS)]
    alike = [list(group) for _key, group in groupby(lines, lambda line: NUMBERS.sub("0", line))]
    found: list[str] = []
    for group in alike[-most:]:
        found += [f"... {len(group) - 1} like the next one"] if group[1:] else []
        found.append(group[-1])
    return tuple(found)


def by_grace(drill: Drill, fits: bool) -> str:
    """Name the platforms that a stop fits in, or does not, by their grace periods."""
    groups: dict[float, list[str]] = {}
    for one in drill.platforms:
        if one.fits is fits:
            name = f"{one.name}, just" if one.tight else one.name
            groups.setdefault(one.grace, []).append(name)
    return "; ".join(f"{', '.join(names)} ({grace:g} s)" for grace, names in groups.items())


def facts(one: Trial) -> Iterator[tuple[str, str]]:
    """Return what is told in one line each."""
    yield from ends(one)
    yield "Lost", str(one.whole.lost)
    yield "Answered", str(one.whole.answered)
    yield "Turned away", str(one.whole.turned_away)
    yield "Refused", str(one.whole.refused)
    yield from oddities(one)


def ends(one: Trial) -> Iterator[tuple[str, str]]:
    """Return what was asked for, and how that ended."""
    grace = "" if one.grace is None else f" of {one.grace:g} s"
    yield "Asked for", asked(one)
    yield "Took", f"{took(one.seconds)}{grace}{', then killed' if one.killed else ''}"
    yield "Exit code", code(one)


def oddities(one: Trial) -> Iterator[tuple[str, str]]:
    """Return what the four counts don't tell, and is hardly ever there."""
    if one.failed:
        yield "Answers that were 5xx", str(one.failed)
    if one.unsent:
        yield "Due and never sent", str(one.unsent)
    if one.late:
        yield "Sent late", f"{one.late}, because no client was free"


def asked(one: Trial) -> str:
    """Return what was asked for, and by what."""
    return f"{one.action} by {one.signal}" if one.signal else one.action


def code(one: Trial) -> str:
    """Return the exit code, or that there is none."""
    return "none" if one.code is None else str(one.code)


def took(seconds: float | None) -> str:
    """Return a duration as it is read best."""
    if seconds is None:
        return ""
    if seconds >= 0.9995:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.{0 if seconds >= 0.01 else 1}f} ms"


def _when(times: list[float]) -> str:
    first, last = f"{min(times):.2f}", f"{max(times):.2f}"
    return first if first == last else f"{first} to {last}"
