"""What was measured at one moment, for one decision."""

from __future__ import annotations

from supervisor.core.record import Record


class WorkerSample(Record):
    """One worker; memory in bytes, None when it can't be read.

    `ready`: it accepts requests. `requests` are those of this process, `busy` those that it runs
    now, `running` their "METHOD /path".
    """

    id: int
    pid: int
    ready: bool
    busy: int = 0
    requests: int = 0
    age_s: float = 0.0
    pss: int | None = None
    uss: int | None = None
    running: tuple[str, ...] = ()

    def memory(self, measure: str) -> int | None:
        """Return what a measure, "pss" or "uss", says."""
        return self.uss if measure == "uss" else self.pss


class CgroupSample(Record):
    """The memory of the service's cgroup in bytes; None: no limit, or nothing that tells.

    `used` is what can't be given back at once. `pressure` is "some avg10" of PSI, in percent.
    """

    limit: int | None
    used: int
    pressure: float | None = None

    @property
    def left(self) -> int | None:
        """Bytes until the limit, None without one."""
        return None if self.limit is None else max(self.limit - self.used, 0)


class Sample(Record):
    """Everything that one decision needs."""

    workers: tuple[WorkerSample, ...]
    generation: int = 1
    cgroup: CgroupSample | None = None
    held_off: str = ""  # why nothing may be recycled now

    @property
    def ready(self) -> int:
        """How many workers accept requests."""
        return sum(worker.ready for worker in self.workers)
