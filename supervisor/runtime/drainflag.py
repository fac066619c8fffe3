"""One byte of shared memory that tells the app that the service is leaving.

A memfd, so that nothing is written to any file system; the middleware in `supervisor.wsgi` maps the
same page, and a look at it costs the app no system call.
"""

from __future__ import annotations

import os


class DrainFlag:
    """The keeper's end: raised once, never lowered."""

    def __init__(self, fd: int) -> None:
        """Use the memfd; a negative descriptor means that nobody looks."""
        self._fd = fd

    def raise_(self) -> None:
        """Say that the service is leaving."""
        if self._fd >= 0:
            os.pwrite(self._fd, b"\x01", 0)
