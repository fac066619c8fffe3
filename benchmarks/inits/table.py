"""Figures as tables, for the terminal and for Markdown: contenders are rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.inits import musts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.inits.figures import Figures

Lines = list[list[str]]
_MOST_WRONG = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A contender's figures, or why there are none."""

    title: str
    figures: Figures
    why_not: str = ""
    forwards: bool = True
    ends_with_child: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and how to say a row's cell."""

    heading: str
    say: Callable[[Row], str]


def figure(key: str, digits: int = 0, unit: str = "") -> Callable[[Row], str]:
    """A number with so many digits; `-`: nobody measured it."""

    def say(row: Row) -> str:
        value = row.figures.get(key)
        return "-" if value is None else f"{value:,.{digits}f}{unit}".replace(",", " ")

    return say


def lost(key: str, total: str) -> Callable[[Row], str]:
    """So many of so many."""

    def say(row: Row) -> str:
        sent = row.figures.get(total)
        return f"{row.figures[key]} of {sent}" if sent else "-"

    return say


def latency(key: str) -> Callable[[Row], str]:
    """Of USR1; who does not pass it on says how long TERM takes."""

    def say(row: Row) -> str:
        if row.forwards:
            return figure(key)(row)
        term_us = row.figures.get("term_us")
        return "-" if term_us is None else f"not passed on (TERM: {term_us / 1000:.2f} ms)"

    return say


def status(row: Row) -> str:
    """Right ones in percent."""
    if not row.ends_with_child:
        return "does not end with its command"
    total = row.figures.get("status_total")
    return f"{100 * row.figures['status_right'] / total:.1f} %" if total else "-"


def wrong(row: Row) -> str:
    """The first cases that are not."""
    found = row.figures.get("status_wrong")
    if found is None:
        return "-"
    return ", ".join(found[:_MOST_WRONG]) + (" ..." if len(found) > _MOST_WRONG else "") or "none"


def reaped(row: Row) -> str:
    """A rate, and what is left."""
    if row.figures.get("orphans_per_s") is None:
        return "-"
    left = row.figures["orphans_left"]
    return figure("orphans_per_s")(row) + (f" ({left} left)" if left else "")


def by_delay(row: Row) -> str:
    """Each delay at which something was lost."""
    found = row.figures.get("early_by_ms")
    if not found:
        return "-"
    words = [f"{ms} ms: {gone} of {sent}" for ms, (gone, sent) in found.items() if gone]
    return ", ".join(words) or "none"


NAME = Column("PID 1", lambda row: row.title)
TABLES: tuple[tuple[str, tuple[Column, ...]], ...] = (
    (
        "Start and end, medians",
        (
            Column("start over direct exec, ms", figure("start_ms", 2)),
            Column("start, p90, ms", figure("start_p90_ms", 2)),
            Column("TERM to the child, us", figure("term_us")),
            Column("child's end to its end, ms", figure("stop_ms", 2)),
        ),
    ),
    (
        "Memory with 1 child, KiB, medians; helpers included",
        (
            Column("anonymous", figure("anonymous_kib")),
            Column("RSS", figure("rss_kib")),
            Column("PSS", figure("pss_kib")),
            Column("processes", figure("processes")),
            Column("anonymous, PID 1 alone", figure("anonymous_pid1_kib")),
            Column("RSS, PID 1 alone", figure("rss_pid1_kib")),
            Column("anonymous with 20", figure("anonymous_20_kib")),
            Column("RSS with 20", figure("rss_20_kib")),
            Column("each further child", figure("further_kib", 1)),
        ),
    ),
    (
        "At rest",
        (
            Column("switches, 1 child", figure("idle_switches_1")),
            Column("switches, 20", figure("idle_switches_20")),
            Column("CPU, 1 child, ns", figure("idle_cpu_ns_1")),
            Column("CPU, 20, ns", figure("idle_cpu_ns_20")),
        ),
    ),
    (
        "Signals",
        (
            Column("p50, us", latency("signal_p50_us")),
            Column("p99, us", figure("signal_p99_us")),
            Column("TERM lost ≥ 2 ms after exec", lost("early_lost", "early_sent")),
            Column("at any delay", by_delay),
        ),
    ),
    (
        "Orphans",
        (
            Column("reaped per s", reaped),
            Column("TERM lost in bursts", lost("bursts_lost", "bursts")),
            Column("TERM really sent amid one", figure("bursts_amid")),
            Column("orphans in each", figure("burst_orphans")),
        ),
    ),
    (
        "Exit status: 128 + N for signal N, 127 not found, 126 not executable",
        (
            Column("right", status),
            Column("of cases", figure("status_total")),
            Column("wrong", wrong),
        ),
    ),
)


def lines(columns: Sequence[Column], rows: Sequence[Row]) -> Lines:
    """Headings, then rows; one that is missing says so in its first cell."""
    found = [[NAME.heading, *(column.heading for column in columns)]]
    for row in rows:
        if row.why_not:
            found.append([row.title, row.why_not, *[""] * (len(columns) - 1)])
        else:
            found.append([row.title, *(column.say(row) for column in columns)])
    return found


def must_lines(found: Mapping[str, Figures]) -> Lines:
    """Each must, measured, its limit and the verdict."""
    return [list(musts.HEADINGS), *(must.cells() for must in musts.musts(found))]


def rows_with(keys: Sequence[Row], columns: Sequence[Column]) -> list[Row]:
    """Without those for which a table has nothing at all to say."""
    return [row for row in keys if row.why_not or any(it.say(row) != "-" for it in columns)]


def tables(rows: Sequence[Row], found: Mapping[str, Figures]) -> list[tuple[str, Lines]]:
    """All of the page."""
    page = [("What gracekeeper must reach", must_lines(found))]
    for title, columns in TABLES:
        some = rows_with(rows, columns)
        if any(_has_numbers(row, columns) for row in some):
            page.append((title, lines(columns, some)))
    return page


def _has_numbers(row: Row, columns: Sequence[Column]) -> bool:
    """More than words that are known beforehand: some cell has a digit."""
    words = (column.say(row) for column in columns)
    return not row.why_not and any(char.isdigit() for word in words for char in word)


def terminal(rows: Sequence[Row], found: Mapping[str, Figures]) -> str:
    """Aligned columns."""
    return "\n\n".join("\n".join([title, *_aligned(it)]) for title, it in tables(rows, found))


def markdown(
    rows: Sequence[Row],
    found: Mapping[str, Figures],
    versions: Mapping[str, Any],
    about: str,
    failed: Sequence[str] = (),
) -> str:
    """The same for a page, with what could not be measured at its end."""
    parts = [f"Measured with {known(versions)}; {about}."]
    for title, some in tables(rows, found):
        parts += [f"**{title}**", ruled(some)]
    if failed:
        parts += ["**What failed**", "\n".join(f"- {line}" for line in failed)]
    return "\n\n".join(parts) + "\n"


def known(versions: Mapping[str, Any]) -> str:
    """Programs that are there."""
    return ", ".join(f"{name} {version}" for name, version in versions.items() if version)


def ruled(some: Lines) -> str:
    """A Markdown table."""
    body = [some[0], ["---"] * len(some[0]), *some[1:]]
    return "\n".join(f"| {' | '.join(words)} |" for words in body)


def _aligned(some: Lines) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*some, strict=True)]
    return [
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in some
    ]
