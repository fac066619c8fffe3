from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_app.pace import Pace


@dataclass
class FakeTime:
    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _pace(seconds: float, time: FakeTime) -> Pace:
    return Pace(seconds, clock=time.clock, sleep=time.sleep)


def test_each_chunk_waits_for_its_share_of_the_time() -> None:
    time = FakeTime()
    chunks = _pace(4.0, time).spread([b"a", b"bb", b"c"], total=4)

    assert [(chunk, time.now) for chunk in chunks] == [(b"a", 101), (b"bb", 103), (b"c", 104)]


def test_time_spent_elsewhere_is_not_waited_for_again() -> None:
    time = FakeTime()
    chunks = _pace(4.0, time).spread([b"aa", b"bb"], total=4)

    time.now += 3.0
    list(chunks)

    assert time.slept == [1.0]


def test_an_empty_body_takes_its_time_too() -> None:
    time = FakeTime()

    assert list(_pace(0.5, time).spread([], total=0)) == []
    assert time.now == 100.5


@given(sizes=st.lists(st.integers(1, 9), max_size=9), seconds=st.floats(0, 30))
def test_nothing_is_lost_and_the_end_is_on_time(sizes: list[int], seconds: float) -> None:
    time = FakeTime()
    chunks = [b"." * size for size in sizes]

    assert list(_pace(seconds, time).spread(chunks, total=sum(sizes))) == chunks
    assert time.now == pytest.approx(100.0 + seconds)
