"""Every event at every telling moment, breadth first, from every phase on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.events import (
    Asked,
    Booted,
    DoorClosed,
    DoorShut,
    Emptied,
    Event,
    Exited,
    Failed,
    Looked,
    Reaped,
    Shortened,
    Signalled,
    Spawned,
    SpawnFailed,
    Tick,
    WorkersGone,
)
from supervisor.core.looks import Look
from supervisor.core.state import deadline, initial
from supervisor.testing.laws import NEVER, BrokenLawError, Life, born, left_alone, lived

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.core.policy import Policy
    from supervisor.core.state import State
    from supervisor.testing.laws import Arc

    Parents = dict[Life, tuple[Life, Event] | None]

START = 100.0
EPSILON_S = 0.001
QUIET = Looked(Look(ready=True, in_request=0))
BUSY = Looked(Look(ready=True, in_request=2, queued=1, serving=3, average_s=2.0))
LOADING = Looked(Look(starting=2))
FACTS: tuple[Event, ...] = (
    Booted(),
    Signalled(1),
    Signalled(12),
    Shortened(3.0),
    Spawned(7),
    SpawnFailed(127, "no such file"),
    QUIET,
    BUSY,
    LOADING,
    DoorShut("steered"),
    DoorShut("throttled"),
    DoorShut("absent"),
    WorkersGone(),
    Failed("fifo", "ENXIO"),
    Failed("send", "ESRCH"),
    Failed("door", "EMFILE"),
    Exited(7, 0),
    Exited(7, -9),
    Reaped(8, "worker", 0),
    Emptied(),
    DoorClosed(0),
)
# A whole life; its states are where the searches start. Ticks come at their deadlines.
STORY: tuple[Event, ...] = (
    Booted(),
    Spawned(7),
    Tick(),
    QUIET,
    Asked(15),
    Tick(),
    DoorShut("steered"),
    Tick(),
    QUIET,
    Tick(),
    QUIET,
    Tick(),
    QUIET,
    Failed("fifo", "ENXIO"),
    Tick(),
    Exited(7, 0),
    Emptied(),
    DoorClosed(0),
)


def search(policy: Policy, depth: int) -> tuple[set[Life], set[Arc]]:
    """Live every future, `depth` events far, of every life on the path; return lives and arcs.

    BrokenLawError for a step that breaks a law; it tells the events that led there.
    """
    parents: Parents = {}
    _walk_beaten_path(policy, parents)
    frontier = list(parents)
    arcs: set[Arc] = set()
    for _ in range(depth):
        reached: list[Life] = []
        for life in frontier:
            for event, at in futures(life):
                after = _lived(life, event, at, parents)
                if after.state.phase != life.state.phase:
                    arcs.add((life.state.phase, type(event), after.state.phase))
                if after[::2] != life[::2] and after not in parents:  # or else only time passed
                    parents[after] = (life, event)
                    reached.append(after)
        frontier = reached
    return set(parents), arcs


def end_in_time(lives: set[Life]) -> None:
    """See that from every life whose end began, the clock alone leads to it; BrokenLawError."""
    known: set[State] = set()
    for life in lives:
        if life.state.budget is not None:
            left_alone(life.state, life.now, known)


def futures(life: Life) -> Iterator[tuple[Event, float]]:
    """Yield every event, now and around the state's deadline."""
    state, now, _ = life
    due = max(now, deadline(state))
    moments = {now}
    if due < NEVER:
        moments |= {max(now, due - EPSILON_S), due}
    for at in moments:
        yield Tick(), at
        for fact in FACTS:
            yield fact, at
    for at in (*moments, now + state.policy.debounce_s):
        yield Asked(15, 1), at


def _walk_beaten_path(policy: Policy, parents: Parents) -> None:
    """Put in the lives along the story."""
    life = born(initial(policy), START)
    parents[life] = None
    for event in STORY:
        due = deadline(life.state)
        at = max(life.now, due) if isinstance(event, Tick) and due < NEVER else life.now
        after = _lived(life, event, at, parents)
        parents.setdefault(after, (life, event))
        life = after


def _lived(life: Life, event: Event, at: float, parents: Parents) -> Life:
    try:
        return lived(life, event, at)[0]
    except BrokenLawError as broken:
        lines = [f"  {at - START:+8.3f} s  {event!r}   <- here"]
        there: Life = life
        while found := parents[there]:
            lines.append(f"  {there.now - START:+8.3f} s  {found[1]!r}")
            there = found[0]
        raise BrokenLawError(broken.law, *reversed(lines), *broken.story) from None
