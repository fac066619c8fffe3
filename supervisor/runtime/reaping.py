"""Reaping: who has ended is collected, orphans of any depth among them.

As PID 1 we get every orphan of the container, thousands in a burst. Their names and births are of
no use to anybody, so they cost one waitpid(2) each.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from supervisor.runtime.process import Process

MOST_AT_ONCE = 256  # then signals are heard again


def reap(
    known: Sequence[Process], notice: Callable[[int], None] | None = None
) -> tuple[list[tuple[int, int]], bool]:
    """Collect who has ended; return pid and status of known processes, and whether more may wait.

    A status is the code, or minus the signal's number. `notice` hears of the others.
    """
    # By pidfd first: these can't be taken for a stranger who has got a dead one's pid.
    ended = [(one.pid, status) for one in known if (status := _status(one.pidfd)) is not None]
    pids = {one.pid for one in known}
    for _ in range(MOST_AT_ONCE):
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended, False
        if not pid:
            return ended, False
        if pid in pids:
            ended.append((pid, os.waitstatus_to_exitcode(status)))
        elif notice:
            notice(pid)
    return ended, True


def _status(pidfd: int) -> int | None:
    """Reap one process if it is our child and has ended (waitid(2), P_PIDFD)."""
    if pidfd < 0:
        return None
    try:
        info = os.waitid(os.P_PIDFD, pidfd, os.WEXITED | os.WNOHANG)
    except OSError:  # ECHILD: somebody else's child; EINVAL: Linux before 5.4
        return None
    if info is None:
        return None
    return info.si_status if info.si_code == os.CLD_EXITED else -info.si_status
