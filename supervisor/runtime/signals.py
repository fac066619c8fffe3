"""Signals, from the signalfd that was made first of all: blocked, so none is lost."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SIZE: Final = 128  # bytes of a struct signalfd_siginfo, signalfd(2)
AT_ONCE: Final = 16
PIPE, CHLD = 13, 17
_SIGNO: Final = 0 if sys.byteorder == "little" else 3  # a signal's number fits into a byte
_CODE, _PID, _UID = 8, 12, 16
_SI_KERNEL: Final = 0x80  # no sender: the terminal, for example


def read(fd: int) -> bytes:
    """Return what has arrived, one record after the other; nothing when there is nothing."""
    try:
        return os.read(fd, SIZE * AT_ONCE)
    except BlockingIOError:
        return b""


def numbers(records: bytes) -> bytes:
    """Return the signals' numbers; most need not be known better."""
    return records[_SIGNO::SIZE]


def sender(records: bytes, at: int) -> tuple[int, int]:
    """Return pid and uid of whoever sent one of them; 0 and -1 for nobody."""
    record = records[at * SIZE : (at + 1) * SIZE]
    if _word(record, _CODE) == _SI_KERNEL:
        return 0, -1
    return _word(record, _PID), _word(record, _UID)


def _word(record: bytes, at: int) -> int:
    return int.from_bytes(record[at : at + 4], sys.byteorder)
