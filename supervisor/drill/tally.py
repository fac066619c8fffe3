"""What became of every request: four outcomes, nothing in between."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Outcome(StrEnum):
    """The words of the design, and their exact meaning here."""

    ANSWERED = "answered"  # a complete response, any status that is not a turn-away
    TURNED_AWAY = "turned away"  # a complete 503 with Retry-After and Connection: close
    REFUSED = "refused"  # connect() failed
    LOST = "lost"  # connect() succeeded and no complete response came


@dataclass(frozen=True, slots=True)
class Result:
    """One request. Times are seconds of CLOCK_MONOTONIC, comparable between processes.

    `t_connected` is None for a refusal, and equals `t_start` on a reused connection.
    """

    outcome: Outcome
    status: int | None
    reason: str
    path: str
    client: int
    t_start: float
    t_connected: float | None
    t_end: float
    body_bytes: int
    reused: bool = False

    @property
    def seconds(self) -> float:
        """From the start of connect() to the last byte, in seconds."""
        return self.t_end - self.t_start


@dataclass(frozen=True)
class Tally:
    """All results of a load, in order of their end, and the moments that the caller marked."""

    results: tuple[Result, ...]
    marks: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def counts(self) -> Counter[Outcome]:
        """How many results each outcome has."""
        return Counter(result.outcome for result in self.results)

    @property
    def answered(self) -> int:
        """Complete responses."""
        return self.counts[Outcome.ANSWERED]

    @property
    def turned_away(self) -> int:
        """Complete 503s with Retry-After and Connection: close."""
        return self.counts[Outcome.TURNED_AWAY]

    @property
    def refused(self) -> int:
        """Failed connects."""
        return self.counts[Outcome.REFUSED]

    @property
    def lost(self) -> int:
        """Accepted, and no complete response."""
        return self.counts[Outcome.LOST]

    @property
    def accepted(self) -> int:
        """Everything but the refusals."""
        return len(self.results) - self.refused

    def lost_results(self) -> tuple[Result, ...]:
        """The requests that must not exist."""
        return tuple(result for result in self.results if result.outcome is Outcome.LOST)

    def reasons(self, outcome: Outcome = Outcome.LOST) -> Counter[str]:
        """How often each reason was given for an outcome."""
        return Counter(result.reason for result in self.results if result.outcome is outcome)

    def statuses(self) -> Counter[int]:
        """How many answers had each HTTP status."""
        return Counter(
            result.status
            for result in self.results
            if result.outcome is Outcome.ANSWERED and result.status is not None
        )

    def percentile(self, percent: float) -> float | None:
        """Seconds within which so many percent of the answers came (nearest rank); None: none."""
        return self._percentiles((percent,))[0]

    @property
    def p50(self) -> float | None:
        """Median time to an answer, in seconds."""
        return self.percentile(50)

    @property
    def p99(self) -> float | None:
        """99th percentile of the time to an answer, in seconds."""
        return self.percentile(99)

    @property
    def last_answer(self) -> float | None:
        """When the last complete response (turn-aways included) ended, in monotonic seconds."""
        ends = [r.t_end for r in self.results if r.outcome in _COMPLETE]
        return max(ends, default=None)

    def before(self, mark: str) -> Tally:
        """Ended when the moment came."""
        at = self.marks[mark]
        return self._only(r for r in self.results if r.t_end <= at)

    def in_flight(self, mark: str) -> Tally:
        """Accepted before the moment, and not ended then."""
        at = self.marks[mark]
        return self._only(r for r in self.results if _accepted_by(r, at) and r.t_end > at)

    def after(self, mark: str) -> Tally:
        """Accepted later than the moment, or refused later. Three parts make the whole."""
        at = self.marks[mark]
        return self._only(r for r in self.results if r.t_end > at and not _accepted_by(r, at))

    def as_dict(self, *, with_results: bool = False) -> dict[str, Any]:
        """Plain data: counts, times, the split at every mark, each loss; all results on request."""
        data: dict[str, Any] = {
            **self._summary(),
            "marks": dict(self.marks),
            "parts": {mark: self._parts(mark) for mark in self.marks},
            "reasons": dict(self.reasons()),
            "statuses": {str(status): count for status, count in self.statuses().items()},
            "lost_results": [asdict(result) for result in self.lost_results()],
        }
        if with_results:
            data["results"] = [asdict(result) for result in self.results]
        return data

    def to_json(self, *, with_results: bool = False) -> str:
        """`as_dict` as one line of JSON."""
        return json.dumps(self.as_dict(with_results=with_results))

    @classmethod
    def from_json(cls, text: str) -> Tally:
        """The tally of another process, written with `with_results=True`."""
        data = json.loads(text)
        results = (Result(**{**r, "outcome": Outcome(r["outcome"])}) for r in data["results"])
        return cls(tuple(results), data["marks"])

    def _only(self, results: Iterable[Result]) -> Tally:
        return Tally(tuple(results), self.marks)

    def _parts(self, mark: str) -> dict[str, Any]:
        parts = {
            "before": self.before(mark),
            "in_flight": self.in_flight(mark),
            "after": self.after(mark),
        }
        return {name: part._summary() for name, part in parts.items()}

    def _summary(self) -> dict[str, Any]:
        p50, p99 = self._percentiles((50, 99))
        return {
            "answered": self.answered,
            "turned_away": self.turned_away,
            "refused": self.refused,
            "lost": self.lost,
            "p50_s": p50,
            "p99_s": p99,
        }

    def _percentiles(self, percents: tuple[float, ...]) -> list[float | None]:
        times = sorted(r.seconds for r in self.results if r.outcome is Outcome.ANSWERED)
        if not times:
            return [None] * len(percents)
        ranks = (-(-len(times) * percent // 100) for percent in percents)
        return [times[max(int(rank), 1) - 1] for rank in ranks]


_COMPLETE = frozenset({Outcome.ANSWERED, Outcome.TURNED_AWAY})


def _accepted_by(result: Result, at: float) -> bool:
    return result.t_connected is not None and result.t_connected <= at
