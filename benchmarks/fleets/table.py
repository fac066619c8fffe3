"""Figures as tables, for the terminal and for Markdown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.fleets.contenders import CONTENDERS, OURS
from benchmarks.fleets.figures import number
from benchmarks.inits.table import known, ruled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.fleets.figures import Figures, Must

Lines = list[list[str]]
Tables = list[tuple[str, Lines]]

_HOW = """
Start in order: nobody was born before one that it comes after; supervisord and circus do that by
priorities, and wait for nobody to be ready. RSS and anonymous memory: of the supervisor and of
its helpers. Blocks of 8 KiB end amid a line, as those of buffered programs do: with `inherit` the
services have our stdout itself, and tear each other's lines. A ratio is to gracekeeper's.
"""
_MUSTS = ["must", "measured", "limit", ""]
_CHAIN = ["", "without us, until it answers", "alone in a file, spawned to ready", "in one file"]
_CROWD = [
    "supervisor",
    "until all run",
    "TERM to its end",
    "start in order",
    "stop in order",
    "exit code",
    "RSS, KiB",
    "anonymous, KiB",
    "processes",
]
_LINES = ["supervisor, log", "lines/s", "CPU s per million lines", "torn", "lost", "of"]


def must_lines(musts: Sequence[Must]) -> Lines:
    """The verdicts."""
    verdicts = {True: "reached", False: "missed"}
    return [_MUSTS, *([it.title, it.measured, it.limit, verdicts[it.reached]] for it in musts)]


def chain_lines(row: Figures) -> Lines:
    """Each server, their sum, and what the file takes."""
    found = [_CHAIN]
    for name in row["alone_s"]:
        keys = ("direct_s", "alone_s", "in_fleet_s")
        found.append([name, *(f"{row[key][name]:.3f} s" for key in keys)])
    sums = [f"{row[key]:.3f} s" for key in ("direct_longest_s", "longest_s", "fleet_s")]
    over = f"{row['over_s']:+.3f} s; worst {row['most_over_s']:+.3f} s"
    between = f"{row['between_s']:.3f} s of it from ready to the next one's spawned"
    return [
        *found,
        ["the row of them", *sums],
        ["one file over the sum", "", "", f"{over}; {between}"],
    ]


def crowd_lines(rows: Mapping[str, Figures]) -> Lines:
    """Each supervisor; ratios to ours."""
    ours = rows.get(OURS)
    return [_CROWD, *(_crowd_cells(name, row, ours) for name, row in rows.items())]


def _crowd_cells(name: str, row: Figures, ours: Figures | None) -> list[str]:
    of = row["rounds"]
    base = None if name == OURS else ours
    codes = ", ".join(map(str, row["codes"]))
    return [
        CONTENDERS[name].title,
        f"{row['start_s']:.2f} s{ratio(row, base, 'start_s')}",
        f"{row['stop_s']:.2f} s{ratio(row, base, 'stop_s')}",
        f"{row['start_in_order']} of {of}",
        f"{row['stop_in_order']} of {of}",
        codes + (f", {row['left']} left" if row["left"] else ""),
        f"{number(row['rss_kib'])}{ratio(row, base, 'rss_kib')}",
        f"{number(row['anonymous_kib'])}{ratio(row, base, 'anonymous_kib')}",
        str(row["processes"]),
    ]


def ratio(row: Mapping[str, Any], base: Mapping[str, Any] | None, key: str) -> str:
    """How often ours goes into it; nothing for ours."""
    return f" (x {row[key] / base[key]:.1f})" if base and base[key] else ""


def lines_lines(rows: Sequence[Figures]) -> Lines:
    """Each way to pass lines on."""
    return [
        _LINES,
        *(
            [
                row["title"],
                number(row["lines_per_s"]),
                f"{row['cpu_s_per_million']:.2f}",
                number(row["torn"]),
                number(row["lost"]),
                number(row["lines"]),
            ]
            for row in rows
        ),
    ]


def tables(
    musts: Sequence[Must],
    chained: Figures | None,
    crowds: Mapping[str, Mapping[str, Figures]],
    rows: Mapping[str, Sequence[Figures]],
) -> Tables:
    """All of the page."""
    page = [("What gracekeeper must reach", must_lines(musts))]
    if chained:
        title = "PostgreSQL, uWSGI after it, nginx after that; medians"
        page.append((title, chain_lines(chained)))
    page += [(f"200 services, {shape}; medians", crowd_lines(it)) for shape, it in crowds.items()]
    page += [
        (f"Lines of 80 bytes, {way}; medians, and sums of what was torn or lost", lines_lines(some))
        for way, some in rows.items()
    ]
    return page


def terminal(page: Tables) -> str:
    """Aligned columns."""
    return "\n\n".join("\n".join([title, *_aligned(some)]) for title, some in page)


def markdown(
    page: Tables, versions: Mapping[str, Any], about: str, notes: Sequence[str] = ()
) -> str:
    """The same for a page, with what could not be measured at its end."""
    parts = [f"Measured with {known(versions)}; {about}.", _HOW.strip()]
    for title, some in page:
        parts += [f"**{title}**", ruled(some)]
    if notes:
        parts += ["**What was not measured**", "\n".join(f"- {line}" for line in notes)]
    return "\n\n".join(parts) + "\n"


def _aligned(some: Lines) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*some, strict=True)]
    return [
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in some
    ]
