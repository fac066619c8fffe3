"""A slope that a cache, a large request or a collector's saw does not fool."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.recycle.decide import decide
from supervisor.recycle.decisions import Recycle
from supervisor.recycle.leak import FEWEST, MOST, Life, longer, slope
from tests.recycle.stage import MIB, sample, started, worker


def life(*points: tuple[int, int]) -> Life:
    """A life with these samples."""
    found = Life(1, 101)
    for requests, size in points:
        found = longer(found, requests, size)
    return found


@given(st.integers(-5000, 5000), st.integers(FEWEST * 2, 200), st.integers(100, 999))
def test_a_straight_line(rise: int, samples: int, step: int) -> None:
    """Bytes per 1,000 requests, however long the life."""
    found = life(*((at * step, 10**9 + rise * at * step) for at in range(1, samples)))
    assert slope(found) == pytest.approx(rise * 1000)
    assert len(found.points) <= MOST


def test_what_happens_once_is_no_leak() -> None:
    """A warm-up, a step and two outliers: the rest is flat."""
    sizes = [min(at, 5) * 40 * MIB for at in range(24)]
    sizes[15] += 500 * MIB
    sizes[20] += 300 * MIB
    found = slope(life(*((at * 200, size) for at, size in enumerate(sizes, 1))))
    assert found is not None
    assert abs(found) < MIB


def test_noise_does_not_hide_a_leak() -> None:
    """A saw of 8 MiB on a growth of 2 MiB per 1,000 requests."""
    points = ((at * 300, at * 600 * 1049 + at % 3 * 8 * MIB) for at in range(1, 30))
    found = slope(life(*points))
    assert found is not None
    assert 1 * MIB < found < 3 * MIB


@pytest.mark.parametrize("points", [[], [(1000 * n, n) for n in range(1, FEWEST)]])
def test_too_few_samples(points: list[tuple[int, int]]) -> None:
    """Nobody can tell yet."""
    assert slope(life(*points)) is None


def test_too_few_requests() -> None:
    """Ten requests are no trend, however often they are looked at."""
    assert slope(life(*((at, at * MIB) for at in range(900)))) is None


def test_an_idle_worker_teaches_nothing() -> None:
    """Without requests there is no sample."""
    assert life((5, 1), (5, 2), (5, 3)).points == ((5, 1),)


def test_samples_span_the_whole_life() -> None:
    """The first one is never lost, and the rest stay in order."""
    points = life(*((at, at) for at in range(5000))).points
    assert points[0] == (0, 0)
    assert points[-1] == (4999, 4999)
    assert all(one < two for one, two in pairwise(points))


@pytest.mark.parametrize(("limit", "goes"), [(900_000, True), (1_100_000, False)])
def test_a_leak_ends_a_life(limit: int, goes: bool) -> None:
    """Sampled by `decide` itself, one process at a time."""
    state = started(leak_bytes=limit)
    gone = []
    for at in range(1, 40):
        leaks = worker(1, requests=at * 250, uss=MIB * 50 + at * 250_000)
        calm = worker(2, requests=at * 250)
        state, decisions = decide(state, sample(leaks, calm), at * 10.0)
        gone += [one.worker for one in decisions if isinstance(one, Recycle)]
    assert gone == ([1] if goes else [])
    state, _ = decide(state, sample(worker(1, 999)), 1000.0)
    assert [one.pid for one in state.lives] == [999]
