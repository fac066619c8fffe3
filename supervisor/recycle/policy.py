"""What the operator decided about recycling; everything is off until it is asked for."""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

BETWEEN: Final = "between-requests"  # the worker ends itself between two requests
RESTART: Final = "restart"  # it can't without harm: the whole service is replaced beside itself


class RecyclePolicy(Record):
    """Limits that end a worker's life, and what holds them back; bytes and seconds.

    Every limit that is None is off. Shares are of the cgroup's memory limit, 0 to 1; `pressure` is
    the percentage of time of PSI's "some avg10"; `leak_bytes` is growth per 1,000 requests.
    """

    mechanism: str = BETWEEN
    why_restart: str = ""  # what speaks against the other mechanism
    memory_bytes: int | None = None
    memory_share: float | None = None
    measure: str = "pss"  # or "uss": what of a worker's memory is compared
    headroom_bytes: int | None = None
    headroom_share: float | None = None
    pressure: float | None = None
    age_s: float | None = None
    jitter_s: float = 0.0  # each worker's age limit is up to so much less
    requests: int | None = None
    leak_bytes: int | None = None
    min_ready: int = 1  # so many workers stay ready while one is replaced
    cool_down_s: float = 30.0  # from one worker's return to the next one's leave
    per_hour: int = 60
    deadline_s: float = 60.0  # for going; and as much again before it is killed
    every_s: float = 10.0  # between two looks at the workers
    least_age_s: float = 60.0  # memory that somebody so young needs is no leak: leave it alone

    @property
    def watches_memory(self) -> bool:
        """True when each worker's memory must be measured."""
        return not (
            self.memory_bytes is None
            and self.memory_share is None
            and self.leak_bytes is None
            and not self._watches_headroom
        )

    @property
    def watches_cgroup(self) -> bool:
        """True when the cgroup's files must be read."""
        return self.memory_share is not None or self._watches_headroom

    @property
    def _watches_headroom(self) -> bool:
        limits = (self.headroom_bytes, self.headroom_share, self.pressure)
        return any(limit is not None for limit in limits)

    @property
    def watches(self) -> bool:
        """True when any limit is on; otherwise workers are recycled by hand alone."""
        return self.watches_memory or self.age_s is not None or self.requests is not None

    def impossible(self, workers: int) -> str:
        """Say why none of so many workers can ever be recycled; an empty string when one can."""
        if self.mechanism == RESTART or workers > self.min_ready:
            return ""
        have = "the only worker" if workers == 1 else f"one of {workers} workers"
        return f"{have} would go, and {self.min_ready} must stay ready"
