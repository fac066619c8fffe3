"""The test that runs now: what it wants by default, and what was stopped in it.

Loaded in every session that has the plugin, so it imports next to nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.drill.outcome import Outcome
    from supervisor.drill.verdict import Limits


@dataclass(frozen=True)
class Defaults:
    """What `@pytest.mark.graceful` says; None leaves it to each call, and then to the site."""

    grace: float | None = None
    seconds: float | None = None
    exit_code: int | tuple[int, ...] | None = None


@dataclass
class Test:
    """One test: what was stopped in it, and what an assertion then expected, by number."""

    __test__ = False  # pytest must not collect it

    defaults: Defaults = Defaults()
    outcomes: list[Outcome] = field(default_factory=list)
    limits: dict[int, Limits] = field(default_factory=dict)
    reported: int = 0


_now: Test | None = None


@contextmanager
def running(test: Test) -> Iterator[None]:
    """Make it the test that runs; threads that it starts see it, too."""
    global _now  # noqa: PLW0603 - pytest runs one test at a time in a process
    before, _now = _now, test
    try:
        yield
    finally:
        _now = before


def defaults() -> Defaults:
    """Return those of the test that runs; outside of one there are none."""
    return _now.defaults if _now else Defaults()


def tell(outcome: Outcome) -> Outcome:
    """Let the test that runs know of an outcome; return it."""
    if _now:
        _now.outcomes.append(outcome)
    return outcome


def expect(outcome: Outcome, limits: Limits) -> None:
    """Let it know what was expected of one; of one that is another test's, nobody needs to."""
    for number, one in enumerate(_now.outcomes if _now else ()):
        if one is outcome and _now:
            _now.limits[number] = limits
