"""Findings on a terminal: by file, each with its line, why it matters and what to do."""

from __future__ import annotations

import difflib
import textwrap
from typing import TYPE_CHECKING, Final

from rich.text import Text

from supervisor.doctor.finding import SEVERITIES
from supervisor.render.fields import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supervisor.doctor.checkup import Change, Checkup, Item
    from supervisor.doctor.finding import Place, Skip

STYLES: Final = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
}
GUTTER, LABEL, WIDEST, MOST_LINES, MOST_SKIPS = 6, 6, 100, 4, 12


def text(found: Checkup, width: int) -> Iterator[Text]:
    """Yield lines, none wider than the terminal where it can be helped."""
    width = min(width, WIDEST)
    before = None
    for item in found.items:
        path = item.finding.place.path
        if path != before:
            yield Text(harmless(path), style="bold underline")
        before = path
        yield from _item(item, width)
        yield Text()
    yield from _skips(found.skips, width)
    yield summary(found)
    if found.items:
        fixes = sum(bool(item.changes) for item in found.items)
        told = f"--fix shows {many(fixes, 'patch', 'patches')}; " if fixes else ""
        yield Text(f"{told}--explain ID tells more.", style="dim")


def summary(found: Checkup) -> Text:
    """Return the last line: what was looked at, and how much was found."""
    line = Text()
    counted = [(name, found.count(name)) for name in SEVERITIES]
    for name, number in counted:
        if number:
            line.append(", " if line else "")
            line.append(f"{number} {name}", style=STYLES[name])
    if not line and not found.files:
        line.append(
            "Nothing could be read" if found.skips else "Nothing to read here", style="bold"
        )
    else:
        if not line:
            line.append("Nothing found", style="bold green")
        line.append(f" in {many(found.files, 'file')}, {many(found.services, 'service')}")
    asides = [
        f"{number} {what}"
        for number, what in (
            (found.known, "known from the baseline"),
            (found.ignored, "ignored by comments"),
            (found.hidden, "below --min-severity"),
            (len(found.skips), "not read"),
        )
        if number
    ]
    return line.append(f" ({', '.join(asides)})" if asides else "").append(".")


def many(number: int, what: str, several: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {what if number == 1 else several or f'{what}s'}"


def _item(item: Item, width: int) -> Iterator[Text]:
    one = item.finding
    head = Text("  ").append(one.severity, style=STYLES[one.severity])
    yield head.append(f"  {one.id}", style="bold")
    yield from _quoted(item, width)
    yield from _row("why", one.why, width)
    yield from _row("fix", one.fix, width)
    for change in item.changes:
        yield from _diff(change, one.place, width)
    for at, fact in enumerate(one.facts):
        yield from _row("" if at else "see", fact, width)


def _quoted(item: Item, width: int) -> Iterator[Text]:
    lines = item.lines[:MOST_LINES]
    for number, line in lines:
        yield _cut(Text(f"{number:>{GUTTER + LABEL - 2}} \N{BOX DRAWINGS LIGHT VERTICAL} ").append(
            harmless(line.expandtabs(4)), style="italic"), width)  # fmt: skip
    if len(item.lines) > MOST_LINES:
        left = many(len(item.lines) - MOST_LINES, "more line")
        yield Text(f"{' ' * (GUTTER + LABEL - 1)}\N{BOX DRAWINGS LIGHT VERTICAL} … {left}", "dim")


def _row(label: str, told: str, width: int) -> Iterator[Text]:
    room = max(width - GUTTER - LABEL, 20)
    for at, line in enumerate(textwrap.wrap(harmless(told), room, break_on_hyphens=False)):
        yield Text(" " * GUTTER).append(f"{'' if at else label:<{LABEL}}", style="dim").append(line)


def _diff(change: Change, place: Place, width: int) -> Iterator[Text]:
    if change.place.path != place.path:
        yield from _row("", f"in {change.place}:", width)
    for line in changed(change):
        style = "red" if line.startswith("-") else "green"
        shown = f"{line[0]} {harmless(line[1:].expandtabs(4))}"
        yield _cut(Text(" " * (GUTTER + LABEL)).append(shown, style=style), width)


def changed(change: Change) -> Iterator[str]:
    """Yield the lines that differ, with + and -."""
    lines = difflib.unified_diff(change.before, change.after, n=0, lineterm="")
    yield from (line for line in list(lines)[2:] if not line.startswith("@@"))


def _skips(skips: Iterable[Skip], width: int) -> Iterator[Text]:
    skips = list(skips)
    if not skips:
        return
    yield Text("Not read", style="bold underline")
    for skip in skips[:MOST_SKIPS]:
        where = str(skip.place) if skip.place.line > 1 else skip.place.path
        told = f"{where}: {skip.why}" if where else skip.why
        for at, line in enumerate(textwrap.wrap(harmless(told), width - 8)):
            yield Text(f"{'    ' if at else '  '}{line}", style="dim")
    if len(skips) > MOST_SKIPS:
        yield Text(f"  … and {len(skips) - MOST_SKIPS} more: --format json tells them all", "dim")
    yield Text()


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line
