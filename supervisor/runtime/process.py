"""One process: held by a pidfd, so that a signal never reaches another that has got its pid."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import errno
import os
from time import monotonic

UNKNOWN = -1
PIDFD_SIGNAL_PROCESS_GROUP = 4  # linux/pidfd.h


class Process:
    """One process of the tree: what the report tells of it."""

    def __init__(self, pid: int, role: str) -> None:
        """Take hold of a running process; ProcessLookupError when it is gone.

        Without a pidfd (no descriptor left, or a kernel that has none) its birth must do.
        """
        self.pid, self.role = pid, role
        self.pidfd = _open(pid)
        self.name = name_of(pid)
        self.parent, self.birth = parent_and_birth(pid)
        self.started = moment_of(self.birth)
        self.asked: list[tuple[float, int]] = []
        self.ended: float | None = None
        self.status: int | None = None

    def is_still_there(self) -> bool:
        """Tell whether its pid is still its own; a zombie keeps it."""
        return self.was_born_at(parent_and_birth(self.pid)[1])

    def was_born_at(self, birth: int) -> bool:
        """Compare ticks; where we could not read its own, any other is as good."""
        return self.birth in (birth, UNKNOWN)

    def send(self, signal: int) -> bool:
        """Signal exactly this process; False when it has ended, or is not ours to signal."""
        sent = self.pass_on(signal)
        if sent:
            self.asked.append((monotonic(), signal))
        return sent

    def pass_on(self, signal: int) -> bool:
        """Do the same, but leave it out of the report: these may be many."""
        if self.ended is not None:
            return False
        try:
            if self.pidfd >= 0:
                _signal.pidfd_send_signal(self.pidfd, signal)
            elif self.is_still_there():
                os.kill(self.pid, signal)
            else:
                return False
        except OSError:
            return False
        return True

    def send_group(self, signal: int) -> bool:
        """Signal its group, as `send` does."""
        sent = self.pass_on_to_group(signal)
        if sent:
            self.asked.append((monotonic(), signal))
        return sent

    def pass_on_to_group(self, signal: int) -> bool:
        """Signal everybody in the group that it leads.

        By its pidfd where the kernel can (pidfd_send_signal(2), Linux 6.9), also when itself has
        ended; else by the number, as long as that can't be anybody else's.
        """
        try:
            _signal.pidfd_send_signal(self.pidfd, signal, None, PIDFD_SIGNAL_PROCESS_GROUP)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EBADF) or self.ended is not None:
                return False
            try:
                os.killpg(self.pid, signal)
            except OSError:
                return False
        return True

    def was_sent(self, signal: int) -> bool:
        """Tell whether we have sent it this signal."""
        return any(number == signal for _when, number in self.asked)

    def let_go(self) -> None:
        """Close the pidfd; its number may be anybody's from now on."""
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def _open(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:
        return -1


def be_called(name: str) -> None:
    """Have ps and the report of others show what we are, and not what runs us (proc(5), comm)."""
    try:
        fd = os.open("/proc/self/comm", os.O_WRONLY | os.O_CLOEXEC)
        os.write(fd, name.encode())
        os.close(fd)
    except OSError:
        return


def name_of(pid: int) -> str:
    """Return a process's name, a question mark when it is gone or not ours to see."""
    try:
        with open(f"/proc/{pid}/comm", "rb") as file:
            return file.read().decode(errors="replace").rstrip("\n")
    except OSError:
        return "?"


def parent_and_birth(pid: int) -> tuple[int, int]:
    """Return a process's parent and the tick of its birth (proc(5), stat: fields 4 and 22)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return int(fields[1]), int(fields[19])
    except (OSError, ValueError, IndexError):
        return UNKNOWN, UNKNOWN


def moment_of(birth: int) -> float:
    """Return a tick since boot as a moment of the monotonic clock; now when that can't be told."""
    try:
        with open("/proc/uptime", "rb") as file:
            uptime = float(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return monotonic()
    if birth == UNKNOWN:
        return monotonic()
    return monotonic() - uptime + birth / os.sysconf("SC_CLK_TCK")
