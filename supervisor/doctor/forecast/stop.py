"""A stop as it arrives at a process."""

from __future__ import annotations

from supervisor.core.record import Record


class Stop(Record):
    """What arrives at a process.

    `signal`  without SIG, or FIFO; `pid1`: default actions are off; `group`: all below get it, too
    """

    signal: str
    pid1: bool
    group: bool = False
    depth: int = 0

    @property
    def name(self) -> str:
        """Return what it is called."""
        return "a command" if self.signal == "fifo" else f"SIG{self.signal}"

    def below(self, **changed: object) -> Stop:
        """Return what arrives at its child."""
        return self.replace(pid1=False, depth=self.depth + 1, **changed)
