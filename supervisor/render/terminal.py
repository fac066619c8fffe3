"""The same as the page for a terminal: Unicode bars, with colours where there are any.

Each phase has a pattern of its own, and each signal its letter: without colours nothing is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table as Grid
from rich.text import Text

from supervisor.render import compare, tables
from supervisor.render.palette import KINDS
from supervisor.render.timeline import BAD, LEAST_S, budget_of, spender, ticks, timeline, used
from supervisor.render.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from supervisor.render.model import Shutdown
    from supervisor.render.tables import Table
    from supervisor.render.timeline import Bar, Chart, Row, Timeline

COLOURS: Final = {
    "good": "green",
    "bad": "red",
    "warn": "yellow",
    "calm": "blue",
    "busy": "magenta",
    "late": "dark_orange3",
    "grey": "bright_black",
    "ink": "bold",
}
GLYPHS: Final = {
    "starting": "·",
    "serving": "·",
    "delaying": "░",
    "quiescing": "▒",
    "stopping": "▓",
    "reaping": "▚",
    "closing": "█",
    "exited": "━",
    "killed": "━",
    "ended": "─",
    "there": "┅",
}
ENDS: Final = {
    "exited": "exited",
    "killed": "killed",
    "ended": "ended, how is not known",
    "there": "still there",
}
LEVELS: Final = " ▁▂▃▄▅▆▇█"
LABEL, DETAIL, LEAST = 20, 17, 20
TALL: Final = 2  # lines of a chart
VERDICTS: Final = {"good": "green", "bad": "red", "unknown": "yellow"}


def terminal(one: Shutdown, width: int) -> Iterator[RenderableType]:
    """Return what is printed, part after part."""
    judged = verdict(one)
    colour = VERDICTS[judged.kind]
    yield Text.assemble((f"{judged.word}. ", f"bold {colour}"), (judged.told, "bold"))
    if judged.fix:
        yield Text.assemble(("To do: ", "bold"), judged.fix.replace("`", ""))
    yield Text()
    yield _facts(one)
    yield Text()
    yield from _picture(one, width, 0.0)
    for table in tables.all_of(one):
        if table.title in ("Lost, by URI", "What happened"):
            yield Text(f"\n{table.title}", style="bold")
            yield grid(table)
    if one.services:
        yield Text("\nRequests", style="bold")
        yield grid(tables.filled(tables.requests(one)))


def terminal_pair(before: Shutdown, after: Shutdown, width: int) -> Iterator[RenderableType]:
    """Return a before and an after: what has changed, then both on one axis."""
    yield Text(compare.sentence(before, after), style="bold")
    yield Text()
    grid = Grid(box=None, padding=(0, 3, 0, 0))
    for at, head in enumerate(compare.HEADS):
        grid.add_column(head, justify="right" if at in (1, 2) else "left")
    for what, was, now, told, kind in compare.table(before, after):
        style = {"better": "green", "worse": "red"}.get(kind, "")
        grid.add_row(what, was, now, Text(f"{told} {kind}".rstrip(), style=style))
    yield grid
    span_s = max(before.length, after.length)
    for title, one in (("Before", before), ("After", after)):
        judged = verdict(one)
        yield Text.assemble((f"\n{title}: ", "bold"), (judged.told, VERDICTS[judged.kind]))
        yield from _picture(one, width, span_s)


def _facts(one: Shutdown) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, told in tables.facts(one):
        grid.add_row(Text(name, "bright_black"), Text(told))
    return grid


def _picture(one: Shutdown, width: int, span_s: float) -> Iterator[Text]:
    time = timeline(one, span_s)
    room = max(LEAST, width - LABEL - DETAIL - 2)
    yield _budget(one, room)
    yield from (_row(row, time, room) for row in time.rows)
    if time.hidden:
        yield Text(f"{'':<{LABEL}} and {time.hidden} more processes", style="bright_black")
    if time.notes:
        more = f"and {time.more} more" if time.more else ""
        yield _line("what happened", _notes(time, room), more)
    for chart in time.charts:
        yield from _chart(chart, time, room)
    yield _line("seconds", _axis(time, room), "", "bright_black")
    yield from _legend(one, LABEL + room + DETAIL)


def _legend(one: Shutdown, width: int) -> Iterator[Text]:
    """Say what each pattern is; of the container's own phases how long they took, too."""
    took = {p.name: p.end - max(0.0, p.start) for p in one.phases if p.end > 0}
    names = dict.fromkeys([*took, *(p.name for s in one.services for p in s.phases)])
    told = {name: f"{name} {took[name]:.1f} s" if name in took else name for name in names}
    kinds = {p.kind for each in (one, *one.services) for p in each.processes}
    ends = {kind: word for kind, word in ENDS.items() if kind in kinds}
    for words in filter(None, (told, ends)):
        line = Text(" " * LABEL)
        for kind, word in words.items():
            if len(line) + len(word) + 4 > width and len(line) > LABEL:
                yield line
                line = Text(" " * LABEL)
            glyph = "✗" if kind == "killed" else GLYPHS.get(kind, "·")
            line.append(f" {glyph}", style_of(kind)).append(f" {word} ", "bright_black")
        yield line


def _budget(one: Shutdown, room: int) -> Text:
    """Draw the whole grace period; `│` is the first KILL, `╱` what nobody should need."""
    budget, own = one.budget, spender(one)
    scale = room / max(budget.grace_s, budget.used_s or 0.0, LEAST_S)
    cells: list[tuple[str, str]] = []
    for at in range(room):
        t = (at + 0.5) / scale
        phase = next((p for p in own.phases if max(p.start, 0) <= t < p.end), None)
        late = t > budget.grace_s
        kept = ("╱", "bright_black") if t >= budget.kill_at else (" ", "")
        cells.append((GLYPHS.get(phase.name, "·"), style_of(phase.name)) if phase else kept)
        if late:
            cells[-1] = ("╱", "red")
    mark = min(room - 1, int(budget.kill_at * scale))
    cells[mark] = ("│", "bold red")
    return _line(budget_of(own), cells, used(one))


def _row(row: Row, time: Timeline, room: int) -> Text:
    cells = [(" ", "")] * room
    for bar in row.bars:
        _fill(cells, bar, time, room)
    for mark in row.marks:
        cells[_cell(mark.t, time, room)] = (mark.text[:1], f"reverse {style_of(mark.kind)}")
    told = ",".join(mark.text for mark in row.marks)
    detail = f"{row.detail} {told}".rstrip() if told else row.detail
    return _line("  " * row.level + row.label, cells, detail)


def _fill(cells: list[tuple[str, str]], bar: Bar, time: Timeline, room: int) -> None:
    first, last = _cell(bar.start, time, room), _cell(bar.end, time, room)
    for at in range(first, last + 1):
        cells[at] = (GLYPHS.get(bar.kind, "·"), style_of(bar.kind))
    if bar.kind == "killed":
        cells[last] = ("✗", "bold red")


def _notes(time: Timeline, room: int) -> list[tuple[str, str]]:
    """Return the numbers of what happened; those that have no room are told in the list."""
    cells = [(" ", "")] * room
    for number, note in enumerate(time.notes, 1):
        at, word = _cell(note.t, time, room), str(number)
        taken = any(glyph != " " for glyph, _style in cells[max(0, at - 1) : at + len(word)])
        if at + len(word) <= room and not taken:
            style = "bold red" if note.kind in BAD else "bold"
            cells[at : at + len(word)] = [(glyph, style) for glyph in word]
    return cells


def _chart(chart: Chart, time: Timeline, room: int) -> Iterator[Text]:
    """Draw steps as columns, the most of what each cell stands for."""
    heights: list[float | None] = [None] * room
    for at, (t, value) in enumerate(chart.steps):
        until = chart.steps[at + 1][0] if at + 1 < len(chart.steps) else chart.until
        if value is not None:
            for cell in range(_cell(t, time, room), _cell(until, time, room) + 1):
                heights[cell] = max(value, heights[cell] or 0)
    units = 8 * TALL / max(1, chart.peak)
    for line in reversed(range(TALL)):
        cells = []
        for height in heights:
            level = min(8, max(0, round((height or 0) * units) - 8 * line))
            glyph = "▁" if height == 0 and line == 0 else LEVELS[level]
            cells.append((glyph, style_of(chart.kind)))
        top = line == TALL - 1
        yield _line(chart.label if top else "", cells, f"at most {chart.peak}" if top else "")


def _axis(time: Timeline, room: int) -> list[tuple[str, str]]:
    cells = [(" ", "")] * room
    for t in ticks(time.start, time.end, max(2, room // 10)):
        at, word = _cell(t, time, room), f"{t:g}"
        if at + len(word) <= room:
            cells[at : at + len(word)] = [(glyph, "bright_black") for glyph in word]
    return cells


def _cell(t: float, time: Timeline, room: int) -> int:
    share = (t - time.start) / (time.end - time.start)
    return max(0, min(room - 1, int(share * room)))


def _line(label: str, cells: list[tuple[str, str]], detail: str, style: str = "") -> Text:
    line = Text(f"{_cut(label, LABEL - 1):<{LABEL}}▕", style=style, no_wrap=True)
    for glyph, look in cells:
        line.append(glyph, look)
    return line.append(f" {_cut(detail, DETAIL)}".rstrip(), "bright_black")


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"


def style_of(kind: str) -> str:
    """Return how a kind looks."""
    return COLOURS[KINDS.get(kind, "grey")]


def grid(table: Table) -> Grid:
    """Return a table without lines."""
    made = Grid(box=None, padding=(0, 2, 0, 0), header_style="bright_black")
    for at, head in enumerate(table.heads):
        made.add_column(Text(head), justify="right" if at in table.numbers else "left")
    for row in table.rows:
        made.add_row(*(Text(cell) for cell in row))
    return made
