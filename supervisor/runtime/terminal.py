"""The terminal: the command has its foreground, and where it stops, we stop with it.

As a shell does it for a job (setpgid(2), tcsetpgrp(3), credentials(7)): keys reach the command
alone, and Ctrl-Z brings back whoever started us.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.config.plan import Plan
    from supervisor.runtime.process import Process

STDIN = 0
CONT, STOP = 18, 19


class Terminal:
    """The foreground of the terminal on stdin, if that is `ours`."""

    def __init__(self, ours: bool) -> None:
        """Nobody else has it yet."""
        self.ours = ours
        self._home = os.getpgrp()
        self._job: Process | None = None
        self._woken = False

    def hand_to(self, job: Process) -> None:
        """Let the command's own group have it; SIGTTOU is blocked, so nothing can stop us here.

        The command runs already. Had it read before this, it would be stopped: so it goes on.
        """
        self._job = job
        if self.ours:
            self._pass(self._home, job.pid)
            job.send_group(CONT)

    def follow(self) -> None:
        """Stop if the command has been stopped, and go on with it when we are continued."""
        if self._job is None or not _is_stopped(self._job):
            return
        if os.getsid(0) == os.getpid():  # nobody could continue a session's leader
            return
        self._pass(self._job.pid, self._home)
        os.kill(os.getpid(), STOP)
        self._woken = True
        # Continued: in the foreground the command gets it back, in the background it waits for it.
        self._pass(self._home, self._job.pid)
        self._job.send_group(CONT)

    def woke_us(self, signal: int) -> bool:
        """Tell of a CONT whether it has ended our own stop: then it has been passed on already."""
        woken = self._woken and signal == CONT
        self._woken = self._woken and not woken
        return woken

    def _pass(self, before: int, after: int) -> None:
        """Let another group have the foreground, unless it is with somebody else, the shell say."""
        try:
            if self.ours and os.tcgetpgrp(STDIN) == before:
                os.tcsetpgrp(STDIN, after)
        except OSError:  # hung up
            return


def of(plan: Plan) -> Terminal | None:
    """Return the terminal, if we have its foreground to give, or are to stop in any case."""
    try:
        ours = plan.hands_terminal and os.tcgetpgrp(STDIN) == os.getpgrp()
    except OSError:  # ENOTTY: there is none
        ours = False
    return Terminal(ours) if ours or plan.follows_stops else None


def _is_stopped(job: Process) -> bool:
    """Tell, once for each time, whether it has been stopped (waitid(2), WSTOPPED)."""
    try:
        options = os.WSTOPPED | os.WNOHANG
        return job.pidfd >= 0 and os.waitid(os.P_PIDFD, job.pidfd, options) is not None
    except OSError:
        return False
