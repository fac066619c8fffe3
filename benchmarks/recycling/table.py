"""From measured trials to rows, and from rows to tables for the terminal and for Markdown. Pure."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = dict[str, Any]

HEADINGS = (
    "way",
    "server",
    "rounds",
    "lost",
    "refused",
    "turned away",
    "p50: steady, during",
    "p99: steady, during",
    "p99 ratio",
    "longest gap",
    "until fresh ones serve",
)
BROKEN_HEADINGS = ("way", "server", "rounds", "lost", "refused", "answered", "outcome")
GROWTH_HEADINGS = ("way", "server", "restarts", "PSS of PID 1", "descriptors", "processes", "files")
LEAK_HEADINGS = (
    "way",
    "answered",
    "lost",
    "refused",
    "p50, p99",
    "killed by the kernel",
    "workers replaced",
)


def row(about: dict[str, Any], measured: dict[str, Any] | None, failed: str) -> Row:
    """One row: what was tried, what was measured, and the ratio of the 99th percentiles."""
    ratio = None
    if measured:
        calm, busy = measured["steady"]["p99_s"], measured["during"]["p99_s"]
        ratio = busy / calm if calm and busy else None
    return {**about, "failed": failed, "ratio": ratio, "measured": measured}


def cells_of(one: Row) -> list[str]:
    """The words of a row, in the order of HEADINGS, or BROKEN_HEADINGS."""
    measured = one["measured"]
    name = [one["title"], one["server"]]
    headings = BROKEN_HEADINGS if one["broken"] else HEADINGS
    why = why_not(one)
    if why:
        return [*name, why, *[""] * (len(headings) - 3)]
    everything = measured["all"]
    counts = [str(measured["rounds"]), of(everything, "lost"), str(everything["refused"])]
    if one["broken"]:
        outcome = measured["ended"] and measured["ended"].split(";")[0]
        return [*name, *counts, str(everything["answered"]), outcome or "the old one serves on"]
    calm, busy = measured["steady"], measured["during"]
    ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
    return [
        *name,
        *counts,
        str(everything["turned_away"]),
        _pair(calm["p50_s"], busy["p50_s"]),
        _pair(calm["p99_s"], busy["p99_s"]),
        ratio,
        f"{max(measured['gap_s']):.2f} s",
        f"{median(measured['took_s']):.2f} s ({max(measured['took_s']):.2f})",
    ]


def why_not(one: Row) -> str:
    """Why there are no numbers; empty: there are."""
    if one["cannot"]:
        return f"not offered: {one['cannot']}"
    if one["missing"]:
        return f"not installed: {one['missing']}"
    measured = one["measured"]
    if not measured or not measured["rounds"]:
        return f"could not be measured: {one['failed'] or 'no round'}"
    return ""


def of(counts: dict[str, Any], name: str) -> str:
    """So many of all whose connection was accepted."""
    accepted = counts["answered"] + counts["turned_away"] + counts["lost"]
    return f"{counts[name]} of {accepted}"


def _pair(calm: float | None, busy: float | None) -> str:
    words = ("-" if it is None else f"{it * 1000:.0f} ms" for it in (calm, busy))
    return ", ".join(words)


def growth_of(one: Row) -> list[str]:
    """The words of a row, in the order of GROWTH_HEADINGS."""
    grown = one["measured"]["growth"]
    pss = "not seen" if grown["pss_kib"] is None else f"{grown['pss_kib']:+d} KiB"
    files = ", ".join(grown["files"]) or "0"
    numbers = [f"{grown['fds']:+d}", f"{grown['processes']:+d}"]
    return [one["title"], one["server"], str(one["measured"]["rounds"]), pss, *numbers, files]


def leak_of(one: dict[str, Any]) -> list[str]:
    """The words of a row, in the order of LEAK_HEADINGS."""
    if one["failed"]:
        return [one["title"], f"could not be measured: {one['failed']}", *[""] * 5]
    tally = one["tally"]
    killed = "not seen" if one["killed"] is None else str(one["killed"])
    return [
        one["title"],
        str(tally["answered"]),
        of(tally, "lost"),
        str(tally["refused"]),
        _pair(tally["p50_s"], tally["p99_s"]),
        killed,
        str(one["replaced"]),
    ]


def notes_of(one: Row) -> list[str]:
    """What a reader must know about a row beyond its numbers."""
    measured = one["measured"]
    if not measured or why_not(one):
        return []
    name = f"{one['title']}, {one['server']}"
    notes = []
    if measured["failed"]:
        notes.append(f"{name}: {len(measured['failed'])} rounds failed: {measured['failed'][0]}")
    if measured["ended"] and not one["broken"]:
        notes.append(f"{name}: {measured['ended']}")
    if measured["all"]["errors"]:
        notes.append(f"{name}: {measured['all']['errors']} answers had a status of 500 or more")
    return notes


def tables(
    rows: Sequence[Row], leaks: Sequence[dict[str, Any]] = ()
) -> list[tuple[str, list[Sequence[str]], list[str]]]:
    """Each table: its title, its lines with the headings first, its notes."""
    found: list[tuple[str, list[Sequence[str]], list[str]]] = []
    for scene in dict.fromkeys(one["scene"] for one in rows):
        some = [one for one in rows if one["scene"] == scene]
        headings = BROKEN_HEADINGS if some[0]["broken"] else HEADINGS
        notes = [note for one in some for note in notes_of(one)]
        found.append((scene, [headings, *map(cells_of, some)], notes))
    grown = [one for one in rows if _has_grown(one)]
    if grown:
        title = "What is left behind, from the second round to the last"
        found.append((title, [GROWTH_HEADINGS, *map(growth_of, grown)], []))
    if leaks:
        ended = [f"{one['title']}: {one['ended']}" for one in leaks if one.get("ended")]
        found.append((leak_title(leaks), [LEAK_HEADINGS, *map(leak_of, leaks)], ended))
    return found


def leak_title(leaks: Sequence[dict[str, Any]]) -> str:
    """What was done to all of them."""
    seconds = f"{leaks[0]['seconds']:g}"
    return f"1 MiB leaked a request, in a container with 256 MiB, for {seconds} s"


def _has_grown(one: Row) -> bool:
    measured = one["measured"]
    return bool(measured and measured["growth"] and not one["broken"])


def terminal(rows: Sequence[Row], leaks: Sequence[dict[str, Any]] = ()) -> str:
    """Aligned columns."""
    return "\n\n".join(
        "\n".join([title, *_aligned(lines), *notes]) for title, lines, notes in tables(rows, leaks)
    )


def markdown(
    rows: Sequence[Row], versions: dict[str, Any], leaks: Sequence[dict[str, Any]] = ()
) -> str:
    """The same for a page."""
    known = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    parts = [f"Measured with {known}."]
    for title, lines, notes in tables(rows, leaks):
        ruled = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
        parts += [f"**{title}**", "\n".join(f"| {' | '.join(line)} |" for line in ruled)]
        if notes:
            parts.append("\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts) + "\n"


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
