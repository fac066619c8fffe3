"""What became of one request: one of four fates, nothing in between."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """The words of the design, and their exact meaning here."""

    ANSWERED = "answered"  # a complete response, any status that is not a turn-away
    TURNED_AWAY = "turned away"  # a complete 503 with Retry-After and Connection: close
    REFUSED = "refused"  # connect() failed, or TLS's handshake was cut
    LOST = "lost"  # connect() succeeded and no complete response came


@dataclass(frozen=True, slots=True)
class Result:
    """One request. Times are seconds of CLOCK_MONOTONIC, comparable between processes.

    `t_connected`  None for a refusal; equals `t_start` on a reused connection
    `t_due`        when an open loop wanted to send it; None in a closed loop
    `late`         it was due while no client was free, so it waited here, not at the server
    """

    fate: Fate
    status: int | None
    reason: str
    path: str
    client: int
    t_start: float
    t_connected: float | None
    t_end: float
    body_bytes: int
    reused: bool = False
    t_due: float | None = None
    late: bool = False

    @property
    def seconds(self) -> float:
        """To the last byte from the moment it was due, or else from the start of connect()."""
        return self.t_end - (self.t_start if self.t_due is None else self.t_due)
