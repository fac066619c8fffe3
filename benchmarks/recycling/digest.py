"""One line for each way: its sums over all servers, and its worst. For the README. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.recycling import table

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS = (
    "way",
    "replacements",
    "lost",
    "refused",
    "p99 during : steady",
    "longest silence",
    "into code that does not load",
)


def digest(
    rows: Sequence[table.Row], versions: dict[str, Any], leaks: Sequence[dict[str, Any]] = ()
) -> str:
    """The Markdown: ways, then leaks. Ratio and silence are the worst of the way's servers."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *lines_of(rows)]
    servers = ", ".join(dict.fromkeys(one["mode"] for one in rows))
    workers = " and ".join(str(n) for n in sorted({one["workers"] for one in rows}))
    known = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    parts = [
        f"Measured with {known}: {rows[0]['scene']}; {servers}; {workers} workers." if rows else "",
        _table(lines),
    ]
    if leaks:
        leaked = [table.LEAK_HEADINGS, ["---"] * len(table.LEAK_HEADINGS)]
        parts += [f"{table.leak_title(leaks)}:", _table([*leaked, *map(table.leak_of, leaks)])]
    return "\n\n".join(parts) + "\n"


def lines_of(rows: Sequence[table.Row]) -> list[list[str]]:
    """A line for each way that was measured, or the reason why it was not."""
    found = []
    for title in dict.fromkeys(one["title"] for one in rows):
        mine = [one for one in rows if one["title"] == title]
        whole = [one for one in mine if not one["broken"]]
        found.append([title, *_sums(whole), _outcome([one for one in mine if one["broken"]])])
    return found


def _sums(rows: Sequence[table.Row]) -> list[str]:
    missing = next((table.why_not(one) for one in rows if table.why_not(one)), "")
    if missing or not rows:
        return [missing or "not measured", "", "", "", ""]
    measured = [one["measured"] for one in rows]
    counts = {
        name: sum(each["all"][name] for each in measured)
        for name in ("answered", "turned_away", "lost", "refused")
    }
    ratios = [one["ratio"] for one in rows if one["ratio"] is not None]
    return [
        str(sum(_fresh(one) for one in rows)),
        table.of(counts, "lost"),
        str(counts["refused"]),
        f"{max(ratios):.2f}" if ratios else "-",
        f"{max(gap for each in measured for gap in each['gap_s']):.2f} s",
    ]


def _fresh(one: table.Row) -> int:
    """Rounds, where all workers are new at once; else each worker counts."""
    rounds = int(one["measured"]["rounds"])
    one_by_one = one["kind"] == "recycle" and not one["itself"]
    return rounds * int(one["workers"]) if one_by_one else rounds


def _outcome(rows: Sequence[table.Row]) -> str:
    """What became of the old one, at its worst."""
    if not rows:
        return ""
    worst = max(rows, key=_harm)
    if worst["cannot"] or not worst["measured"]:
        return table.why_not(worst)
    harm = worst["measured"]["ended"].split(";")[0].partition(" in round")[0]
    lost = sum(one["measured"]["all"]["lost"] for one in rows if one["measured"])
    return f"{harm or 'the old one serves on'}, {lost} lost"


def _harm(one: table.Row) -> tuple[bool, int]:
    measured = one["measured"]
    return (bool(measured["ended"]), measured["all"]["lost"]) if measured else (False, 0)


def _table(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
