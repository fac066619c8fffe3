"""Why a worker should go, judged by what was measured; the most urgent reason first."""

from __future__ import annotations

from supervisor.recycle import leak

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervisor.recycle.leak import Life
    from supervisor.recycle.policy import RecyclePolicy
    from supervisor.recycle.sample import CgroupSample, Sample, WorkerSample

    Found = tuple[WorkerSample, str] | None

MIB = 1 << 20
MASK = (1 << 64) - 1


def wanted(policy: RecyclePolicy, sample: Sample, lives: Iterable[Life]) -> Found:
    """Return the ready worker that should go first, and why; None when all may stay.

    Where the kernel is about to kill one, even a young one goes: that costs less.
    """
    ready = [worker for worker in sample.workers if worker.ready]
    grown = [worker for worker in ready if worker.age_s >= policy.least_age_s]
    return (
        _for_headroom(policy, sample.cgroup, ready)
        or _for_memory(policy, sample.cgroup, grown)
        or _for_leak(policy, lives, grown)
        or _for_requests(policy, ready)
        or _for_age(policy, sample.generation, ready)
    )


def age_limit(policy: RecyclePolicy, generation: int, worker: WorkerSample) -> float:
    """Return when this worker is too old, in seconds of age; infinity when nobody ever is.

    Workers that started together do not end together. No random: the same worker has the same
    limit however often it is asked for, and whoever reads the journal finds the same.
    """
    if policy.age_s is None:
        return float("inf")
    mixed = _mixed(generation, worker.id, worker.pid)
    return max(policy.age_s - policy.jitter_s * mixed, 0.0)


def blind_to(policy: RecyclePolicy, sample: Sample) -> tuple[str, ...]:
    """Say which limits that are on can't be watched, and what is missing."""
    found = []
    cgroup = sample.cgroup
    shares = policy.memory_share is not None or policy.headroom_share is not None
    if policy.watches_cgroup and cgroup is None:
        found.append("the cgroup's memory can't be read")
    elif cgroup is not None:
        if cgroup.limit is None and (shares or policy.headroom_bytes is not None):
            found.append("the cgroup has no memory limit")
        if cgroup.pressure is None and policy.pressure is not None:
            found.append("the cgroup has no memory.pressure (PSI)")
    ready = [worker for worker in sample.workers if worker.ready]
    measured = policy.memory_bytes is not None or policy.memory_share is not None
    if measured and ready and all(worker.memory(policy.measure) is None for worker in ready):
        found.append(f"no worker's {policy.measure.upper()} can be read")
    if policy.leak_bytes is not None and ready and all(worker.uss is None for worker in ready):
        found.append("no worker's own memory can be read, so no leak can be seen")
    return tuple(found)


def _for_headroom(
    policy: RecyclePolicy, cgroup: CgroupSample | None, workers: list[WorkerSample]
) -> Found:
    """Let the one go whose end gives most back."""
    if cgroup is None or not workers:
        return None
    least = limit_of(policy.headroom_bytes, policy.headroom_share, cgroup)
    if least is not None and cgroup.left is not None and cgroup.left < least:
        why = f"{_mib(cgroup.left)} left in the cgroup, less than {_mib(least)}"
    elif (
        policy.pressure is not None
        and cgroup.pressure is not None
        and cgroup.pressure >= policy.pressure
    ):
        why = f"memory pressure of {cgroup.pressure:g} %, {policy.pressure:g} % is too much"
    else:
        return None
    return max(workers, key=lambda worker: (worker.uss or worker.pss or 0, worker.age_s)), why


def _for_memory(
    policy: RecyclePolicy, cgroup: CgroupSample | None, workers: list[WorkerSample]
) -> Found:
    most = limit_of(policy.memory_bytes, policy.memory_share, cgroup)
    sizes = [(worker.memory(policy.measure), worker) for worker in workers]
    known = [(size, worker) for size, worker in sizes if size is not None]
    if most is None or not known:
        return None
    size, largest = max(known, key=lambda pair: pair[0])
    if size <= most:
        return None
    return largest, f"{policy.measure.upper()} of {_mib(size)}, more than {_mib(most)}"


def _for_leak(policy: RecyclePolicy, lives: Iterable[Life], workers: list[WorkerSample]) -> Found:
    if policy.leak_bytes is None:
        return None
    slopes = {life.pid: leak.slope(life) for life in lives}
    known = [(slopes.get(worker.pid), worker) for worker in workers]
    steep = [(slope, worker) for slope, worker in known if slope is not None]
    if not steep:
        return None
    slope, worst = max(steep, key=lambda pair: pair[0])
    if slope < policy.leak_bytes:
        return None
    return worst, f"grows by {_mib(slope)} every 1,000 requests"


def _for_requests(policy: RecyclePolicy, workers: list[WorkerSample]) -> Found:
    if policy.requests is None or not workers:
        return None
    most = max(workers, key=lambda worker: worker.requests)
    if most.requests < policy.requests:
        return None
    return most, f"{most.requests} requests, {policy.requests} are enough"


def _for_age(policy: RecyclePolicy, generation: int, workers: list[WorkerSample]) -> Found:
    late = [(worker.age_s - age_limit(policy, generation, worker), worker) for worker in workers]
    over, oldest = max(late, key=lambda pair: pair[0], default=(-1.0, None))
    if oldest is None or over < 0:
        return None
    return oldest, f"{oldest.age_s:.0f} s old"


def margin(policy: RecyclePolicy, sample: Sample) -> float | None:
    """Return how many bytes are left until a limit of memory; None where none is watched."""
    found = []
    least = limit_of(policy.headroom_bytes, policy.headroom_share, sample.cgroup)
    if sample.cgroup and sample.cgroup.left is not None and least is not None:
        found.append(sample.cgroup.left - least)
    most = limit_of(policy.memory_bytes, policy.memory_share, sample.cgroup)
    sizes = [size for one in sample.workers if (size := one.memory(policy.measure)) is not None]
    if most is not None and sizes:
        found.append(most - max(sizes))
    return min(found, default=None)


def limit_of(size: int | None, share: float | None, cgroup: CgroupSample | None) -> float | None:
    """Return a limit in bytes, None when it is off or its whole is unknown; of two the stricter."""
    whole = None if cgroup is None else cgroup.limit
    found = [] if size is None else [float(size)]
    if share is not None and whole is not None:
        found.append(share * whole)
    return min(found, default=None)


def _mib(size: float) -> str:
    return f"{size / MIB:.1f} MiB"


def _mixed(*numbers: int) -> float:
    """Mix numbers into one of [0, 1) that looks random (splitmix64, Steele et al. 2014)."""
    state = 0
    for number in numbers:
        state = (state + number + 0x9E3779B97F4A7C15) & MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
        state ^= state >> 31
    return state / (MASK + 1)
