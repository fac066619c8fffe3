"""Actions: what `step` asks the runtime to do. A request, never a fact."""

from __future__ import annotations

from supervisor.core.record import Record


class Action(Record):
    """Something to be done."""


class Spawn(Action):
    """Start the service's main process; answered by `Spawned` or `SpawnFailed`."""


class Announce(Action):
    """Tell the world whether the service is ready: health endpoint, draining flag."""

    ready: bool


class TakeLook(Action):
    """Look at queues, connections and workers; answered by `Looked`."""


class ShutDoor(Action):
    """Lead newcomers away from the service; answered by `DoorShut`."""


class TurnAway(Action):
    """Accept what still waits for the service and answer each with a 503."""


class WriteFifo(Action):
    """Write one command to the server's FIFO; answered by `Failed` when that is impossible."""

    command: str


class Send(Action):
    """Send a signal to "main", its "group", the "busy" workers, or the whole "tree"."""

    target: str
    signal: int


class Sweep(Action):
    """Answer with `Emptied` as soon as no descendant is left."""


class CloseDoor(Action):
    """Refuse newcomers for good and answer who still waits; answered by `DoorClosed`."""


class Finish(Action):
    """Write the report and exit with this code."""

    code: int
