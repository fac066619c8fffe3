"""Revival: whether, and how soon, a service that has ended by itself is started anew."""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

    RestartPolicy = Literal["never", "on-failure", "always"]

RESTART_POLICIES: Final = ("never", "on-failure", "always")
FIRST_S: Final = 0.5
MOST_S: Final = 30.0
CALM_S: Final = 60.0  # who has lived so long begins a new row
IN_A_ROW: Final = 8


class Row(Record):
    """Ends in a row, each soon after a start."""

    ends: int = 0
    started_at: float = 0.0


def began(row: Row, now: float) -> Row:
    """Remember a start."""
    return row.replace(started_at=now)


def delay(
    policy: RestartPolicy, row: Row, status: int | None, now: float
) -> tuple[Row, float | None]:
    """Return how long to wait before the next start, in seconds; None: it is not started again.

    `status` is the exit code, minus a signal's number, or None where nobody knows. The wait doubles
    with every end in a row, up to 30 s; after 8 of them it is given up.
    """
    calm = now - row.started_at >= CALM_S
    row = row.replace(ends=1 if calm else row.ends + 1)
    if policy == "never" or (policy == "on-failure" and status == 0) or row.ends > IN_A_ROW:
        return row, None
    return row, min(MOST_S, FIRST_S * 2 ** (row.ends - 1))
