"""One assertion: it stopped gracefully. Its message says what happened to whom, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.drill.outcome import Outcome
from supervisor.drill.story import story
from supervisor.drill.verdict import Limits, judge
from supervisor.testing import current
from supervisor.testing.reports import codes

if TYPE_CHECKING:
    from supervisor.drill.traffic import Load
    from supervisor.testing.subject import Graceful


def assert_graceful(
    subject: Graceful | Outcome,
    *,
    grace: float | None = None,
    seconds: float | None = None,
    exit_code: int | tuple[int, ...] | None = None,
    load: Load | None = None,
    signal: str | int = "",
    at: float | None = None,
    port: int | None = None,
) -> Outcome:
    """Stop it with a load in the middle, unless that is done, and return the outcome.

    It must lose nothing, end by itself within the grace period, and within `seconds` where given,
    with the exit code (default: 128 + the signal, or 0). Else AssertionError tells the story.
    """
    __tracebackhide__ = True
    wanted = current.defaults()
    outcome = subject
    if not isinstance(outcome, Outcome):
        outcome = outcome.stop_gracefully(grace, signal, load, at=at, port=port)
    code = wanted.exit_code if exit_code is None else exit_code
    limit = wanted.seconds if seconds is None else seconds
    limits = Limits(seconds=limit, codes=codes(code))
    current.expect(outcome, limits)
    verdict = judge(outcome, limits)
    if not verdict.ok:
        raise AssertionError(story(outcome, verdict))
    return outcome
