"""Events: the facts that `step` decides on. Only an event is a fact; an action is a request."""

from __future__ import annotations

from supervisor.core.looks import Look
from supervisor.core.record import Record


class Event(Record):
    """Something that happened."""


class Booted(Event):
    """The keeper's loop is up and may spawn."""


class Tick(Event):
    """A deadline of the state has been reached; no other news."""


class Asked(Event):
    """Somebody asked for a stop.

    `pid` and `uid` are the sender's, as far as the kernel tells: a pid is 0 when the sender lives
    in another PID namespace (signal(7), sigaction(2) on si_pid).
    """

    signal: int
    pid: int = 0
    uid: int = -1
    # "signal", "control", "restart": another generation follows, "fleet": because of another's end
    via: str = "signal"
    grace_s: float = 0.0  # seconds for this end alone; 0: as the policy says
    delays: bool = False  # with the policy's drain delay, although `grace_s` is given


class Shortened(Event):
    """The end of a generation that another one follows must fit into the container's own end now.

    Its grace period begins again, with this many seconds.
    """

    grace_s: float


class Signalled(Event):
    """A signal that is not a stop arrived."""

    signal: int
    pid: int = 0
    uid: int = -1


class Spawned(Event):
    """The service's main process runs."""

    pid: int


class SpawnFailed(Event):
    """The command cannot be run: `code` 127 when it is not there, 126 when it can't be executed."""

    code: int
    why: str


class Looked(Event):
    """A look at queues, connections and workers came back."""

    look: Look


class DoorShut(Event):
    """The answer to `ShutDoor`.

    `how`: "steered" (newcomers reach our own listener), "throttled" (no steering on this kernel:
    the backlog was shrunk), "absent" (nobody listens there yet) or "none" (no door to shut). Only
    the first keeps newcomers from the service for good; the others make it stop accepting when
    those who wait are turned away.
    """

    how: str


class WorkersGone(Event):
    """Every worker that was alive when the ladder began has ended; their master may not know."""


class Failed(Event):
    """An action could not be done, e.g. nobody reads the FIFO (ENXIO).

    `action`: "fifo" for `WriteFifo`, "send" for `Send`; any other word is only written down.
    """

    action: str
    why: str


class Exited(Event):
    """The service's main process ended; `status` is its code, or minus the signal's number."""

    pid: int
    status: int


class Reaped(Event):
    """Some other descendant ended; `status` as in `Exited`."""

    pid: int
    name: str
    status: int


class Emptied(Event):
    """No descendant is left."""


class DoorClosed(Event):
    """The answer to `CloseDoor`: nobody waits any more, newcomers are refused."""

    turned_away: int


EVENTS: tuple[type[Event], ...] = (
    Booted,
    Tick,
    Asked,
    Shortened,
    Signalled,
    Spawned,
    SpawnFailed,
    Looked,
    DoorShut,
    WorkersGone,
    Failed,
    Exited,
    Reaped,
    Emptied,
    DoorClosed,
)
