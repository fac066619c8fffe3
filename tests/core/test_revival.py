"""Whether, and how soon, a service that has ended is started anew."""

from __future__ import annotations

import pytest

from supervisor.core.revival import CALM_S, IN_A_ROW, Row, began, delay


@pytest.mark.parametrize(
    ("policy", "status", "waits"),
    [
        ("never", 1, None),
        ("never", 0, None),
        ("on-failure", 0, None),
        ("on-failure", 1, 0.5),
        ("on-failure", -11, 0.5),
        ("on-failure", None, 0.5),
        ("always", 0, 0.5),
    ],
)
def test_who_is_started_anew(policy: str, status: int | None, waits: float | None) -> None:
    """As a container expects: nobody, unless it was said."""
    row, wait_s = delay(policy, began(Row(), 10.0), status, 11.0)  # type: ignore[arg-type]
    assert wait_s == waits
    assert row.ends == 1


def test_the_wait_doubles_and_then_it_is_given_up() -> None:
    """A crash loop must not burn the machine, and the platform has to learn of it."""
    row, waits = Row(), []
    for _ in range(IN_A_ROW):
        row, wait_s = delay("always", began(row, 10.0), 1, 11.0)
        waits.append(wait_s)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert delay("always", row, 1, 11.0)[1] is None


def test_who_has_lived_for_a_while_begins_a_new_row() -> None:
    """Ends that lie far apart are not a loop."""
    row, _ = delay("always", Row(ends=7), 1, CALM_S)
    assert row.ends == 1
