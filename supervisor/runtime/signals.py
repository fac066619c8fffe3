"""Signals, from the signalfd that the front made: blocked, so none is lost; with their sender."""

from __future__ import annotations

import os
import struct

from supervisor.core.events import Asked, Signalled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

INFO = struct.Struct("IiiII108x")  # struct signalfd_siginfo, signalfd(2): signo errno code pid uid
PIPE, CHLD = 13, 17
SI_KERNEL = 0x80  # no sender: the terminal, for example


def read(fd: int, stops: tuple[int, ...]) -> Iterator[Asked | Signalled | None]:
    """Yield what arrived; None stands for "somebody may have ended" (SIGCHLD)."""
    own = os.getpid()
    while True:
        try:
            data = os.read(fd, INFO.size * 16)
        except BlockingIOError:
            return
        for signo, _errno, code, pid, uid in INFO.iter_unpack(data):
            sender = (0, -1) if code == SI_KERNEL else (pid, uid)
            if signo == CHLD:
                yield None
            elif signo == PIPE and pid == own:  # we have written to a closed stdout
                continue
            elif signo in stops:
                yield Asked(signo, *sender)
            else:
                yield Signalled(signo, *sender)
