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
        """Return the child that an init started, not one that it inherited.

        tini and dumb-init give it a group of its own; else it is the oldest.
        """
        children = self.tree.children(process)
        leaders = (child for child in children if child.group == child.pid)
        return next(leaders, children[0] if children else None)
