"""From single stops to rows, and from rows to a table for the terminal and for Markdown. Pure."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]

HEADINGS = (
    "entrypoint",
    "uWSGI",
    "in flight: lost",
    "accepted later: lost",
    "turned away",
    "refused",
    "stop, median (max)",
    "after the last answer",
    "exit",
)


def summarize(cell: dict[str, Any], stops: Sequence[dict[str, Any]], failed: list[str]) -> Row:
    """One row: sums over all stops of a cell; times in seconds."""
    times = [stop["stop_s"] for stop in stops]
    tails = [stop["tail_s"] for stop in stops]
    in_flight, after = _sum(stops, "in_flight"), _sum(stops, "after")
    reasons: Counter[str] = Counter()
    for stop in stops:
        reasons.update(stop["reasons"])
    return {
        **cell,
        "stops": len(stops),
        "failed": failed,
        "lost": in_flight["lost"] + after["lost"],
        "stops_with_a_loss": sum(1 for s in stops if s["in_flight"]["lost"] + s["after"]["lost"]),
        "lost_before": sum(stop["lost_before"] for stop in stops),
        "in_flight": dict(in_flight),
        "after": dict(after),
        "stop_s": {"median": median(times), "max": max(times)} if times else None,
        "tail_s": {"median": median(tails), "max": max(tails)} if tails else None,
        "exit_codes": dict(Counter(str(stop["exit_code"]) for stop in stops).most_common()),
        "reasons": dict(reasons.most_common()),
        "each": list(stops),
    }


def _sum(stops: Sequence[dict[str, Any]], part: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for stop in stops:
        total.update(stop[part])
    return total


def cells_of(row: Row) -> list[str]:
    """The words of a row, in the order of HEADINGS."""
    if row["missing"]:
        return [row["title"], row["server"], f"not installed: {row['missing']}", *[""] * 6]
    if not row["stops"]:
        return [row["title"], row["server"], "could not be measured", *[""] * 6]
    in_flight, after = row["in_flight"], row["after"]
    turned_away = in_flight["turned_away"] + after["turned_away"]
    return [
        row["title"],
        row["server"],
        f"{in_flight['lost']} of {in_flight['accepted']}",
        f"{after['lost']} of {after['accepted']}",
        str(turned_away),
        str(after["refused"]),
        f"{row['stop_s']['median']:.2f} s ({row['stop_s']['max']:.2f})",
        f"{row['tail_s']['median']:.2f} s",
        ", ".join(
            code if len(row["exit_codes"]) == 1 else f"{code} ({count} x)"
            for code, count in row["exit_codes"].items()
        ),
    ]


def notes_of(row: Row) -> list[str]:
    """What a reader must know about a row beyond its numbers."""
    name = f"{row['title']}, {row['server']}"
    notes = [f"{name}: a stop failed: {message}" for message in row["failed"]]
    if row["lost_before"]:
        notes.append(f"{name}: {row['lost_before']} requests were lost before the signal")
    errors = row["in_flight"].get("errors", 0) + row["after"].get("errors", 0)
    if errors:
        notes.append(f"{name}: {errors} answers had a status of 500 or more")
    return notes


def terminal(rows: Sequence[Row]) -> str:
    """A table of aligned columns, one for each scenario."""
    return "\n\n".join(
        "\n".join([title, *_aligned([HEADINGS, *map(cells_of, some)]), *_notes(some)])
        for title, some in _by_scenario(rows)
    )


def markdown(rows: Sequence[Row], versions: dict[str, Any]) -> str:
    """The same tables for the README."""
    known = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    parts = [f"Measured with {known}."]
    for title, some in _by_scenario(rows):
        lines = [HEADINGS, ["---"] * len(HEADINGS), *map(cells_of, some)]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        parts += [f"**{title}**", table]
        notes = _notes(some)
        if notes:
            parts.append("\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts) + "\n"


def _by_scenario(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    names = dict.fromkeys(row["scenario"] for row in rows)
    groups = [[row for row in rows if row["scenario"] == name] for name in names]
    return [(_title(some), some) for some in groups]


def _title(rows: list[Row]) -> str:
    stops = max(row["stops"] for row in rows)
    grace_s = rows[0]["grace_s"]
    return f"{rows[0]['scenario_title']}; {stops} stops each, grace {grace_s:g} s"


def _notes(rows: Sequence[Row]) -> list[str]:
    return [note for row in rows for note in notes_of(row)]


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
