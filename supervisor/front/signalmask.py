"""Signals between the first instruction and the keeper's loop: blocked, kept, none lost.

PID 1 is sent no signal that it does not handle (pid_namespaces(7)), so one that comes while modules
are being imported would be gone. Blocked signals stay pending, also across the exec (signal(7)).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SFD_NONBLOCK: Final = 0o4000
PR_SET_CHILD_SUBREAPER: Final = 36
# Faults must kill (signal(7): blocked while generated, the result is undefined).
FAULTS: Final = frozenset((4, 5, 6, 7, 8, 11, 31))
# A blocked SIGPIPE would come back through the signalfd for each line written to a closed stdout.
PIPE: Final = 13
BLOCKED: Final = frozenset(range(1, 65)) - FAULTS - {9, 19, 32, 33, PIPE}


def block() -> None:
    """Block everything that can wait; the very first thing that PID 1 does."""
    _signal.pthread_sigmask(_signal.SIG_BLOCK, BLOCKED)


def unblock() -> None:
    """Take it back: somebody else than the keeper goes on."""
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, BLOCKED)


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


def adopt_orphans() -> bool:
    """Make orphaned descendants ours when we are not PID 1; kept across exec (prctl(2))."""
    import ctypes

    return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
