"""The state of one service's life: all that `step` knows."""

from __future__ import annotations

from supervisor.core.budget import Budget
from supervisor.core.events import Asked
from supervisor.core.looks import Quiet
from supervisor.core.phases import (
    CLOSING,
    DELAYING,
    DONE,
    QUIESCING,
    REAPING,
    SERVING,
    STARTING,
    STOPPING,
)
from supervisor.core.policy import Policy, Rung
from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from supervisor.core.phases import Phase

READY_LOOK_FIRST_S: Final = 0.004  # after the start, and then twice as long each time
READY_LOOK_EVERY_S: Final = 0.05
FOREVER: Final = float("inf")


class State(Record):
    """One service's life so far; times on the clock that `step` is called with, in seconds."""

    policy: Policy
    phase: Phase = STARTING
    main: str = "unborn"  # "unborn", "spawning", "alive" or "gone"
    status: int | None = None  # of the main process, when it is gone
    ready: bool = False  # it has become ready
    asked: Asked | None = None
    asked_last: float = FOREVER  # when a stop was asked for the last time; not yet
    budget: Budget | None = None  # from the moment the end began
    shut_at: float | None = None
    steered: bool = False  # the door is shut: newcomers do not reach the server any more
    quiet: Quiet = Quiet()
    next_look: float = FOREVER
    look_after_s: float = READY_LOOK_FIRST_S  # while it is not ready
    looking: bool = False  # a look is on its way that was asked for after the door was shut
    turning_away: bool = False
    rungs: tuple[Rung, ...] = ()
    rung: int = -1
    rung_until: float = FOREVER
    killing: bool = False  # the whole tree was sent KILL
    average_s: float = 0.0

    @property
    def end(self) -> Budget:
        """The budget, which exists in every phase after the end began."""
        assert self.budget is not None, self.phase  # noqa: S101 - a broken promise of step itself
        return self.budget

    @property
    def on_rung(self) -> Rung | None:
        """The rung that is being tried; None before the first."""
        return self.rungs[self.rung] if self.rung >= 0 else None

    @property
    def quiesced_at(self) -> float:
        """When who is still inside is not waited for any more; never, by default."""
        return FOREVER if self.shut_at is None else self.shut_at + self.policy.quiesce_s

    @property
    def turn_away_at(self) -> float:
        """When those who still wait are turned away; never when that has been done."""
        return FOREVER if self.turning_away else self.end.turn_away_at(self.average_s)


def initial(policy: Policy) -> State:
    """Return the state before anything happened."""
    return State(policy=policy)


def deadline(state: State) -> float:
    """Return when `step` wants a `Tick` at the latest; infinity when it waits for news alone."""
    return min(_DEADLINES[state.phase](state))


_DEADLINES: dict[Phase, Callable[[State], tuple[float, ...]]] = {
    STARTING: lambda s: (s.next_look,),
    SERVING: lambda _: (FOREVER,),
    DELAYING: lambda s: (s.end.delay_until,),
    QUIESCING: lambda s: (s.next_look, s.quiesced_at, s.turn_away_at, s.end.kill_at),
    STOPPING: lambda s: (s.rung_until, s.end.close_at),
    REAPING: lambda s: (FOREVER if s.killing else s.end.kill_at, s.end.close_at),
    CLOSING: lambda s: (s.end.finish_at,),
    DONE: lambda _: (FOREVER,),
}
