"""The picture of a drill: the stop's phases, what became of requests over time, who was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.render.canvas import Canvas, cut, wide
from supervisor.render.drillmodel import FATES, NAMES
from supervisor.render.drilltables import took
from supervisor.render.svg import NARROW
from supervisor.render.timeline import ticks

if TYPE_CHECKING:
    from supervisor.render.drillmodel import Trial

BAR, CHART, BRACE = 20, 150, 0.02
MOST_CROSSES: Final = 300


def span(one: Trial) -> tuple[float, float]:
    """Return the ends of the axis, in seconds from the asking: load and stop are both inside."""
    moments = [0.0, one.seconds, *(b.start for b in one.buckets[:1])]
    moments += [b.end for b in one.buckets[-1:]]
    start, end = min(moments), max(moments)
    more = max(end - start, 0.01) * BRACE
    return start - more, end + more


def draw(one: Trial, width: int, name: str) -> str:
    """Return the picture; `name` begins its ids."""
    picture = _Picture(one, width)
    picture.stop()
    picture.requests()
    picture.losses()
    picture.axis()
    title = "Requests over time, and the stop"
    return picture.canvas.finish(picture.y + 6, name, title, described(one))


def described(one: Trial) -> str:
    """Say what the picture shows."""
    counts = ", ".join(f"{one.whole.of(fate)} {NAMES[fate]}" for fate in reversed(FATES))
    return (
        f"The {one.action} was asked for at 0 and over after {took(one.seconds)}."
        f" Requests: {counts}. The tables below have all of it."
    )


class _Picture:
    """A canvas with an axis of time; `y` is where the next part goes."""

    def __init__(self, one: Trial, width: int) -> None:
        self.one, self.canvas = one, Canvas(width)
        self.narrow = width < 2 * NARROW
        self.left = 4.0 if self.narrow else 120.0
        self.right = width - (4.0 if self.narrow else 96.0)
        self.start, self.end = span(one)
        self.y, self.top = 16.0, 16.0

    def x(self, t: float) -> float:
        """Return where a moment is."""
        share = (t - self.start) / (self.end - self.start)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def stop(self) -> None:
        """Draw the stop: its phases where they are known, else one bar."""
        one, canvas = self.one, self.canvas
        told = took(one.seconds)
        if one.grace is not None:
            told = f"{one.seconds:.2f} of {one.grace:g} s"
        y = self._label(one.action, told, BAR)
        canvas.rect(self.x(0), y, self.x(one.seconds) - self.x(0), BAR, "k-stopping soft", "")
        for phase in one.phases:
            x, end = self.x(max(0.0, phase.start)), self.x(phase.end)
            tip = f"{phase.name}: {phase.start:.3f} to {phase.end:.3f} s"
            canvas.rect(x, y, end - x, BAR, f"k-{phase.name} k-phase", tip)
            if wide(phase.name, 11) + 8 < end - x:
                canvas.text(x + 4, y + 14, phase.name, "on")
        if one.killed_at is not None:
            x, middle = self.x(one.killed_at), y + BAR / 2
            for slope in (-6, 6):
                canvas.line(x - 6, middle - slope, x + 6, middle + slope, "s-signal line")
        self.y = y + BAR + 10

    def requests(self) -> None:
        """Draw a column for each bucket, the lost at its foot: they are seen however few."""
        one, canvas = self.one, self.canvas
        peak = max((sum(bucket.counts) for bucket in one.buckets), default=0)
        width = one.buckets[0].end - one.buckets[0].start if one.buckets else 0.0
        y = self._label("requests", f"{peak} in {width * 1000:.0f} ms" if peak else "", CHART)
        floor = y + CHART
        for bucket in one.buckets:
            x, foot = self.x(bucket.start), floor
            room = max(1.5, self.x(bucket.end) - x - 0.5)
            for fate, count in zip(FATES, bucket.counts, strict=True):
                if count:
                    high = max(3.0 if fate == "lost" else 1.0, count / peak * (CHART - 4))
                    tip = f"{count} {NAMES[fate]}, {bucket.start:.2f} to {bucket.end:.2f} s"
                    canvas.rect(x, foot - high, room, high, f"k-{fate}", tip)
                    if fate == "lost":
                        canvas.hatch(x, foot - high, room, high, "page")
                    foot -= high
        canvas.line(self.left, floor, self.right, floor, "rule")
        self.y = floor + 8

    def losses(self) -> None:
        """Draw a line from when a request was sent to a cross where it was lost."""
        if not self.one.losses:
            return
        y = self._label("lost", str(self.one.whole.lost), 28)
        for at, loss in enumerate(self.one.losses[:MOST_CROSSES]):
            x, end = self.x(loss.sent), self.x(loss.lost)
            level = y + 5 + at % 4 * 6
            self.canvas.line(x, level, end, level, "s-lost")
            for slope in (-3, 3):
                self.canvas.line(end - 3, level - slope, end + 3, level + slope, "s-lost line")
        self.y = y + 34

    def axis(self) -> None:
        """Draw the axis below everything, and the two moments through everything."""
        over = "s-kill" if self.one.killed else "s-closing"
        for t, words, look in ((0.0, "asked", "s-signal"), (self.one.seconds, "over", over)):
            x = self.x(t)
            self.canvas.line(x, self.top - 2, x, self.y, f"{look} dash")
            before = t == 0 and x - wide(words) > self.left
            self.canvas.text(
                x - 4 if before else x + 4, 11, words, "q", "end" if before else "start"
            )
        for t in ticks(self.start, self.end, 5 if self.narrow else 11):
            x = self.x(t)
            self.canvas.line(x, self.y - 2, x, self.y + 3, "s-signal")
            anchor = "start" if x < self.left + 20 else "end" if x > self.right - 20 else "middle"
            self.canvas.text(x, self.y + 15, f"{t:g}" if t else "0 s", "q", anchor)
        self.canvas.line(self.left, self.y, self.right, self.y, "s-signal")
        self.y += 18

    def _label(self, label: str, detail: str, height: int) -> float:
        """Write a label and a word: beside the lane, or above it where that is too narrow."""
        if self.narrow:
            self.canvas.text(self.left, self.y + 13, label, "b")
            self.canvas.text(self.right, self.y + 13, detail, "q", "end")
            return self.y + 20
        middle = self.y + height / 2 + 4
        self.canvas.text(4, middle, cut(label, self.left - 24), "b")
        room = self.canvas.width - self.right - 8
        self.canvas.text(self.right + 8, middle, cut(detail, room), "q")
        return self.y
