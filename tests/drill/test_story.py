"""The story of a failure, word for word."""

from __future__ import annotations

import dataclasses

from supervisor.drill.document import document
from supervisor.drill.outcome import Outcome, Phase
from supervisor.drill.story import story
from supervisor.drill.verdict import EXIT, Limits, judge
from tests.drill.outcomes import CUT as CUT_CAUSE
from tests.drill.outcomes import answered, cut, failing, graceful, killed, lost, outcome

CUT = """\
app:latest: 8 requests were lost of 21 accepted, 7 of the 8 that were inside.

Requests:
  before SIGTERM: 12 answered (p50 500 ms, p99 500 ms)
  inside when it came: 1 answered, 7 lost (p50 510 ms, p99 510 ms)
  later: 1 lost

Lost:
  7 x /slow: reset before headers
      accepted 0.31 s before, lost 0.02 s after SIGTERM
  1 x /slow: EOF before headers
      accepted 0.01 s after, lost 0.02 s after SIGTERM

Why: The program has no handler for SIGTERM, so it ended at once: whatever it was doing was cut.
To do: Let it handle SIGTERM.

Its last lines:
  | Serving HTTP on 0.0.0.0 port 8000"""

KILLED = """\
app:latest: 8 requests were lost of 24 accepted: they came after SIGTERM. It ended with 137 by \
KILL at the end of its grace period, not 143 or 0. Its grace period of 10 s was too short for it.

Requests:
  before SIGTERM: 8 answered (p50 500 ms, p99 500 ms)
  inside when it came: 8 answered (p50 500 ms, p99 500 ms)
  later: 8 lost

Lost:
  8 x /slow: EOF in body after 3 of 9 bytes
      accepted 9.60 s after, lost 10.03 s after SIGTERM

Time: 10.1 s from SIGTERM, of 10 s, most of it stopping:
  stopping  10.00 s
  reaping    0.06 s

Why (likely): The grace period of 10 s ran out, and it was killed: PID 1 is a shell.
To do: Put `exec` before the last command.
Outlived it, and was killed: sleep (pid 12)

Not seen: the log is hidden: its driver does not read"""


def test_requests_that_were_cut() -> None:
    assert story(cut()) == CUT


def test_a_grace_period_that_ran_out() -> None:
    assert story(killed()) == KILLED


def test_a_good_end_has_a_short_one() -> None:
    assert story(graceful()).splitlines()[0] == judge(graceful()).sentence
    assert "Lost:" not in story(graceful())


def test_without_a_load() -> None:
    assert story(outcome()).endswith("No requests were sent.")


def test_what_was_not_to_fail_it_is_told_all_the_same() -> None:
    told = story(cut(), judge(cut(), Limits(fail_on=(EXIT,)))).splitlines()[0]
    assert told.startswith(
        "app:latest: it ended 0.1 s after SIGTERM with 143. 8 requests were lost"
    )


def test_a_rate_that_was_not_kept() -> None:
    results = [dataclasses.replace(one, late=True) for one in answered(3, -0.2, 0.1)]
    one = outcome(results)
    one.tally.unsent = 4992
    told = story(one).splitlines()
    assert "  never sent, because all clients waited: 4992" in told
    assert "  sent late, because all clients waited: 3" in told
    counted = document([one])["trials"][0]["requests"]
    assert (counted["unsent"], counted["late"]) == (4992, 3)


def test_a_thousand_lines_alike_are_one() -> None:
    access = tuple(f'10.0.0.{at} "GET /slow" 200' for at in range(50))
    assert story(outcome(log=("begun", *access, "bye"))).splitlines()[-5:] == [
        "Its last lines:",
        "  | begun",
        "  | ... 49 like the next one",
        '  | 10.0.0.49 "GET /slow" 200',
        "  | bye",
    ]


def test_a_log_can_not_break_the_page() -> None:
    lines = story(outcome(log=("\x1b[31mred", "x" * 500))).splitlines()
    assert "  |  [31mred" in lines
    assert max(map(len, lines)) <= 170


def told(one: Outcome, part: str) -> list[str]:
    """Return the part of a story that begins so, without its first line."""
    (found,) = [each for each in story(one).split("\n\n") if each.startswith(part)]
    return found.splitlines()[1:]


def test_of_many_kinds_of_losses_the_most_are_told_first() -> None:
    """And the rest is counted."""
    kinds = [one for at in range(7) for one in lost(at + 1, -0.1, 0.1, f"reason {at}")]
    found = [line for line in told(outcome(kinds), "Lost:") if "accepted" not in line]
    most = [f"  {at + 1} x /slow: reason {at}" for at in (6, 5, 4, 3, 2)]
    assert found == [*most, "  and 3 others"]


def test_when_they_were_lost() -> None:
    """At one moment, before and after, or both; and who was lost when it was over."""
    early = lost(1, -0.5, 0.05, "x") + lost(1, -0.1, 0.15, "x") + lost(1, 0.05, 0.2, "x")
    assert told(outcome(early, over=0.1), "Lost:") == [
        "  3 x /slow: x",
        "      accepted 0.50 s before to 0.05 s after, lost 0.05 to 0.20 s after SIGTERM",
        "  2 of them after it was over, 0.10 s after SIGTERM",
    ]
    on_time = outcome(lost(2, -0.5, 0.1, "x"), over=0.1, signal=0)
    assert told(on_time, "Lost:")[1:] == [
        "      accepted 0.50 s before, lost 0.10 s after the stop"
    ]


def test_how_many_of_them_are_said_with_their_times() -> None:
    """Of none there is none; errors are counted; a second is told as one."""
    one = outcome([*answered(2, -2.5, -1), *failing(1, -0.5, 0.1)], action="kill", signal=9)
    assert told(one, "Requests:") == [
        "  before the kill: 2 answered (p50 1.50 s, p99 1.50 s)",
        "  inside when it came: 1 answered (p50 600 ms, p99 600 ms); 1 of the answers were 5xx",
        "  later: none",
    ]


def test_a_short_end_needs_no_explanation() -> None:
    phases = (Phase("stopping", 0.0, 0.5),)
    for over, grace_s, first in (
        (0.49, 10.0, ""),
        (0.5, 10.0, "Time: 0.5 s from SIGTERM, of 10 s, most of it stopping:"),
        (0.5, None, "Time: 0.5 s from SIGTERM, most of it stopping:"),
    ):
        found = story(outcome(over=over, grace_s=grace_s, phases=phases))
        assert ("Time:" in found) is bool(first)
        assert first in found.splitlines() or not first
    assert "Time:" not in story(outcome(over=5.0))


def test_a_cause_that_knows_no_remedy() -> None:
    found = story(outcome(cause=CUT_CAUSE.replace(fix="")))
    assert "Why: The program" in found
    assert "To do" not in found
