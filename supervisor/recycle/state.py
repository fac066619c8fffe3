"""All that the recycling of one service's workers remembers; times on the caller's clock."""

from __future__ import annotations

from supervisor.core.record import Record
from supervisor.recycle.leak import Life
from supervisor.recycle.policy import RecyclePolicy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from supervisor.recycle.sample import WorkerSample

NEVER: Final = float("inf")
LONG_AGO: Final = float("-inf")


class Flight(Record):
    """The one worker that is being replaced."""

    worker: int
    pid: int
    why: str
    since: float
    rung: int = 0  # how often it was reminded
    ended_at: float | None = None  # when it was first seen to be gone
    told: bool = False  # that its successor does not become ready


class RecycleState(Record):
    """What happened so far; `wishes` are (worker, pid) that somebody wants replaced."""

    policy: RecyclePolicy
    flight: Flight | None = None
    wishes: tuple[tuple[int, int], ...] = ()
    starts: tuple[float, ...] = ()  # of the recycles of the last hour
    back_at: float = LONG_AGO  # when the last one was over
    blind: tuple[str, ...] = ()  # what has been told
    lives: tuple[Life, ...] = ()
    margin: float | None = None  # bytes until a limit of memory, at the last look
    looked_at: float = 0.0
    rate: float = 0.0  # at which it shrinks, bytes a second; what was seen before counts on
    interval_s: float = 0.5  # between the last two looks
    look_at: float = NEVER


def initial(policy: RecyclePolicy, now: float) -> RecycleState:
    """Return the state before the first sample; it is wanted at once if anything is watched."""
    return RecycleState(policy, look_at=now if policy.watches else NEVER)


def next_at(state: RecycleState) -> float:
    """Return when the next sample is wanted; infinity while there is nothing to watch."""
    return state.look_at


def wish(state: RecycleState, workers: tuple[WorkerSample, ...], now: float) -> RecycleState:
    """Remember that these very processes are to be replaced; who asks twice gets it once."""
    wanted = tuple((worker.id, worker.pid) for worker in workers)
    return state.replace(wishes=tuple(dict.fromkeys((*state.wishes, *wanted))), look_at=now)


def withdrawn(state: RecycleState, now: float) -> RecycleState:
    """Forget the recycle that could not even be begun; the cool-down keeps it from a hot loop."""
    if state.flight is None:
        return state
    gone = (state.flight.worker, state.flight.pid)
    wishes = tuple(one for one in state.wishes if one != gone)
    return state.replace(flight=None, wishes=wishes, back_at=now)
