"""Several containers' ends as one."""

from __future__ import annotations

import dataclasses

from supervisor.drill.outcome import End, Phase
from supervisor.drill.sites.several import joined
from tests.drill.outcomes import CUT

GOOD = End(143, 0.4, signal=15, grace_s=10.0, log=("fine",), hidden=("files",))
SLOW = End(0, 3.0, signal=15, grace_s=10.0, phases=(Phase("stopping", 0.0, 3.0),))
FAILED = End(1, 0.1, signal=15, cause=CUT, log=("no",), hidden=("files",), left=("sleep (pid 3)",))
KILLED = End(137, 10.0, killed=True, signal=15)


def test_one_is_itself() -> None:
    assert joined({"web-1": GOOD}) is GOOD


def test_the_worst_says_how_and_the_slowest_how_long() -> None:
    found = joined({"web-1": GOOD, "web-2": SLOW, "web-3": FAILED})
    assert (found.exit_code, found.cause, found.killed) == (1, CUT, False)
    assert (found.seconds, found.phases) == (3.0, SLOW.phases)
    assert found.log == ("web-1: fine", "web-3: no")
    assert (found.hidden, found.left) == (("files",), ("sleep (pid 3)",))


def test_what_each_reported_is_not_left_out() -> None:
    """Of several reports the worst one's is drawn; a code is judged by its own signal."""
    reported = dataclasses.replace(GOOD, report={"event": "report"})
    found = joined({"web-1": reported, "web-2": FAILED})
    assert (found.exit_code, found.report) == (1, {"event": "report"})
    quit_ = End(131, 0.1, signal=3)
    assert joined({"web-1": quit_, "web-2": FAILED}).exit_code == 1
    assert joined({"web-1": FAILED, "web-2": End(143, 0.1)}).exit_code == 1


def test_a_kill_is_worse_than_a_code_and_what_is_wrong_is_named() -> None:
    found = joined({"web-1": FAILED, "web-2": KILLED})
    assert (found.exit_code, found.killed) == (137, True)
    wrong = joined({"web-1": GOOD, "web-2": End(None, 60.0, wrong="it did not answer")})
    assert wrong.wrong == "web-2: it did not answer"
