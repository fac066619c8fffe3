"""Signals between the first instruction and the keeper's loop: blocked, kept, none lost.

PID 1 is sent no signal that it does not handle (pid_namespaces(7)), so one that comes while modules
are being imported would be gone. Blocked signals stay pending, also across the exec (signal(7)).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

PARENT: Final = os.getppid()  # at our first line
SFD_NONBLOCK: Final = 0o4000
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_PDEATHSIG: Final = 1
HELD: Final = "GRACEKEEPER_SIGNAL_FD"  # from the launcher: a number, and a plus if it adopts
# Faults must kill (signal(7): blocked while generated, the result is undefined).
FAULTS: Final = frozenset((4, 5, 6, 7, 8, 11, 31))
BLOCKED: Final = frozenset(range(1, 65)) - FAULTS - {9, 19, 32, 33}


def block() -> None:
    """Block everything that can wait; the very first thing that PID 1 does."""
    _signal.pthread_sigmask(_signal.SIG_BLOCK, BLOCKED)


def unblock() -> None:
    """Take it back: somebody else than the keeper goes on."""
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, BLOCKED)


def from_launcher() -> tuple[int, bool]:
    """Return the launcher's signalfd, -1 without one, and whether it has made orphans ours."""
    held = os.environ.pop(HELD, "")
    number = held.removesuffix("+")
    if not number.isdigit() or not _is_signalfd(number):
        return -1, False
    return int(number), held != number


def descriptor() -> int:
    """Return a signalfd (signalfd(2)) for the blocked signals, which survives the exec."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    mask = (ctypes.c_ulong * 16)()  # sigset_t of glibc and musl: 1024 bits
    for number in BLOCKED:
        mask[0] |= 1 << (number - 1)
    fd = int(libc.signalfd(-1, ctypes.byref(mask), SFD_NONBLOCK))
    if fd < 0:
        raise OSError(ctypes.get_errno(), "signalfd")
    return fd


def adopt_orphans(*, adopt: bool = True) -> bool:
    """Make orphaned descendants ours when we are not PID 1; kept across exec (prctl(2))."""
    return _prctl(PR_SET_CHILD_SUBREAPER, int(adopt))


def hear_of_parent(signal: int) -> bool:
    """Get a signal when our parent ends, or now if it has ended; kept across exec, too."""
    done = _prctl(PR_SET_PDEATHSIG, signal)
    if os.getppid() != PARENT:
        os.kill(os.getpid(), signal)
    return done


def _prctl(option: int, argument: int) -> bool:
    import ctypes

    return bool(ctypes.CDLL(None).prctl(option, argument, 0, 0, 0) == 0)


def _is_signalfd(number: str) -> bool:
    """Tell whether a descriptor is what the variable says; it could come from elsewhere."""
    try:
        if os.path.exists("/proc/self/fd"):
            return os.readlink(f"/proc/self/fd/{number}") == "anon_inode:[signalfd]"
        return os.fstat(int(number)).st_mode & 0o170000 == 0  # of no kind: an anonymous inode
    except OSError:
        return False
