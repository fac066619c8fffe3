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
    from supervisor.core.policy import Policy
    from supervisor.runtime.output import Output
    from supervisor.runtime.terminal import Terminal

FULL = signals.SIZE * signals.AT_ONCE
CONT = 18


class Hearing:
    """Reads the signalfd of one keeper."""

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
        self._passing = passing(plan.policy)
        # These may be about us: a stop that has ended, a closed stdout. Verbose is never quick.
        slow = self._passing if plan.verbose else (signals.PIPE, *([CONT] if terminal else []))
        self._at_once = {n: sent for n, sent in self._passing.items() if sent and n not in slow}
        self._send, self._asked, self._told = send, asked, told

    def hear(self) -> bool:
        """Take in the signals that have come; tell whether somebody may have ended."""
        ended, at_once = False, self._at_once
        while records := signals.read(self._fd):
            for at, number in enumerate(signals.numbers(records)):
                if number in at_once:
                    self._send(at_once[number])
                elif number == signals.CHLD:
                    ended = True
                elif number in self._passing:
                    self._pass(number, *signals.sender(records, at))
                elif self._policy.sent(number):
                    self._tell(number, *signals.sender(records, at))
            if len(records) < FULL:
                break
        return ended

    def _pass(self, number: int, pid: int, _uid: int) -> None:
        about_us = number == signals.PIPE and pid == self._own
        if about_us or (self._terminal and self._terminal.woke_us(number)):
            return
        if sent := self._passing[number]:
            self._send(sent)
        if self._says_all:
            self._output.event("signal", signal=name(number), pid=pid, sent=sent)

    def _tell(self, number: int, pid: int, uid: int) -> None:
        if number == signals.PIPE and pid == self._own:
            return
        self._output.event("signal", signal=name(number), pid=pid, uid=uid)
        if number in self._policy.stops:
            self._asked(Asked(number, pid, uid))
        else:
            self._told(Signalled(number, pid, uid))


def passing(policy: Policy) -> dict[int, int]:
    """Return what is sent in place of each signal that is no business of ours; 0 for nothing."""
    if not policy.passes:
        return {}
    return {n: policy.sent(n) for n in policy.forward if n not in policy.stops}
