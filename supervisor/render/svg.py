"""The picture of a stop: the budget and what used it, every process, what ran and what waited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.render.canvas import Canvas, cut, wide
from supervisor.render.palette import css
from supervisor.render.tables import killed
from supervisor.render.timeline import BAD, LEAST_S, budget_of, spender, ticks, timeline, used

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.render.model import Mark, Shutdown
    from supervisor.render.timeline import Chart, Row, Timeline

WIDE: Final = 940
HALF: Final = 448  # beside another one
NARROW: Final = 328  # a phone of 360 px, without its margins
BAR, CHART, APART = 14, 64, 17


def svg(one: Shutdown) -> str:
    """Return one file that stands alone."""
    return draw(one, WIDE, "stop", style=css())


def draw(one: Shutdown, width: int, name: str, *, span_s: float = 0.0, style: str = "") -> str:
    """Return the picture; `name` begins its ids, `span_s` is the least length of its axis."""
    picture = _Picture(width, timeline(one, span_s))
    picture.budget(one, span_s)
    picture.rows()
    picture.notes()
    for chart in picture.time.charts:
        picture.chart(chart)
    picture.axis()
    title = f"{one.name or 'The stop'} over time"
    return picture.canvas.finish(picture.y + 6, name, title, described(one), style)


def described(one: Shutdown) -> str:
    """Say what the picture shows."""
    phases = ", ".join(
        f"{p.name} {p.end - p.start:.1f} s" for p in spender(one).phases if p.end > 0
    )
    points = [point for each in (one, *one.services) for point in each.series]
    peak = max((point.in_request or 0 for point in points), default=0)
    return (
        f"{used(one)} were used: {phases}. Killed: {killed(one)}."
        f" At most {peak} requests ran at once. The tables below have all of it."
    )


class _Picture:
    """A canvas with an axis of time; `y` is where the next part goes."""

    def __init__(self, width: int, time: Timeline) -> None:
        self.canvas, self.time = Canvas(width), time
        self.narrow = width < 2 * NARROW
        self.left = 4.0 if self.narrow else 168.0
        self.right = width - (4.0 if self.narrow else 96.0)
        self.y = 4.0
        self.top, self.below = 0.0, 0  # where lanes begin, and what lies below them

    def x(self, t: float) -> float:
        """Return where a moment is."""
        share = (t - self.time.start) / (self.time.end - self.time.start)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def budget(self, one: Shutdown, span_s: float) -> None:
        """Draw the phases inside the outline of the grace period; what is beyond is hatched."""
        budget, canvas, own = one.budget, self.canvas, spender(one)
        spent = budget.used_s or 0.0
        whole = max(budget.grace_s, spent, span_s, LEAST_S)
        scale = (self.right - self.left) / whole
        left, y = self._label(budget_of(own), used(one), 20)
        for phase in own.phases:
            if phase.end > 0:
                x, width = left + max(0.0, phase.start) * scale, phase.end - max(0.0, phase.start)
                tip = f"{phase.name}: {phase.start:.3f} to {phase.end:.3f} s"
                canvas.rect(x, y, width * scale, 20, f"k-{phase.name}", tip)
                if wide(phase.name, 11) + 8 < width * scale:
                    canvas.text(x + 4, y + 14, phase.name, "on")
        kill, end = left + budget.kill_at * scale, left + budget.grace_s * scale
        canvas.hatch(kill, y, end - kill, 20, "rule")
        if spent > budget.grace_s:
            over = (spent - budget.grace_s) * scale
            canvas.rect(end, y, over, 20, "k-killed", "beyond the grace period")
            canvas.hatch(end, y, over, 20, "page")
        canvas.rect(left, y, budget.grace_s * scale, 20, "frame")
        canvas.line(kill, y - 3, kill, y + 26, "s-killed line")
        words = f"first KILL at {budget.kill_at:g} s"
        fits = kill - left > wide(words)
        canvas.text(kill - 4 if fits else kill + 4, y + 33, words, "badt", _anchor(fits))
        if not fits or end - kill > wide(f"{budget.grace_s:g} s"):
            canvas.text(end, y + 33, f"{budget.grace_s:g} s", "q", "end")
        self.y = y + 46
        self.top, self.below = self.y, canvas.place

    def rows(self) -> None:
        """Draw every lane: phases, then processes with their signals."""
        for row in self.time.rows:
            self._row(row)
        if self.time.hidden:
            words = f"and {self.time.hidden} more in the table"
            self.canvas.text(self.left, self.y + 12, words, "q")
            self.y += 18

    def notes(self) -> None:
        """Number what happened; the same numbers are in the table."""
        if not self.time.notes:
            return
        more = f"and {self.time.more} more" if self.time.more else ""
        _left, y = self._label("what happened", more, BAR)
        moments = [self.x(note.t) for note in self.time.notes]
        for note, at in zip(self.time.notes, moments, strict=True):
            look = "s-kill" if note.kind in BAD else "rule"
            self.canvas.line(at, self.top, at, y, f"{look} dash", self.below)
        for number, (note, x) in enumerate(zip(self.time.notes, self._apart(moments), strict=True)):
            look = "k-kill" if note.kind in BAD else "k-signal"
            self.canvas.dot(x, y + 7, 7.5, look, f"{note.t:.3f} s: {note.text}")
            self.canvas.text(x, y + 11, str(number + 1), "on", "middle")
        self.y = y + BAR + 10

    def chart(self, chart: Chart) -> None:
        """Draw steps; nothing where nobody could say."""
        peak = max(1, chart.peak)
        _left, y = self._label(chart.label, f"at most {chart.peak}", CHART)
        floor = y + CHART
        self.canvas.line(self.left, floor, self.right, floor, "rule")
        for points in _runs(chart, self.x, lambda value: floor - value / peak * (CHART - 6)):
            area = [(points[0][0], floor), *points, (points[-1][0], floor)]
            self.canvas.path(area, f"k-{chart.kind} soft", close=True)
            self.canvas.path(points, f"s-{chart.kind} line")
        self.y = floor + 10

    def axis(self) -> None:
        """Draw the axis below everything, and its lines through everything."""
        most = 5 if self.narrow else 11
        for t in ticks(self.time.start, self.time.end, most):
            x = self.x(t)
            self.canvas.line(x, self.y - 2, x, self.y + 3, "s-signal")
            words = f"{t:g}" if t else "0 s"
            anchor = "start" if x < self.left + 20 else "end" if x > self.right - 20 else "middle"
            self.canvas.text(x, self.y + 15, words, "q", anchor)
        self.canvas.line(self.left, self.y, self.right, self.y, "s-signal")
        self.y += 18

    def _row(self, row: Row) -> None:
        _left, y = self._label(row.label, row.detail, BAR, row.level)
        for bar in row.bars:
            x, end = self.x(bar.start), self.x(bar.end)
            tip = f"{row.label}: {bar.text}, {bar.start:.3f} to {bar.end:.3f} s"
            self.canvas.rect(x, y, end - x, BAR, f"k-{bar.kind}", tip)
            if bar.kind not in ("exited", "killed", "ended", "there"):
                if wide(bar.text, 11) + 12 < end - x:
                    self.canvas.text(x + 6, y + 11, bar.text, "on")
            elif bar.kind == "killed":
                self._cross(end, y + BAR / 2)
        self._marks(row.marks, y)
        self.y = y + BAR + (5 if self.narrow else 7)

    def _marks(self, marks: tuple[Mark, ...], y: float) -> None:
        """Draw signals as pointers, with their names as far as there is room."""
        free = self.left
        for mark in marks:
            x = self.x(mark.t)
            look = f"k-{mark.kind}"
            self.canvas.path([(x - 4, y - 4), (x + 4, y - 4), (x, y + 4)], look, close=True)
            length = wide(mark.text, 10) + 6
            if x - length > free:
                self.canvas.text(x - 6, y + 10, mark.text, f"halo {look}", "end")
            elif x + length < self.right:
                self.canvas.text(x + 6, y + 10, mark.text, f"halo {look}")
                x += length
            free = x

    def _apart(self, places: list[float]) -> list[float]:
        """Move numbers that would cover each other, to the right as far as there is room."""
        moved: list[float] = []
        for place in places:
            moved.append(max(place, moved[-1] + APART) if moved else place)
        for back in range(len(moved)):
            moved[-1 - back] = min(moved[-1 - back], self.right - 8 - back * APART)
        return moved

    def _cross(self, x: float, y: float) -> None:
        for slope in (-4, 4):
            self.canvas.line(x - 4, y - slope, x + 4, y + slope, "s-signal line")

    def _label(self, label: str, detail: str, height: int, level: int = 0) -> tuple[float, float]:
        """Write a label and a word: beside the lane, or above it where that is too narrow."""
        indent = 12 * level
        if self.narrow:
            room = self.right - self.left - wide(detail) - indent - 8
            self.canvas.text(self.left + indent, self.y + 11, cut(label, room), "b")
            self.canvas.text(self.right, self.y + 11, detail, "q", "end")
            return self.left, self.y + 17
        words = cut(label, self.left - indent - 24)
        middle = self.y + height / 2 + 4
        self.canvas.text(4 + indent, middle, words, "" if level else "b")
        room = self.canvas.width - self.right - 8
        self.canvas.text(self.right + 8, middle, cut(detail, room), "q")
        return self.left, self.y


def _anchor(before: bool) -> str:
    return "end" if before else "start"


def _runs(
    chart: Chart, x: Callable[[float], float], y: Callable[[int], float]
) -> list[list[tuple[float, float]]]:
    """Return the steps as lines, one for each stretch in which the value is known."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, (t, value) in enumerate(chart.steps):
        until = chart.steps[at + 1][0] if at + 1 < len(chart.steps) else chart.until
        if value is None:
            runs.append([])
            continue
        runs[-1] += [(x(t), y(value)), (x(until), y(value))]
    return [run for run in runs if run]
