"""Writing to a server's FIFO: never blocks, never makes a file, keeps the last writer open.

uWSGI closes, unlinks and makes its FIFO again whenever the last writer closes (unbit/uwsgi#1453),
so ours stays open, and a command can't fall into the gap.
"""

from __future__ import annotations

import errno
import os
import stat


class Fifo:
    """One master FIFO; may not exist yet, or no more."""

    def __init__(self, path: str) -> None:
        """Remember the path."""
        self.path = path
        self._fd: int | None = None

    def hold(self) -> str:
        """Open the writing end if somebody reads; return why not, or nothing."""
        if self._fd is not None:
            return ""
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            fd = os.open(self.path, flags)
        except OSError as error:
            return "nobody reads it" if error.errno == errno.ENXIO else str(error.strerror)
        if not stat.S_ISFIFO(os.fstat(fd).st_mode):
            os.close(fd)
            return "it is not a FIFO"
        self._fd = fd
        return ""

    def write(self, command: str) -> str:
        """Write one command; return why that is impossible, or nothing."""
        for _ in range(2):
            trouble = self.hold()
            if trouble or self._fd is None:
                return trouble
            try:
                os.write(self._fd, command.encode())
            except BrokenPipeError:  # the server made a new one; once more
                os.close(self._fd)
                self._fd = None
            except OSError as error:
                return str(error.strerror)
            else:
                return ""
        return "nobody reads it"

    def move(self, path: str) -> None:
        """Rename the FIFO, so that another server can make its own; ours stays open."""
        self.hold()
        try:
            os.rename(self.path, path)
        except OSError:
            return
        self.path = path

    def release(self) -> None:
        """Close our end; the server makes its FIFO again then."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def remove(self) -> None:
        """Close our end and remove the file: its server is gone."""
        self.release()
        try:
            os.unlink(self.path)
        except OSError:
            return
