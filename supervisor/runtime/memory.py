"""How much memory a process needs: its fair share (PSS) and what is its alone (USS)."""

from __future__ import annotations

import os

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

PROC: Final = "/proc"
KIB: Final = 1024
PRIVATE: Final = (b"Private_Clean:", b"Private_Dirty:", b"Private_Hugetlb:")


class Memory(Record):
    """Bytes of one process; `exact` False: an estimate, because its pages may not be seen."""

    pss: int
    uss: int
    exact: bool = True


def measure(pid: int, proc: str = PROC) -> Memory | None:
    """Return what a process needs; None when it is gone, or nobody may tell.

    A worker that has changed its uid shows its pages only to CAP_SYS_PTRACE (proc(5),
    /proc/pid/smaps). Anybody may read how much is resident and not a file's: of both sizes that is
    an upper bound, as it counts what forked siblings still share in full.
    """
    try:
        with open(f"{proc}/{pid}/smaps_rollup", "rb") as file:
            return _rolled_up(file.read())
    except (OSError, ValueError):
        return _estimate(pid, proc)


def _rolled_up(text: bytes) -> Memory:
    """Add up the kernel's own sums, in kB; ValueError when they are not there."""
    pss, uss = -1, 0
    for line in text.splitlines():
        name, _, rest = line.partition(b" ")
        if name == b"Pss:":
            pss = int(rest.split()[0])
        elif name in PRIVATE:
            uss += int(rest.split()[0])
    if pss < 0:  # of a zombie nothing is left
        raise ValueError("no Pss")
    return Memory(pss * KIB, uss * KIB)


def _estimate(pid: int, proc: str) -> Memory | None:
    try:
        with open(f"{proc}/{pid}/statm", "rb") as file:
            _size, resident, shared, *_rest = (int(word) for word in file.read().split())
    except (OSError, ValueError):
        return None
    own = (resident - shared) * os.sysconf("SC_PAGE_SIZE")
    return Memory(own, own, exact=False) if own > 0 else None
