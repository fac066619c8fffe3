"""What can be drilled: a container, a process, a Compose service, or commands of yours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supervisor.drill.outcome import End

ACTIONS = ("stop", "restart", "recycle", "kill")
READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to do to a site.

    `signal`   0: its own stop signal (STOPSIGNAL, else TERM)
    `grace_s`  None: its own grace period (StopTimeout, `stop_grace_period`, else 10 s)
    `phase`    of a kill: in which phase it comes, "" for at once
    """

    action: str = "stop"
    signal: int = 0
    grace_s: float | None = None
    phase: str = ""


class Site(Protocol):
    """Something that serves, can be told to stop, and says how that ended.

    Every method raises GracekeeperError ("cannot X: why. Do Y.") and has a deadline.
    """

    @property
    def name(self) -> str:
        """What a report calls it."""

    def up(self) -> None:
        """Bring it up unless it is; return when it answers (READY_WITHIN_S)."""

    def base(self) -> str:
        """Where it answers: `http://host:port`; it may be another one after each `up`."""

    def take(self, order: Order) -> End:
        """Do it, wait for its end, and say how it ended."""

    def log(self) -> tuple[str, ...]:
        """Return its last lines, secrets masked."""

    def down(self) -> None:
        """Take away what `up` brought; what was there before stays."""
