"""A drill for a terminal or a pipe: the verdict, numbers, and lanes of Unicode bars over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from supervisor.render import drilltables
from supervisor.render.drillchart import span
from supervisor.render.drillmodel import COUNTED, FATES, NAMES
from supervisor.render.terminal import GLYPHS, LEVELS, grid, style_of
from supervisor.render.timeline import ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from supervisor.render.drillmodel import Drill, Trial
    from supervisor.render.tables import Table

LABEL, DETAIL, LEAST = 14, 10, 20
LINES = 10  # of the log
Cell = tuple[str, str]


def terminal_drill(drill: Drill, width: int) -> Iterator[RenderableType]:
    """Return what is printed, part after part; of several trials the one that tells most."""
    one = drill.worst
    colour = "green" if drill.ok else "red"
    yield Text.assemble((f"{drill.word}. ", f"bold {colour}"), (_plain(drill.sentence), "bold"))
    if drill.missing:
        yield Text.assemble(("Missing: ", "bold"), _plain(drill.missing.why))
    for told in one.told:
        if told not in drill.sentence:
            yield Text(f"  - {_plain(told)}")
    for head, told in (("Seen" if one.ok else "Why", one.cause), ("To do", one.fix)):
        if told:
            yield Text.assemble((f"{head}: ", "bold"), _plain(told))
    if len(drill.trials) > 1:
        yield from _titled(drilltables.trials(drill))
        yield Text(f"\nTrial {drill.trials.index(one) + 1}, which tells most", style="bold")
    yield Text()
    yield from _facts(one)
    yield Text()
    yield grid(drilltables.parts(one)) if one.parts else Text(drilltables.NONE)
    yield Text()
    yield from _picture(one, max(LEAST, width - LABEL - DETAIL - 2))
    if one.losses:
        yield from _titled(drilltables.lost(one))
    lines = drilltables.excerpt(one, LINES)
    if lines and not drill.ok:
        yield Text("\nWhat it logged last", style="bold")
        yield from (
            Text(f"  {line}", style="bright_black", no_wrap=True, overflow="ellipsis")
            for line in lines
        )
    if one.left:
        yield Text(f"Outlived it, and was killed: {', '.join(one.left)}")
    yield from (Text(f"Not seen: {_plain(told)}", style="bright_black") for told in one.hidden)
    yield Text()
    yield from _platforms(drill)


def _facts(one: Trial) -> Iterator[Text]:
    found = [*drilltables.ends(one), *drilltables.oddities(one)]
    width = max(LABEL, *(len(name) for name, _ in found))
    for name, told in found:
        yield Text.assemble((f"{name:<{width}} ", "bright_black"), told)


def _platforms(drill: Drill) -> Iterator[Text]:
    """Say in two lines whose grace period it fits in."""
    for fits, words in ((True, "Fits in"), (False, "Too long for")):
        if named := drilltables.by_grace(drill, fits):
            yield Text.assemble((f"{words}: ", "bold"), named)


def _titled(table: Table) -> Iterator[RenderableType]:
    yield Text(f"\n{table.title}", style="bold")
    yield grid(table)


def _picture(one: Trial, room: int) -> Iterator[Text]:
    start, end = span(one)

    def cell(t: float) -> int:
        return max(0, min(room - 1, int((t - start) / (end - start) * room)))

    told = drilltables.took(one.seconds)
    yield _line(one.action, _stop(one, room, cell), told)
    for fate in COUNTED:
        at, count = FATES.index(fate), one.whole.of(fate)
        if not count:
            continue
        heights = [0.0] * room
        for bucket in one.buckets:
            first, last = cell(bucket.start), max(cell(bucket.start), cell(bucket.end) - 1)
            for place in range(first, last + 1):
                heights[place] = max(heights[place], bucket.counts[at])
        yield _line(NAMES[fate], _bars(heights, fate), f"{count}")
    axis: list[Cell] = [(" ", "")] * room
    for t in ticks(start, end, max(2, room // 10)):
        at, told = cell(t), f"{t:g}"
        if at + len(told) <= room:
            axis[at : at + len(told)] = [(glyph, "bright_black") for glyph in told]
    yield _line("seconds", axis, "")


def _stop(one: Trial, room: int, cell: Callable[[float], int]) -> list[Cell]:
    """Draw the stop; `✗` where it was killed."""
    cells: list[Cell] = [(" ", "")] * room
    first, last = cell(0), cell(one.seconds)
    for at in range(first, last + 1):
        t = (at - first) / max(1, last - first) * one.seconds
        phase = next((p.name for p in one.phases if p.start <= t < p.end), "stopping")
        cells[at] = (GLYPHS.get(phase, "▓"), style_of(phase))
    if one.killed_at is not None:
        cells[cell(one.killed_at)] = ("✗", "bold red")
    return cells


def _bars(heights: list[float], fate: str) -> list[Cell]:
    """Draw columns: the tallest of a lane is full, and what there is can be seen."""
    peak = max([*heights, 1.0])
    return [
        (LEVELS[max(1, round(8 * height / peak))] if height else " ", style_of(fate))
        for height in heights
    ]


def _line(label: str, cells: list[Cell], detail: str) -> Text:
    line = Text(f"{label:<{LABEL}}▕", no_wrap=True)
    for glyph, look in cells:
        line.append(glyph, look)
    return line.append(f" {detail}".rstrip(), "bright_black")


def _plain(text: str) -> str:
    return text.replace("`", "")
