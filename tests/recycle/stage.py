"""A service that exists as data: workers that go, come back, grow and answer."""

from __future__ import annotations

from typing import Any

from supervisor.recycle.decide import decide
from supervisor.recycle.decisions import Decision, Escalate, Recycle
from supervisor.recycle.policy import RecyclePolicy
from supervisor.recycle.sample import CgroupSample, Sample, WorkerSample
from supervisor.recycle.state import RecycleState, initial, next_at

MIB = 1 << 20


def worker(number: int, pid: int = 0, **more: Any) -> WorkerSample:
    """A ready worker, old enough for everything."""
    facts = {"ready": True, "age_s": 1000.0, "pss": 50 * MIB, "uss": 40 * MIB, **more}
    return WorkerSample(number, pid or 100 + number, **facts)


def sample(*workers: WorkerSample, **more: Any) -> Sample:
    """A sample of these workers in a cgroup of 1 GiB, half full."""
    facts = {"cgroup": CgroupSample(1024 * MIB, 512 * MIB, 0.0), **more}
    return Sample(workers, **facts)


def started(**limits: Any) -> RecycleState:
    """The state of a policy with these limits, at second 0."""
    return initial(RecyclePolicy(**limits), 0.0)


def first(state: RecycleState, seen: Sample, now: float = 0.0) -> Recycle | None:
    """Who is recycled because of one sample."""
    _state, decisions = decide(state, seen, now)
    chosen = [one for one in decisions if isinstance(one, Recycle)]
    return chosen[0] if chosen else None


class Stage:
    """Workers in time: they do what is decided, each within its own patience."""

    def __init__(self, policy: RecyclePolicy, workers: int, goes_s: float, comes_s: float) -> None:
        self.now, self.goes_s, self.comes_s = 0.0, goes_s, comes_s
        self.state = initial(policy, 0.0)
        self.workers = {n: worker(n, age_s=0.0) for n in range(1, workers + 1)}
        self.born = dict.fromkeys(self.workers, 0.0)
        self.leaves: dict[int, float] = {}
        self.held_off = ""
        self.log: list[tuple[float, Decision, Sample]] = []
        self._pid = 1000

    def turn(self, until: float) -> None:
        """Let time pass, and `decide` look whenever it wants to."""
        while min(next_at(self.state), until) < until:
            self.now = max(self.now, next_at(self.state))
            self._live()
            seen = self.seen()
            self.state, decisions = decide(self.state, seen, self.now)
            assert next_at(self.state) > self.now, "a hot loop"
            self.log += [(self.now, one, seen) for one in decisions]
            for one in decisions:
                if isinstance(one, Recycle) or (isinstance(one, Escalate) and one.signal):
                    late = self.goes_s if isinstance(one, Recycle) else 0.0
                    self.leaves[one.worker] = min(
                        self.leaves.get(one.worker, self.now + late), self.now + late
                    )
        self.now = max(self.now, until)

    def seen(self) -> Sample:
        """What a look shows."""
        self._live()
        found = []
        for number, one in self.workers.items():
            age = self.now - self.born[number]
            if age >= 0:
                ready = age >= self.comes_s
                size = int(age * MIB)
                found.append(one.replace(age_s=age, ready=ready, pss=size, requests=int(age * 9)))
        return sample(*found, held_off=self.held_off)

    def _live(self) -> None:
        for number, at in list(self.leaves.items()):
            if at <= self.now:
                del self.leaves[number]
                self._pid += 1
                self.workers[number] = worker(number, self._pid)
                self.born[number] = at
