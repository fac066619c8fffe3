"""The loop of PID 1: hears signals, reaps, and turns until all that is kept is over."""

from __future__ import annotations

import gc
import os
from time import monotonic

from supervisor.runtime.hearing import Hearing
from supervisor.runtime.reaping import reap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from supervisor.config.plan import Plan
    from supervisor.core.events import Asked, Signalled
    from supervisor.runtime.output import Output
    from supervisor.runtime.poller import Poller
    from supervisor.runtime.process import Process
    from supervisor.runtime.terminal import Terminal

    class Kept(Protocol):
        """What a loop turns for: one service, or several."""

        plan: Plan
        output: Output
        poller: Poller
        terminal: Terminal | None
        code: int | None  # it is over

        def begin(self) -> None:
            """Start what is kept."""

        def ask(self, event: Asked) -> None:
            """Stop it."""

        def told(self, event: Signalled) -> None:
            """Hear of a signal that is no stop."""

        def pass_on(self, signal: int) -> None:
            """Pass on a signal that is no business of ours."""

        def unreaped(self) -> list[Process]:
            """Return whose end is of interest."""

        def ended(self, pid: int, status: int) -> object:
            """Take in how one of them has ended."""

        def reaped(self) -> None:
            """Look whether somebody is left."""

        def due(self) -> float:
            """Return when `tick` has something to do, on the monotonic clock."""

        def tick(self, now: float) -> None:
            """Do what is due."""


FOREVER = float("inf")


class Loop:
    """Turns for one service, or several."""

    def __init__(self, kept: Kept) -> None:
        """Nothing is heard yet."""
        self._kept, plan = kept, kept.plan
        self._terminal, self._poller = kept.terminal, kept.poller
        self._notices = self._notice if plan.notices_orphans else None
        self._hearing = Hearing(
            plan, kept.output, kept.terminal, send=kept.pass_on, asked=kept.ask, told=kept.told
        )

    def run(self) -> int:
        """Keep what is kept until it is over; return the exit code."""
        kept, poller = self._kept, self._poller
        poller.watch(kept.plan.signal_fd, self.signalled)
        self.signalled()  # a stop that is asked for already must come before the start
        kept.begin()
        gc.enable()  # see __main__: it would only have slowed the start
        if kept.plan.reports:
            from supervisor.runtime import lastwords as _ready  # noqa: F401 - no time for it later
        while kept.code is None:
            until = kept.due()
            poller.wait(until)
            if until < FOREVER:
                kept.tick(monotonic())
        return kept.code

    def signalled(self) -> None:
        """Hear what has come, and reap if somebody has ended."""
        if self._hearing.hear():
            self._reap()

    def _reap(self) -> None:
        """Tell of who has ended, after the signals that came before.

        Ctrl-C reaches the child, too: its end must not look like its own idea. Of many, some at a
        time: a signal that comes meanwhile does not wait for all.
        """
        kept, more = self._kept, True
        while more:
            ended, many = reap(kept.unreaped(), self._notices)
            more = self._hearing.hear() or many
            for pid, status in ended:
                kept.ended(pid, status)
        if self._terminal:
            self._terminal.follow()
        kept.reaped()

    def _notice(self, pid: int) -> None:
        tell = self._kept.output.tell
        tell(f"[WARN  tini ({os.getpid()})] Reaped zombie process with pid={pid}")
