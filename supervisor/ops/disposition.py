"""What the kernel does with a signal that is sent to a process from outside (signal(7)).

A PID 1 gets nothing that it has left at its default, KILL and STOP from outside excepted
(pid_namespaces(7)). Who sits in sigtimedwait(2) shows empty masks, because what it waits for is
unblocked meanwhile: the kernel function that it sleeps in tells the truth. A signal that is blocked
is taken by a signalfd, or by nobody.
"""

from __future__ import annotations

from typing import Final

from supervisor.core.signalnames import name as signal_name
from supervisor.ops.process import Process, has

KILL, STOP = 9, 19
NOTHING: Final = frozenset((17, 18, 23, 28))  # CHLD, CONT, URG, WINCH
STOPS: Final = frozenset((STOP, 20, 21, 22))  # and TSTP, TTIN, TTOU

DIES, CAUGHT, WAITED, IGNORED, DROPPED, BLOCKED, NONE, HALTS, HELD, DEAD = (
    "dies",
    "caught",
    "waited",
    "ignored",
    "dropped",
    "blocked",
    "none",
    "halts",
    "held",
    "dead",
)
REACHES: Final = (DIES, CAUGHT, WAITED, HALTS)
ALL: Final = (*REACHES, IGNORED, DROPPED, BLOCKED, NONE, HELD, DEAD)


def disposition(process: Process, number: int) -> str:
    """Return one of the words above."""
    if process.state in "ZX":
        return DEAD
    if number == KILL:
        return DIES
    if process.state in "TtD":
        return HELD
    if _waits(process, number):
        return WAITED
    if has(process.blocked, number):
        return BLOCKED
    if has(process.ignored, number):
        return IGNORED
    if has(process.caught, number):
        return CAUGHT
    if process.inner == 1 and number != STOP:
        return DROPPED
    if number in NOTHING:
        return NONE
    return HALTS if number in STOPS else DIES


def _waits(process: Process, number: int) -> bool:
    if process.wchan.startswith("do_sigtimedwait"):
        return True
    if process.waited is not None and has(process.waited, number):
        return True
    # Its descriptors are hidden from us; who blocks every stop there is takes them by signalfd.
    everything = all(has(process.blocked, one) for one in (1, 2, 15))
    return process.waited is None and everything


def told(process: Process, number: int) -> str:
    """Say it in words."""
    signal = signal_name(number)
    return {
        DIES: f"ends at {signal}",
        CAUGHT: f"catches {signal}",
        WAITED: f"waits for {signal}",
        IGNORED: f"ignores {signal}",
        DROPPED: f"has no handler for {signal}, and the kernel drops that for a PID 1",
        BLOCKED: f"blocks {signal}, and nothing takes it",
        NONE: f"does nothing at {signal}, which is the default",
        HALTS: f"is stopped by {signal}, which is no end",
        HELD: _held(process),
        DEAD: "is a zombie: it has ended, and its parent has not asked",
    }[disposition(process, number)]


def _held(process: Process) -> str:
    if process.state == "D":
        return f"is in an uninterruptible sleep ({process.wchan or '?'}): signals wait"
    return "is stopped (state T): signals wait for SIGCONT"
