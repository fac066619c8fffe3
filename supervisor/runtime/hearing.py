"""Hearing: what each signal means to us, and which of them are only passed on.

A command that gets every signal gets it first: before a word is said or anything is decided.
"""

from __future__ import annotations

import os

from supervisor.core.events import Asked, Signalled
from supervisor.core.signalnames import name
from supervisor.runtime import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.config.plan import Plan
    from supervisor.runtime.output import Output
    from supervisor.runtime.terminal import Terminal


class Hearing:
    """Reads the signalfd of one keeper; `passed` counts what was passed on, by number."""

    def __init__(
        self,
        plan: Plan,
        output: Output,
        terminal: Terminal | None,
        *,
        send: Callable[[int], None],
        asked: Callable[[Asked], None],
        told: Callable[[Signalled], None],
    ) -> None:
        """Nothing was heard yet. `send` passes on; the others hear of a stop, and of the rest."""
        self._fd, self._output, self._terminal = plan.signal_fd, output, terminal
        self._policy, self._says_all, self._own = plan.policy, plan.verbose, os.getpid()
        policy = plan.policy
        self._passing = {n: policy.sent(n) for n in policy.forward} if policy.passes else {}
        for stop in policy.stops:
            self._passing.pop(stop, None)
        self._send, self._asked, self._told = send, asked, told
        self.passed: dict[int, int] = {}

    def hear(self) -> bool:
        """Take in the signals that have come; tell whether somebody may have ended."""
        ended = False
        while arrived := signals.read(self._fd):
            for number, pid, uid in arrived:
                if number == signals.CHLD:
                    ended = True
                elif number == signals.PIPE and pid == self._own:
                    continue  # we have written to a closed stdout
                elif number in self._passing:
                    self._pass(number, pid)
                elif self._policy.sent(number):
                    self._tell(number, pid, uid)
        return ended

    def _pass(self, number: int, pid: int) -> None:
        if self._terminal and self._terminal.woke_us(number):
            return
        if sent := self._passing[number]:
            self._send(sent)
            self.passed[number] = self.passed.get(number, 0) + 1
        if self._says_all:
            self._output.event("signal", signal=name(number), pid=pid, sent=sent)

    def _tell(self, number: int, pid: int, uid: int) -> None:
        self._output.event("signal", signal=name(number), pid=pid, uid=uid)
        if number in self._policy.stops:
            self._asked(Asked(number, pid, uid))
        else:
            self._told(Signalled(number, pid, uid))
