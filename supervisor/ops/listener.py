"""Who listens where, and how many wait or are connected there."""

from __future__ import annotations

from supervisor.core.record import Record
from supervisor.ops.process import Tree


class Listener(Record):
    """A listening socket. `queued` waits to be accepted; `backlog`: the most that may, if known.

    `connected`: established connections, those that nobody accepted yet left out; on `running` of
    these something came in and no answer has begun, for `longest_s` at most.
    `holders`: the processes that have it open; None when nobody's descriptors could be read.
    """

    kind: str  # tcp, tcp6 or unix
    address: str
    queued: int
    backlog: int | None
    connected: int
    inode: int
    running: int = 0
    longest_s: float = 0.0
    holders: tuple[int, ...] | None = None


def held(listeners: tuple[Listener, ...], tree: Tree) -> tuple[Listener, ...]:
    """Return them with their holders, where descriptors could be read."""
    seen = [p for p in tree.processes if p.doors is not None]
    hidden = len(seen) < sum(p.state not in "ZX" for p in tree.processes)
    found = []
    for one in listeners:
        holders = tuple(p.pid for p in seen if one.inode in (p.doors or ()))
        found.append(one.replace(holders=None if hidden and not holders else holders))
    return tuple(found)


class Inside(Record):
    """How many are connected or wait, how many of them for an answer, and how long already."""

    connected: int = 0
    running: int = 0
    longest_s: float = 0.0


def inside(listeners: tuple[Listener, ...] | None) -> Inside | None:
    """Add all listeners up; None when nobody could look."""
    if listeners is None:
        return None
    return Inside(
        sum(one.connected + one.queued for one in listeners),
        sum(one.running + one.queued for one in listeners),
        max((one.longest_s for one in listeners), default=0.0),
    )
