"""What a load comes to: counts, times, and the split at each moment that was marked."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from supervisor.drill.records import Records
from supervisor.drill.result import Fate, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Fate", "Result", "Tally"]


class Tally:
    """All results of a load, in order of their end, and the moments that the caller marked.

    `unsent`: requests of an open loop that were due and never sent, because no client was free
    until the load ended. Nobody has accepted them, so they have no fate.
    """

    def __init__(
        self,
        results: Iterable[Result],
        marks: Mapping[str, float] | None = None,
        *,
        unsent: int = 0,
    ) -> None:
        self.results = results if isinstance(results, Records) else Records(results)
        self.marks = {} if marks is None else marks
        self.unsent = unsent

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self.as_dict(with_results=True) == other.as_dict(
            with_results=True
        )

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def counts(self) -> Counter[Fate]:
        """How many results each fate has."""
        return self.results.counts()

    @property
    def answered(self) -> int:
        """Complete responses."""
        return self.counts[Fate.ANSWERED]

    @property
    def turned_away(self) -> int:
        """Complete 503s with Retry-After and Connection: close."""
        return self.counts[Fate.TURNED_AWAY]

    @property
    def refused(self) -> int:
        """Failed connects."""
        return self.counts[Fate.REFUSED]

    @property
    def lost(self) -> int:
        """Accepted, and no complete response."""
        return self.counts[Fate.LOST]

    @property
    def accepted(self) -> int:
        """Everything but the refusals."""
        return len(self.results) - self.refused

    @property
    def late(self) -> int:
        """Requests of an open loop that were sent late, because no client was free."""
        return self.results.late()

    def lost_results(self) -> tuple[Result, ...]:
        """The requests that must not exist."""
        return tuple(self.results.of(Fate.LOST))

    def reasons(self, fate: Fate = Fate.LOST) -> Counter[str]:
        """How often each reason was given for a fate."""
        return Counter(result.reason for result in self.results.of(fate))

    def statuses(self) -> Counter[int]:
        """How many answers had each HTTP status."""
        return self.results.of(Fate.ANSWERED).statuses()

    @property
    def failed(self) -> int:
        """Answers that were errors of the server's, 5xx; a turn-away is none."""
        return sum(count for status, count in self.statuses().items() if status >= 500)

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
        ends = (self.results.of(fate).last_end() for fate in (Fate.ANSWERED, Fate.TURNED_AWAY))
        return max((end for end in ends if end is not None), default=None)

    def before(self, mark: str) -> Tally:
        """Ended when the moment came."""
        at = self.marks[mark]
        return self._where(lambda _, end: end <= at)

    def in_flight(self, mark: str) -> Tally:
        """Accepted before the moment, and not ended then."""
        at = self.marks[mark]
        return self._where(lambda accepted, end: accepted <= at < end)

    def after(self, mark: str) -> Tally:
        """Accepted later than the moment, or refused later. Three parts make the whole."""
        at = self.marks[mark]
        return self._where(lambda accepted, end: end > at and not accepted <= at)

    def as_dict(self, *, with_results: bool = False) -> dict[str, Any]:
        """Plain data: counts, times, the split at every mark, each loss; all results on request."""
        data: dict[str, Any] = {
            **self._summary(),
            "late": self.late,
            "unsent": self.unsent,
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
        results = (Result(**{**r, "fate": Fate(r["fate"])}) for r in data["results"])
        return cls(results, data["marks"], unsent=data.get("unsent", 0))

    def _where(self, keep: Callable[[float, float], bool]) -> Tally:
        return Tally(self.results.where(keep), self.marks)

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
        times = self.results.of(Fate.ANSWERED).seconds()
        if not times:
            return [None] * len(percents)
        ranks = (-(-len(times) * percent // 100) for percent in percents)
        return [times[max(int(rank), 1) - 1] for rank in ranks]
