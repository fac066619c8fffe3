"""From execve of the init to the child's first instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.inits import figures
from benchmarks.inits.contenders import DIRECT, FLOOR, Contender
from benchmarks.inits.rounds import Session, start_s
from benchmarks.inits.staged import Staged

if TYPE_CHECKING:
    from collections.abc import Sequence


def expected_s(contenders: Sequence[Contender], repeat: int) -> float:
    """For the time left."""
    return repeat * sum(map(start_s, (FLOOR, *contenders)))


def measure(session: Session) -> dict[str, dict[str, Any]]:
    """Milliseconds; `start_ms` is what the init adds to a direct exec of the same child."""
    repeat = session.options.repeat

    def one(contender: Contender, _: int) -> float:
        with Staged(session.tools, contender) as staged:
            return (staged.told("S")[0] - staged.begun_ns) / 1e6

    everyone = (FLOOR, *session.contenders)
    found = session.interleave("start", everyone, lambda _: repeat, start_s, one)
    floor_ms = figures.middle(found[DIRECT].samples) or 0.0
    return {
        name: figures.noted(
            series,
            start_ms=figures.less(figures.middle(series.samples), floor_ms),
            start_p90_ms=figures.less(figures.percentile(series.samples, 90), floor_ms),
        )
        for name, series in found.items()
    }
