"""Each limit by itself, the most urgent first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.recycle.policy import RecyclePolicy
from supervisor.recycle.reasons import age_limit, blind_to, wanted
from supervisor.recycle.sample import CgroupSample
from tests.recycle.stage import MIB, sample, worker

TIGHT = CgroupSample(1000 * MIB, 950 * MIB, 12.5)


def chosen(policy: RecyclePolicy, *workers: Any, **more: Any) -> tuple[int, str] | None:
    """The number of who should go, and why."""
    found = wanted(policy, sample(*workers, **more), ())
    return (found[0].id, found[1]) if found else None


@pytest.mark.parametrize(
    ("limits", "cgroup", "why"),
    [
        ({"memory_bytes": 59 * MIB}, TIGHT, "PSS of 60.0 MiB, more than 59.0 MiB"),
        ({"memory_bytes": 60 * MIB}, TIGHT, None),
        ({"memory_bytes": 54 * MIB, "measure": "uss"}, TIGHT, "USS of 55.0 MiB, more than 54"),
        ({"memory_share": 0.05}, TIGHT, "more than 50.0 MiB"),
        ({"memory_share": 0.05}, CgroupSample(None, 0), None),
        ({"memory_share": 0.05}, None, None),
        ({"memory_share": 0.05, "memory_bytes": 59 * MIB}, TIGHT, "more than 50.0 MiB"),
        ({"headroom_bytes": 51 * MIB}, TIGHT, "50.0 MiB left in the cgroup, less than 51.0 MiB"),
        ({"headroom_bytes": 50 * MIB}, TIGHT, None),
        ({"headroom_share": 0.06}, TIGHT, "less than 60.0 MiB"),
        ({"headroom_share": 0.06}, CgroupSample(None, 0), None),
        ({"headroom_bytes": 51 * MIB}, CgroupSample(None, 0), None),
        ({"pressure": 12.5}, TIGHT, "memory pressure of 12.5 %, 12.5 % is too much"),
        ({"pressure": 12.6}, TIGHT, None),
        ({"pressure": 1.0}, CgroupSample(1000 * MIB, 0), None),
        ({"requests": 50}, TIGHT, "50 requests, 50 are enough"),
        ({"requests": 51}, TIGHT, None),
        ({"age_s": 2000.0}, TIGHT, "2000 s old"),
        ({"age_s": 2000.1}, TIGHT, None),
        ({}, TIGHT, None),
    ],
)
def test_each_limit(limits: dict[str, Any], cgroup: CgroupSample | None, why: str | None) -> None:
    """At its edge; the second worker is the larger, the older and the busier one."""
    large = worker(2, pss=60 * MIB, uss=55 * MIB, age_s=2000.0, requests=50)
    found = chosen(RecyclePolicy(**limits), worker(1), large, cgroup=cgroup)
    assert (found is None) == (why is None), found
    if found and why:
        assert found[0] == 2
        assert why in found[1]


def test_who_cannot_be_measured_is_not_guessed_at() -> None:
    """Others are judged all the same; without any number the oldest gives most back."""
    policy = RecyclePolicy(memory_bytes=1, headroom_bytes=51 * MIB)
    unknown = worker(1, pss=None, uss=None, age_s=9000.0)
    assert chosen(policy, unknown, worker(2)) == (2, "PSS of 50.0 MiB, more than 0.0 MiB")
    found = chosen(policy, unknown, worker(2, pss=None, uss=None), cgroup=TIGHT)
    assert found
    assert found[0] == 1


def test_the_young_are_left_alone() -> None:
    """What somebody needs who has just started, the next one will need, too.

    But not when the kernel is about to kill somebody.
    """
    policy = RecyclePolicy(memory_bytes=1, headroom_bytes=51 * MIB, least_age_s=60.0)
    young = worker(1, age_s=59.9)
    assert chosen(policy, young) is None
    assert chosen(policy, young, cgroup=TIGHT) is not None
    assert chosen(RecyclePolicy(age_s=30.0), young) == (1, "60 s old")


def test_who_starts_is_not_chosen() -> None:
    """However large and old."""
    policy = RecyclePolicy(memory_bytes=1, age_s=1.0, requests=0, headroom_bytes=51 * MIB)
    assert chosen(policy, worker(1, ready=False, age_s=9e9), cgroup=TIGHT) is None


def test_the_order() -> None:
    """What threatens the whole container comes before what is merely due."""
    policy = RecyclePolicy(age_s=1.0, requests=1, memory_bytes=1, headroom_bytes=51 * MIB)
    found = chosen(policy, worker(1), cgroup=TIGHT)
    assert found
    assert "left in the cgroup" in found[1]


@given(st.integers(1, 99), st.integers(1, 999), st.integers(1, 4194304), st.floats(0, 3600))
def test_jitter(generation: int, number: int, pid: int, jitter: float) -> None:
    """Never later than the limit, never earlier than by the jitter, and the same every time."""
    policy = RecyclePolicy(age_s=3600.0, jitter_s=jitter)
    limit = age_limit(policy, generation, worker(number, pid))
    assert 3600.0 - jitter <= limit <= 3600.0
    assert limit == age_limit(policy, generation, worker(number, pid))


def test_jitter_spreads() -> None:
    """Sixteen workers that started together fill all quarters of the time."""
    policy = RecyclePolicy(age_s=100.0, jitter_s=100.0)
    for generation in range(1, 5):
        ages = [age_limit(policy, generation, worker(n, 500 + n)) for n in range(1, 17)]
        assert {int(age // 25) for age in ages} == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("limits", "cgroup", "memory", "missing"),
    [
        ({"headroom_share": 0.1}, None, 1, ["the cgroup's memory can't be read"]),
        ({"headroom_bytes": 1}, CgroupSample(None, 1), 1, ["the cgroup has no memory limit"]),
        ({"memory_share": 0.1}, CgroupSample(None, 1), 1, ["the cgroup has no memory limit"]),
        ({"pressure": 1.0}, CgroupSample(1, 1), 1, ["the cgroup has no memory.pressure (PSI)"]),
        ({"pressure": 1.0}, CgroupSample(None, 1, 1.0), 1, []),
        ({"memory_bytes": 1}, None, None, ["no worker's PSS can be read"]),
        ({"leak_bytes": 1}, None, None, ["no worker's own memory can be read, so no leak can be"]),
        ({"memory_bytes": 1, "leak_bytes": 1}, None, 1, []),
        ({"age_s": 1.0, "requests": 1}, None, None, []),
    ],
)
def test_what_cannot_be_watched(
    limits: dict[str, Any], cgroup: CgroupSample | None, memory: int | None, missing: list[str]
) -> None:
    """Only what is on can be missed."""
    seen = sample(worker(1, pss=memory, uss=memory), cgroup=cgroup)
    found = blind_to(RecyclePolicy(**limits), seen)
    assert len(found) == len(missing)
    assert all(part in why for part, why in zip(missing, found, strict=True))
