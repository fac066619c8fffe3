"""Belongings: what a generation has in the file system, where the next one wants to have the same.

uWSGI makes its FIFO and its stats socket anew at their paths, whoever had them, and its `vacuum`
removes them by path at its end. So a generation's own are moved aside while there is another; what
is open stays open, and a unix socket is found by its new name.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.config.plan import Plan
    from supervisor.runtime.fifo import Fifo

HTTP = "http:"  # before the path of stats that are told in HTTP only


class Belongings:
    """The FIFO and the stats socket of one generation."""

    def __init__(self, number: int, fifo: Fifo | None, stats: str | None) -> None:
        """Know where they are, and will be again."""
        self._number, self._fifo, self.stats = number, fifo, stats
        self._fifo_path = fifo.path if fifo else ""
        self._stats = stats or ""

    def move(self, suffix: str) -> str:
        """Give them a name of their own, or, without a suffix, the common one.

        Return why the stats can't be moved, or nothing: by their old name another's would be found.
        """
        if self._fifo:
            self._fifo.move(self._fifo_path + suffix)
            if not suffix and not os.path.exists(self._fifo_path):
                self._fifo.release()  # the server makes it again (unbit/uwsgi#1453)
        try:
            os.rename(self._at(self.stats or ""), self._at(self._stats) + suffix)
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{self._at(self._stats)} can't be renamed: {error.strerror}"
        self.stats = self._stats + suffix
        return ""

    def remove(self) -> None:
        """Remove what has a name of its own: its server is gone."""
        if self._fifo:
            self._fifo.remove()
        if self.stats and self.stats != self._stats:
            try:
                os.unlink(self._at(self.stats))
            except OSError:
                return

    def _at(self, stats: str) -> str:
        return stats.removeprefix(HTTP)


def fifo(plan: Plan) -> Fifo | None:
    """Return the way to the server's FIFO, if it has one."""
    if not plan.fifo:
        return None
    from supervisor.runtime.fifo import Fifo

    return Fifo(plan.fifo)
