"""What becomes of a process at a stop, and of the requests behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place

AT_ONCE_S: Final = 0.3
"""What "at once" took where it was measured: 0.1 to 0.5 s."""
UNKNOWN: Final = ""
KILLED: Final = 137  # the exit code of what gets SIGKILL


class Fate(Record):
    """How it ends.

    `ends`     NOW, DRAINS or GRACE of scripts/ends.py; UNKNOWN: nobody can tell
    `request`  of those that run: KEPT, CUT or ERROR of knowledge/servers.py; empty: it has none
    `told`     the program at the end gets a signal
    `least_s`  it lasts so long, whatever its requests do; `limit_s`: what runs then is cut, None
               without a limit; `limit_place`: who says so
    `again`    it serves on after it has dropped its requests
    `unsure`   what rests on no measurement, or on what is not in the tree
    """

    ends: str
    code: int | None
    request: str
    why: str
    told: bool = True
    least_s: float = 0.0
    limit_s: float | None = None
    limit_place: Place | None = None
    again: bool = False
    unsure: tuple[str, ...] = ()

    def doubted(self, *why: str) -> Fate:
        """Add a reason to be unsure."""
        return self.replace(unsure=tuple(dict.fromkeys((*self.unsure, *filter(None, why)))))


def unknown(why: str) -> Fate:
    """Return a fate that nobody can tell."""
    return Fate(UNKNOWN, None, "", why, unsure=(why,))
