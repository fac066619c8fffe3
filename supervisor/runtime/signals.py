"""Signals, from the signalfd that was made first of all: blocked, so none is lost."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    Arrival = tuple[int, int, int]  # number, and the sender's pid and uid: 0 and -1 for nobody

SIZE: Final = 128  # bytes of a struct signalfd_siginfo, signalfd(2)
SIGNO, CODE, PID, UID, NEXT = 0, 2, 3, 4, SIZE // 4  # its fields, by 32-bit words
AT_ONCE: Final = 16
PIPE, CHLD = 13, 17
SI_KERNEL: Final = 0x80  # no sender: the terminal, for example


def read(fd: int) -> list[Arrival]:
    """Return what has arrived; nothing when there is nothing more."""
    try:
        words = memoryview(os.read(fd, SIZE * AT_ONCE)).cast("I")
    except BlockingIOError:
        return []
    return [_arrival(words, at) for at in range(0, len(words), NEXT)]


def _arrival(words: memoryview[int], at: int) -> Arrival:
    if words[at + CODE] == SI_KERNEL:
        return words[at + SIGNO], 0, -1
    return words[at + SIGNO], words[at + PID], words[at + UID]
