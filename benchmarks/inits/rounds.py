"""Rounds over all contenders, so that a machine's good and bad minutes are shared out."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.inits.staged import StageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.inits.contenders import Contender
    from benchmarks.inits.installed import Installed

_MOST_FAILURES = 3
_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How much of everything; `quick` is for a look, not for a page."""

    repeat: int
    bursts: int
    peer_bursts: int
    orphans: int
    peer_orphans: int
    idle_s: float
    settle_s: float
    signals: int
    quick: bool


@dataclass(slots=True)
class Progress:
    """Steps done of all, and the time left as if the rest were as slow as expected, times so far.

    `steps` is what is to come: seconds expected, in the order they are done.
    """

    expected_s: float
    show: Callable[[str], None]
    begun_s: float = field(default_factory=time.monotonic)
    done_s: float = 0.0
    _shown_s: float = 0.0

    def step(self, what: str, expected_s: float) -> None:
        """One more is done; said now and then."""
        self.done_s += expected_s
        now_s = time.monotonic()
        if now_s - self._shown_s >= _EVERY_S:
            self._shown_s = now_s
            self.show(f"[{self.left(now_s)}] {what}")

    def left(self, now_s: float | None = None) -> str:
        """In words."""
        now_s = time.monotonic() if now_s is None else now_s
        pace = (now_s - self.begun_s) / self.done_s if self.done_s else 1.0
        left_s = max(self.expected_s - self.done_s, 0.0) * pace
        return f"{left_s / 60:.0f} min left" if left_s >= 90 else f"{left_s:.0f} s left"


def show(line: str) -> None:
    """Progress is not a result: standard error."""
    print(line, file=sys.stderr, flush=True)


@dataclass(slots=True)
class Series:
    """What came out of one contender's rounds."""

    samples: list[Any] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Session:
    """What every measurement is given."""

    tools: Installed
    contenders: Sequence[Contender]
    options: Options
    progress: Progress

    def interleave(
        self,
        what: str,
        contenders: Sequence[Contender],
        count: Callable[[Contender], int],
        cost_s: Callable[[Contender], float],
        one: Callable[[Contender, int], Any],
    ) -> dict[str, Series]:
        """Each contender's samples; round by round, each in another order.

        With a fixed one, what somebody leaves to the kernel to tidy up always slows the same next.
        """
        order = random.Random(1)
        found = {contender.name: Series() for contender in contenders}
        rounds = max(map(count, contenders), default=0)
        for number in range(rounds):
            for contender in order.sample(contenders, len(contenders)):
                series = found[contender.name]
                if number >= count(contender):
                    continue
                if len(series.failed) < _MOST_FAILURES:
                    try:
                        series.samples.append(one(contender, number))
                    except (StageError, OSError) as error:
                        series.failed.append(f"round {number + 1}: {error}")
                        show(f"{what}, {contender.title}: {error}")
                words = f"{what}, round {number + 1} of {rounds}: {contender.title}"
                self.progress.step(words, cost_s(contender))
        return found


def start_s(contender: Contender) -> float:
    """A guess, for the time left."""
    return {"supervisord": 1.3, "circus": 0.4, "honcho": 0.3, "gracekeeper": 0.1}.get(
        contender.name, 0.03
    )
