"""What a forecast is made from: the processes, who is connected, and how a stop is asked for."""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record
from supervisor.ops.listener import Inside
from supervisor.ops.process import Process, Tree

TERM: Final = 15
DOCKER_GRACE_S: Final = 10.0


class Scene(Record):
    """One moment. `connections`: who is inside; None when nobody could count.

    `stop`: what asks, in words.
    """

    tree: Tree
    connections: Inside | None = Inside()
    signal: int = TERM
    grace_s: float = DOCKER_GRACE_S
    stop: str = "docker stop"

    def main(self, process: Process) -> Process | None:
        """Return the child that a program started, not one that it inherited: the oldest."""
        return next(iter(self.tree.children(process)), None)
