"""What is to be done about workers, and what is to be told; the runtime does both."""

from __future__ import annotations

from supervisor.core.record import Record


class Decision(Record):
    """Something that `decide` asks for."""


class Recycle(Decision):
    """Let this worker end between two requests."""

    worker: int
    pid: int
    why: str


class Escalate(Decision):
    """The worker has not gone in time: send it a signal; 0: tell, nothing else would help it.

    `running` is what it serves; with signal 9 that request is lost.
    """

    worker: int
    pid: int
    signal: int
    waited_s: float
    running: tuple[str, ...]


class Recycled(Decision):
    """The successor is ready; `new_pid` is 0 when the server has started none (cheaper)."""

    worker: int
    pid: int
    new_pid: int
    why: str
    took_s: float


class Unready(Decision):
    """The successor does not become ready; until it does nobody else is recycled."""

    worker: int
    pid: int
    waited_s: float


class Blind(Decision):
    """A limit that is on can't be watched; told once, until it can be again."""

    why: str
