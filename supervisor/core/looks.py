"""What one look at a service shows, and what several in a row prove.

A service is drained when nothing that a client is owed can be found anywhere: not in an accept
queue, not in a handshake that is half done, not with a worker, not between router and worker, and
not in a socket's send buffer. One such look proves little, because a connection may be on its way
from one of these places to the next; several in a row do.
"""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

LOOKS_NEEDED: Final = 3
LOOK_EVERY_S: Final = 0.015
HANDSHAKE_S: Final = 1.5  # a handshake that is older than this is a client that says nothing
IDLE_S: Final = 1.0  # open, nothing asked, nothing answered for this long: an idle connection
STALLED_S: Final = 3.0  # not one byte taken for this long, when time is short: a reader is gone


class Look(Record):
    """What was seen at one moment; counts of connections unless said otherwise."""

    ready: bool = False  # some worker accepts requests
    queued: int = 0  # in an accept queue, waiting for the service
    half_open: int = 0  # handshake not finished, or no data yet (TCP_DEFER_ACCEPT)
    serving: int = 0  # held by one of the service's processes
    backend: int = 0  # between the service's router and its workers
    owed_bytes: int = 0  # not yet acknowledged by clients
    received_bytes: int = 0  # sent so far by the clients that are served
    in_request: int | None = None  # requests that workers run; None when nobody can say
    starting: int = 0  # workers that do not accept yet
    requests: int | None = 0  # requests answered since the start; None when nobody counts
    average_s: float = 0.0  # the slowest worker's average time for a request
    running: tuple[str, ...] = ()  # "METHOD /path" of requests that workers run


class Quiet(Record):
    """How long it has been quiet, as far as the looks so far tell."""

    looks: int = 0
    idle_mark: tuple[int, int | None, int] = (-1, -1, -1)  # connections, requests, bytes come
    idle_since: float = 0.0
    owed_mark: int = -1
    owed_since: float = 0.0

    @property
    def drained(self) -> bool:
        """True when enough quiet looks came in a row."""
        return self.looks >= LOOKS_NEEDED


def fold(
    quiet: Quiet,
    look: Look,
    now: float,
    shut_at: float,
    *,
    patient: bool = False,
    finishes: bool = False,
) -> Quiet:
    """Add one look, taken at `now`, of a door that was shut at `shut_at` (seconds, one clock).

    `patient`: there is time to wait for readers that take nothing at the moment.
    `finishes`: whom the server has accepted it answers also while it ends, so that only those
    count who have not reached it yet.
    """
    idle_mark = (look.serving, look.requests, look.received_bytes)
    idle_since = quiet.idle_since if idle_mark == quiet.idle_mark else now
    owed_since = quiet.owed_since if look.owed_bytes == quiet.owed_mark else now
    busy = look.queued or look.backend or look.in_request or look.starting
    handshakes = look.half_open and now - shut_at < HANDSHAKE_S
    # Without a worker's word an open connection may be a request: only its end proves otherwise.
    idle = look.in_request is not None and now - idle_since >= IDLE_S
    connections = look.serving and not idle
    owed = look.owed_bytes and (patient or now - owed_since < STALLED_S)
    inside = not finishes and (connections or owed)
    return Quiet(
        looks=0 if busy or handshakes or inside else quiet.looks + 1,
        idle_mark=idle_mark,
        idle_since=idle_since,
        owed_mark=look.owed_bytes,
        owed_since=owed_since,
    )
