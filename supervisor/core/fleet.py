"""Fleet: all services of one container, the facts that move them, and the orders that follow.

Each service lives its own life (`core.machine`, `core.succession`); what these lives have to do
with each other is decided in `core.precedence`.
"""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    Stage = str

FOREVER: Final = float("inf")
STARTED: Final = "started"
READY: Final = "ready"
COMPLETED: Final = "completed"
CONDITIONS: Final = (STARTED, READY, COMPLETED)

# Stages, besides READY: of one service's life, as others see it.
WAITING: Final = "waiting"
STARTING: Final = "starting"
STOPPING: Final = "stopping"
OVER: Final = "over"

RUNNING: Final = (STARTING, READY, STOPPING)
TIMED_OUT: Final = 124  # as timeout(1) says it


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


class Life(Record):
    """Where one service is; moments on the clock of `now`, in seconds."""

    stage: Stage = WAITING
    started: bool = False  # its main process has run
    until: float = FOREVER  # it has to be ready
    late: bool = False  # it was not
    code: int | None = None  # it is over; None if it never ran


class Fleet(Record):
    """All services, by name, in the order of their file."""

    parts: dict[str, Part]
    lives: dict[str, Life]
    grace_s: float = 10.0
    drain_delay_s: float = 0.0
    hurry: bool = True  # a second request makes it faster
    asked_last: float = FOREVER  # not yet
    asked: bool = False  # by somebody; else a service that is essential has died
    stop_from: float = FOREVER  # everything is to end, from this moment on
    ends_at: float = FOREVER
    code: int | None = None  # of the service that has ended all
    why: str = ""  # everything stops, where nobody asked for it
    left: bool = False  # everybody is over
    called: bool = False  # those that are left were all told, in no order

    @property
    def ending(self) -> bool:
        """Whether everything is to end, now or after the drain delay."""
        return self.ends_at < FOREVER

    @property
    def ready(self) -> bool:
        """Whether every service serves, and every task is done."""
        pairs = zip(self.parts.values(), self.lives.values(), strict=True)
        return not self.ending and all(
            life.code == 0 if part.task else life.stage == READY or not part.essential
            for part, life in pairs
        )


class Fact(Record):
    """Something that happened."""


class Began(Fact):
    """The keeper is up."""


class Started(Fact):
    """A service's main process runs."""

    name: str


class BecameReady(Fact):
    """A service serves."""

    name: str


class Ended(Fact):
    """A service is over for good: no restart follows."""

    name: str
    code: int


class StopAsked(Fact):
    """Somebody wants everything to end."""


class TimePassed(Fact):
    """A deadline of the state has been reached."""


class Order(Record):
    """Something that the runtime has to do."""


class Start(Order):
    """Start a service; answered by `Started` and `BecameReady`, or by `Ended`."""

    name: str


class Stop(Order):
    """Ask a service to end within so many seconds; answered by `Ended`."""

    name: str
    grace_s: float
    why: str = ""


class Hurry(Order):
    """Ask a service again that was asked to end."""

    name: str


class Leave(Order):
    """Everybody is over. `code` is of the one that ended all, None if somebody asked."""

    code: int | None
