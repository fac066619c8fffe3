"""What happened to whom, when, and why: plain text for whoever reads a failure. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Final

from supervisor.core.signalnames import name as signal_name
from supervisor.drill.blame import blame
from supervisor.drill.outcome import ASKED, OVER, Outcome
from supervisor.drill.verdict import judge

if TYPE_CHECKING:
    from supervisor.drill.tally import Result, Tally
    from supervisor.drill.verdict import Verdict

LINES: Final = 10
WIDTH: Final = 160
GROUPS: Final = 5
TOLD_FROM_S: Final = 0.5  # a shorter end needs no explanation
NUMBERS: Final = re.compile(r"\d+")
REPORT: Final = ('{"event": "report"', '{"event":"report"')


def story(outcome: Outcome, verdict: Verdict | None = None) -> str:
    """Return the verdict, the requests, the time, the cause with its remedy, and the last lines."""
    verdict = verdict or judge(outcome)
    parts = (
        [verdict.sentence],
        list(_requests(outcome)),
        list(_lost(outcome)),
        list(_time(outcome)),
        list(_why(outcome)),
        list(_log(outcome)),
        [f"Not seen: {one}" for one in outcome.end.hidden],
    )
    return "\n\n".join("\n".join(part) for part in parts if part)


def _requests(outcome: Outcome) -> Iterator[str]:
    """Say what became of those before, those inside and those later."""
    tally = outcome.tally
    if not outcome.loaded:
        yield "No requests were sent."
    if ASKED not in tally.marks:
        return
    asked = _asked(outcome)
    yield "Requests:"
    yield f"  before {asked}: {_counts(tally.before(ASKED))}"
    yield f"  inside when it came: {_counts(tally.in_flight(ASKED))}"
    yield f"  later: {_counts(tally.after(ASKED))}"
    if tally.unsent:
        yield f"  never sent, because all clients waited: {tally.unsent}"
    if tally.late:
        yield f"  sent late, because all clients waited: {tally.late}"


def _counts(tally: Tally) -> str:
    counts = (
        (tally.answered, "answered"),
        (tally.lost, "lost"),
        (tally.turned_away, "turned away"),
        (tally.refused, "refused"),
    )
    told = ", ".join(f"{count} {word}" for count, word in counts if count) or "none"
    if tally.answered and tally.p50 is not None and tally.p99 is not None:
        told += f" (p50 {_span(tally.p50)}, p99 {_span(tally.p99)})"
    return f"{told}; {tally.failed} of the answers were 5xx" if tally.failed else told


def _lost(outcome: Outcome) -> Iterator[str]:
    """Group the lost by what they asked for and how they ended."""
    at = outcome.tally.marks.get(ASKED)
    lost = sorted(outcome.tally.lost_results(), key=_kind)
    if not lost or at is None:
        return
    groups = [(kind, list(group)) for kind, group in groupby(lost, _kind)]
    groups.sort(key=lambda one: -len(one[1]))
    asked = _asked(outcome)
    yield "Lost:"
    for (path, reason), group in groups[:GROUPS]:
        yield f"  {len(group)} x {path}: {reason}"
        accepted = [one.t_connected for one in group if one.t_connected is not None]
        accepted_at, lost_at = _moments(accepted, at), _moments((one.t_end for one in group), at)
        yield f"      accepted {accepted_at}, lost {lost_at} {asked}"
    if groups[GROUPS:]:
        yield f"  and {sum(len(group) for _, group in groups[GROUPS:])} others"
    over = outcome.tally.marks.get(OVER)
    if over is not None and any(one.t_end > over for one in lost):
        last = sum(one.t_end > over for one in lost)
        yield f"  {last} of them after it was over, {over - at:.2f} s after {asked}"


def _time(outcome: Outcome) -> Iterator[str]:
    """Say which phase took how long, the longest by name."""
    phases = outcome.end.phases
    if not phases or outcome.seconds < TOLD_FROM_S:
        return
    longest = max(phases, key=lambda one: one.seconds)
    asked = f"{outcome.seconds:.1f} s from {_asked(outcome)}"
    grace = f", of {outcome.grace_s:g} s" if outcome.grace_s is not None else ""
    yield f"Time: {asked}{grace}, most of it {longest.name}:"
    width = max(len(one.name) for one in phases)
    for one in phases:
        yield f"  {one.name:<{width}} {one.seconds:6.2f} s"


def _why(outcome: Outcome) -> Iterator[str]:
    cause = blame(outcome)
    if cause:
        sure = "" if cause.confidence == "certain" else f" ({cause.confidence})"
        yield f"Why{sure}: {cause.sentence}"
        if cause.fix:
            yield f"To do: {cause.fix}"
    if outcome.end.left:
        yield f"Outlived it, and was killed: {', '.join(outcome.end.left)}"


def _log(outcome: Outcome) -> Iterator[str]:
    """Quote its last lines, once those that differ by numbers alone; a report is drawn."""
    lines = [one for one in outcome.end.log if one.strip() and not one.startswith(REPORT)]
    alike = [list(group) for _, group in groupby(lines, lambda line: NUMBERS.sub("0", line))]
    if alike:
        yield "Its last lines:"
    for group in alike[-LINES:]:
        if group[1:]:
            yield f"  | ... {len(group) - 1} like the next one"
        shown = "".join(one if one.isprintable() else " " for one in group[-1].rstrip())
        yield f"  | {shown if len(shown) <= WIDTH else f'{shown[: WIDTH - 1]}…'}"


def _kind(one: Result) -> tuple[str, str]:
    """Name a request without its query, which may hold a secret."""
    return one.path.partition("?")[0], one.reason


def _moments(moments: Iterable[float], at: float) -> str:
    """Say when, relative to the request to stop."""
    found = sorted(one - at for one in moments)
    first, last = found[0], found[-1]
    told = f"{abs(last):.2f} s {_side(last)}"
    if f"{first:.2f}" == f"{last:.2f}":
        return told
    return (
        f"{abs(first):.2f} {'' if _side(first) == _side(last) else f's {_side(first)} '}to {told}"
    )


def _side(seconds: float) -> str:
    return "before" if seconds < 0 else "after"


def _span(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _asked(outcome: Outcome) -> str:
    """Name what it was asked by."""
    if outcome.signal and outcome.action != "kill":
        return signal_name(outcome.signal)
    return f"the {outcome.action}"
