"""Signals, from the signalfd that the front made: blocked, so none is lost; with their sender."""

from __future__ import annotations

import os
import struct

from supervisor.core.events import Asked, Signalled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

INFO = struct.Struct("IiiII108x")  # struct signalfd_siginfo, signalfd(2): signo errno code pid uid
HUP, INT, QUIT, TERM, CHLD = 1, 2, 3, 15, 17
STOPS = (TERM, INT, QUIT)
SI_KERNEL = 0x80  # no sender: the terminal, for example
NAMES = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 9: "SIGKILL", 10: "SIGUSR1", 12: "SIGUSR2",
    15: "SIGTERM", 18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP", 28: "SIGWINCH",
}  # fmt: skip


def name(signal: int) -> str:
    """Return a signal's name, "signal N" for those that nobody knows."""
    return NAMES.get(signal, f"signal {signal}")


def read(fd: int) -> Iterator[Asked | Signalled | None]:
    """Yield what arrived; None stands for "somebody may have ended" (SIGCHLD)."""
    while True:
        try:
            data = os.read(fd, INFO.size * 16)
        except BlockingIOError:
            return
        for signo, _errno, code, pid, uid in INFO.iter_unpack(data):
            sender = (0, -1) if code == SI_KERNEL else (pid, uid)
            if signo == CHLD:
                yield None
            elif signo in STOPS:
                yield Asked(signo, *sender)
            else:
                yield Signalled(signo, *sender)
