"""What reading a configuration needs of this machine: files, environment, names."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping


class Machine:
    """The surroundings of the process that we are."""

    def __init__(self) -> None:
        """Take a copy of what could change."""
        self.environment: Mapping[str, str] = dict(os.environ)
        self.cwd = os.getcwd()
        self.hostname = os.uname().nodename

    def read(self, path: str) -> str:
        """Return a regular file's text; a FIFO could hold us up for ever."""
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode):
            os.close(fd)
            raise OSError(errno.EINVAL, f"it is {_kind_of(mode)}, not a file")
        with open(fd, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()

    def kind(self, path: str) -> str:
        """Return "file", "dir", "link", "other" or "" (lstat(2))."""
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            return ""
        known = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}
        return known.get(stat.S_IFMT(mode), "other")

    def real(self, path: str) -> str:
        """Return the path without links, absolute."""
        return os.path.realpath(path)


def _kind_of(mode: int) -> str:
    return {stat.S_IFDIR: "a directory", stat.S_IFIFO: "a FIFO"}.get(stat.S_IFMT(mode), "a device")
