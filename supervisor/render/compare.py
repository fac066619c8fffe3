"""Two stops, a before and an after: what has changed, and whether that is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.render.canvas import Canvas, height_of
from supervisor.render.palette import css
from supervisor.render.svg import HALF, draw

if TYPE_CHECKING:
    from supervisor.render.model import Shutdown

HEADS: Final = ("what", "before", "after", "change")
GAP: Final = 32

Change = tuple[str, str, str, str, str]  # what, before, after, the change, better/worse/""


def table(before: Shutdown, after: Shutdown) -> list[Change]:
    """Return what can be counted of both; less is better, where it matters at all."""
    changes = [
        _change("requests lost", before.requests.lost, after.requests.lost),
        _change("processes killed", _killed(before), _killed(after)),
        _change("seconds used", _rounded(before.seconds), _rounded(after.seconds)),
    ]
    if all(one.length <= one.budget.grace_s for one in (before, after)):
        changes[-1] = (*changes[-1][:4], "")  # time that it had may be used
    away = (before.requests.turned_away, after.requests.turned_away)  # a matter of the load
    changes.insert(1, (*_change("turned away", *away)[:4], ""))
    grace = (f"{before.budget.grace_s:g}", f"{after.budget.grace_s:g}")
    codes = (str(before.code), str(after.code))
    for what, (was, now) in (("seconds of grace", grace), ("exit code", codes)):
        changes.append((what, was, now, "same" if was == now else "another", ""))
    return changes


def sentence(before: Shutdown, after: Shutdown) -> str:
    """Say in one sentence which is better."""
    was, now = before.requests.lost, after.requests.lost
    took = f"it ended in {_told(after.seconds)} instead of {_told(before.seconds)}"
    if before.seconds is None or after.seconds is None:
        took = _unknown("how long it took", before.seconds, after.seconds)
    if was is None or now is None:
        return f"{_unknown('What was lost', was, now)}; {took}."
    if was == now:
        same = "nothing was lost" if not now else f"{now} lost"
        return f"Before and after the same: {same}; {took}."
    better = "Better" if now < was else "Worse"
    return f"{better}: {now} instead of {was} requests were lost; {took}."


def difference(before: Shutdown, after: Shutdown) -> dict[str, object]:
    """Return the same for programs."""
    names = ("what", "before", "after", "change", "judged")
    rows = [dict(zip(names, row, strict=True)) for row in table(before, after)]
    return {
        "event": "comparison",
        "schema": 1,
        "told": sentence(before, after),
        "worse": after.requests.gone and not before.requests.gone,
        "changes": [{**row, "judged": row["judged"] or None} for row in rows],
    }


def svg_pair(before: Shutdown, after: Shutdown) -> str:
    """Return both pictures on one axis, side by side."""
    span_s, width = max(before.length, after.length), HALF
    pictures = [
        draw(one, width, name, span_s=span_s) for name, one in (("b", before), ("a", after))
    ]
    tallest = max(map(height_of, pictures))
    canvas = Canvas(2 * width + GAP)
    for at, (title, picture) in enumerate(zip(("Before", "After"), pictures, strict=True)):
        x = at * (width + GAP)
        canvas.text(x + 4, 16, title, "b")
        canvas.inset(x, 28, width, picture)
    return canvas.finish(tallest + 28, "pair", "Before and after", sentence(before, after), css())


def _change(what: str, was: float | None, now: float | None) -> Change:
    if was is None or now is None:
        return what, _shown(was), _shown(now), "not known", ""
    if was == now:
        return what, _shown(was), _shown(now), "same", ""
    kind = "better" if now < was else "worse"
    return what, _shown(was), _shown(now), f"{round(now - was, 2):+g}", kind


def _killed(one: Shutdown) -> int | None:
    return one.killed if one.seen else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _told(seconds: float | None) -> str:
    return "?" if seconds is None else f"{seconds:.1f} s"


def _unknown(what: str, was: float | None, now: float | None) -> str:
    where = "after" if was is not None else "before" if now is not None else "in both"
    return f"{what} is not known {where}"


def _shown(value: float | None) -> str:
    return "not known" if value is None else f"{value:g}"
