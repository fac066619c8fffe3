"""What gracekeeper has to reach: ratios of medians of one run, and zeros that are zeros. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.inits.contenders import BARE, OURS, OURS_UWSGI, SUPERVISORD, TINI
from benchmarks.inits.figures import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.inits.figures import Figures

# What a full run does; less of it can show that a must is missed, not that it is reached.
BURSTS = 200
IDLE_S = 10
ORPHANS = 20000
STATUSES = 314
EARLY = 7 * 25  # delays of 2 ms and more, 25 times each
HEADINGS = ("must", "measured", "limit", "reached")
_MIB = 1024.0


@dataclass(frozen=True, slots=True)
class Must:
    """One limit. `value` None: it was not measured; `is_most`: the value may not be above it."""

    words: str
    value: float | None
    limit: float
    unit: str = ""
    is_most: bool = True
    is_stretch: bool = False
    why_not: str = ""  # it was measured, but not enough to say yes

    @property
    def reached(self) -> bool | None:
        """None: nobody knows."""
        if self.value is None:
            return None
        is_within = self.value <= self.limit if self.is_most else self.value >= self.limit
        return None if is_within and self.why_not else is_within

    def cells(self) -> list[str]:
        """In the order of HEADINGS."""
        sign = "≤" if self.is_most else "≥"
        limit = "0" if not self.limit else f"{sign} {_number(self.limit)}{self.unit}"
        shown = "-" if self.value is None else f"{_number(self.value)}{self.unit}"
        verdict = {True: "yes", False: "no" if not self.is_stretch else "not yet", None: ""}
        unknown = f"not known: {self.why_not}" if self.why_not else "not measured"
        return [self.words, shown, limit, verdict[self.reached] or unknown]


def musts(found: Mapping[str, Figures]) -> list[Must]:
    """All of them, in the order of the promises."""
    us, uwsgi = found.get(OURS, {}), found.get(OURS_UWSGI, {})
    bare, tini, heavy = (found.get(name, {}) for name in (BARE, TINI, SUPERVISORD))
    anonymous, mib = us.get("anonymous_kib"), " MiB"
    start, memory = us.get("start_ms"), heavy.get("anonymous_kib")
    right, total = us.get("status_right"), us.get("status_total")
    few_orphans = _too_few(us.get("orphans"), ORPHANS, "orphans")
    return [
        Must("start, of the bare loop's", ratio(start, bare.get("start_ms")), 3.0, " x"),
        Must("start, of supervisord's", ratio(start, heavy.get("start_ms")), 1 / 40, " x"),
        Must("anonymous memory", ratio(anonymous, _MIB), 4.5, mib),
        Must("anonymous memory, stretch", ratio(anonymous, _MIB), 3.5, mib, is_stretch=True),
        Must("anonymous memory, of supervisord's", ratio(anonymous, memory), 1 / 3, " x"),
        Must("RSS", ratio(us.get("rss_kib"), _MIB), 10.5, mib),
        Must(
            "anonymous memory with uWSGI, front door and health",
            ratio(uwsgi.get("anonymous_kib"), _MIB),
            6.5,
            mib,
        ),
        Must("each further child", us.get("further_kib"), 10.0, " KiB"),
        *(
            Must(
                f"{words}, idle with {children}",
                us.get(f"{key}_{children}"),
                0.0,
                why_not=_too_few(us.get("idle_s"), IDLE_S, "s"),
            )
            for words, key in (
                ("context switches", "idle_switches"),
                ("ns of CPU", "idle_cpu_ns"),
            )
            for children in (1, 20)
        ),
        Must(
            "signal p50, of tini's",
            ratio(us.get("signal_p50_us"), tini.get("signal_p50_us")),
            1.5,
            " x",
        ),
        Must(
            "orphans reaped per second, of tini's",
            ratio(us.get("orphans_per_s"), tini.get("orphans_per_s")),
            0.5,
            " x",
            is_most=False,
            why_not=few_orphans,
        ),
        Must("orphans left as zombies", us.get("orphans_left"), 0.0, why_not=few_orphans),
        Must(
            f"TERM lost amid {BURSTS} bursts of orphans",
            us.get("bursts_lost"),
            0.0,
            why_not=_too_few(us.get("bursts"), BURSTS, "bursts"),
        ),
        Must(
            "TERM lost that was sent ≥ 2 ms after exec",
            us.get("early_lost"),
            0.0,
            why_not=_too_few(us.get("early_sent"), EARLY, "signals"),
        ),
        Must(
            "child's end to ours, of the bare loop's",
            ratio(us.get("stop_ms"), bare.get("stop_ms")),
            1.5,
            " x",
        ),
        Must(
            "exit statuses that are right",
            None if right is None or not total else 100.0 * right / total,
            100.0,
            " %",
            is_most=False,
            why_not=_too_few(total, STATUSES, "cases"),
        ),
    ]


def _too_few(count: float | None, wanted: int, what: str) -> str:
    """Nothing lost among a few proves nothing."""
    return f"{count:g} of {wanted} {what}" if count is not None and count < wanted else ""


def _number(value: float) -> str:
    """Three digits that mean something; counts as they are."""
    if value == int(value):
        return str(int(value))
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"
