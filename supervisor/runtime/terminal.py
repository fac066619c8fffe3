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
    """The terminal on stdin if it is `ours` to hand over; else we only stop with the command."""

    def __init__(self, *, ours: bool, group: bool) -> None:
        """Nobody else has it yet; `group`: the command has one of its own."""
        self.ours, self._group = ours, group
        self._home = os.getpgrp()
        self._job: Process | None = None
        self._woken = False

    def hand_to(self, job: Process) -> None:
        """Let the command's own group have the foreground, if we have it.

        SIGTTOU is blocked, so nothing can stop us here. The command runs already. Had it read
        before this, it would be stopped: so it goes on.
        """
        self._job = job
        if self._pass(self._home, job.pid):
            job.pass_on_to_group(CONT)

    def follow(self) -> None:
        """Stop if the command has been stopped, and go on with it when we are continued.

        Take the foreground back when it has ended: nobody is left there.
        """
        job = self._job
        if job is None:
            return
        if job.ended is not None:
            self._pass(job.pid, self._home)
            self._job = None
        elif _is_stopped(job) and os.getsid(0) != os.getpid():  # who could continue a leader?
            self._pass(job.pid, self._home)
            os.kill(os.getpid(), STOP)
            self._woken = True
            # Continued: in front the command gets it back, from behind it waits for it.
            self._pass(self._home, job.pid)
            if self._group:
                job.pass_on_to_group(CONT)
            else:
                job.pass_on(CONT)

    def woke_us(self, signal: int) -> bool:
        """Tell of a CONT whether it has ended our own stop: then it has been passed on already."""
        woken = self._woken and signal == CONT
        self._woken = self._woken and not woken
        return woken

    def _pass(self, before: int, after: int) -> bool:
        """Let another group have the foreground, unless it is with somebody else, the shell say."""
        try:
            if not self.ours or os.tcgetpgrp(STDIN) != before:
                return False
            os.tcsetpgrp(STDIN, after)
        except OSError:  # hung up
            return False
        return True


def of(plan: Plan) -> Terminal | None:
    """Return the terminal, if stdin is ours to give, or we are to stop in any case."""
    try:
        ours = plan.hands_terminal and os.tcgetpgrp(STDIN) >= 0
    except OSError:  # ENOTTY: it isn't a terminal, or not the one that controls us
        ours = False
    if not ours and not plan.follows_stops:
        return None
    return Terminal(ours=ours, group=plan.own_group or plan.own_session)


def _is_stopped(job: Process) -> bool:
    """Tell, once for each time, whether it has been stopped (waitid(2), WSTOPPED)."""
    try:
        options = os.WSTOPPED | os.WNOHANG
        return job.pidfd >= 0 and os.waitid(os.P_PIDFD, job.pidfd, options) is not None
    except OSError:
        return False
