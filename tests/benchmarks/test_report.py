"""The long journal of `make bench-report`: a shorter one is walked to its end."""

from __future__ import annotations

from benchmarks.report import journal
from supervisor.report.build import build
from supervisor.report.series import MOST
from supervisor.report.walk import walk


def test_a_long_stop_is_told_shortly() -> None:
    """It is done, nobody is lost, and the points are few, with the peak among them."""
    policy, entries = journal(20_000)
    assert len(entries) > 19_900
    found = walk(policy, iter(entries))
    assert found.state.phase == "done"
    told = build(found, 143, processes=[], sender="", signal="SIGTERM", ended=1500.0, wall=0.0)
    assert told["requests"]["lost"] == 0
    assert 20 < len(told["series"]) <= MOST + 1
    assert max(point[1] for point in told["series"]) == 99
    assert told["series"][-1][1:] == [0, 0, 0]
