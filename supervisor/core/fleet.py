"""Fleet: all services of one container; which one is started or stopped next, and by when.

Each service lives its own life (`core.machine`, `core.succession`); here is decided how these lives
depend on each other.
"""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

FOREVER: Final = float("inf")
STARTED: Final = "started"
READY: Final = "ready"
COMPLETED: Final = "completed"
CONDITIONS: Final = (STARTED, READY, COMPLETED)


class Need(Record):
    """What has to be true of another service before one is started."""

    name: str
    condition: str = READY  # of CONDITIONS


class Part(Record):
    """One service, as far as others are concerned; times in seconds."""

    name: str
    needs: tuple[Need, ...] = ()
    task: bool = False  # runs once, and has to end with code 0
    essential: bool = True  # when it dies for good, everything stops, with its code
    start_s: float = 60.0  # it has so long to become ready
    grace_s: float = FOREVER  # the most of the budget that its own stop may take
