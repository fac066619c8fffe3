"""Several containers' ends as one: that of who fared worst. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from supervisor.drill.outcome import End
from supervisor.ops import document

TERM = 15


def joined(ends: Mapping[str, End]) -> End:
    """Return the worst end, with the slowest's time and what was hidden and wrong at any."""
    if len(ends) == 1:
        return next(iter(ends.values()))
    worst = max(ends.values(), key=_badness)
    slowest = max(ends.values(), key=lambda one: one.seconds)
    reports = {name: one.report for name, one in ends.items() if one.report}
    wrong = [f"{name}: {one.wrong}" for name, one in ends.items() if one.wrong]
    return replace(
        worst,
        seconds=slowest.seconds,
        phases=slowest.phases,
        killed=any(one.killed for one in ends.values()),
        wrong="; ".join(wrong),
        log=tuple(f"{name}: {line}" for name, one in ends.items() for line in one.log),
        report=document.joined(reports) if reports else None,
        hidden=tuple(dict.fromkeys(what for one in ends.values() for what in one.hidden)),
        left=tuple(one for end in ends.values() for one in end.left),
        asked_at=min(_known(one.asked_at for one in ends.values()), default=None),
        over_at=max(_known(one.over_at for one in ends.values()), default=None),
    )


def _known(moments: Iterable[float | None]) -> list[float]:
    return [one for one in moments if one is not None]


def _badness(one: End) -> tuple[bool, bool, bool, float]:
    usual = (None, 0, 128 + (one.signal or TERM))
    return bool(one.wrong), one.killed, one.exit_code not in usual, one.seconds
