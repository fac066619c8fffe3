"""Every event at every telling moment, breadth first, from every phase on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from supervisor.core.events import (
    EVENTS,
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
from supervisor.core.machine import CELLS
from supervisor.core.phases import PHASES
from supervisor.core.policy import Policy
from supervisor.core.state import State, deadline, initial
from tests.core.laws import Life, born, left_alone, lived
from tests.core.policies import (
    DELAYED,
    FINISHING,
    GENERIC,
    GENERIC_DELAYED,
    INIT,
    PASSING,
    SELF_SHUTTING,
    START,
    UWSGI,
)

if TYPE_CHECKING:
    from tests.core.laws import Arc

EPSILON_S = 0.001
DEPTHS = (
    *((UWSGI, 3), (DELAYED, 2), (GENERIC, 3), (GENERIC_DELAYED, 3), (FINISHING, 2)),
    *((PASSING, 3), (INIT, 3), (SELF_SHUTTING, 2)),
    *((policy.replace(awaits=False), 2) for policy in (UWSGI, DELAYED)),
)

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


def beaten_path(policy: Policy) -> Iterator[Life]:
    """Yield the lives along the story."""
    life = born(initial(policy), START)
    yield life
    for event in STORY:
        due = deadline(life.state)
        at = max(life.now, due) if isinstance(event, Tick) and due < float("inf") else life.now
        life, _ = lived(life, event, at)
        yield life


def futures(life: Life) -> Iterator[tuple[Event, float]]:
    """Yield every event, now and around the state's deadline."""
    state, now, _ = life
    due = max(now, deadline(state))
    moments = {now}
    if due < float("inf"):
        moments |= {max(now, due - EPSILON_S), due}
    for at in moments:
        yield Tick(), at
        for fact in FACTS:
            yield fact, at
    for at in (*moments, now + state.policy.debounce_s):
        yield Asked(15, 1), at


def search(policy: Policy, depth: int) -> tuple[set[Life], set[Arc]]:
    """Live every future, `depth` events far, of every life on the path; return lives and arcs."""
    known = set(beaten_path(policy))
    frontier = list(known)
    arcs: set[Arc] = set()
    for _ in range(depth):
        reached: list[Life] = []
        for life in frontier:
            for event, at in futures(life):
                after, _actions = lived(life, event, at)
                if after.state.phase != life.state.phase:
                    arcs.add((life.state.phase, type(event), after.state.phase))
                if after[::2] != life[::2] and after not in known:  # or else only time passed
                    known.add(after)
                    reached.append(after)
        frontier = reached
    return known, arcs


@pytest.fixture(scope="module")
def searched() -> list[tuple[set[Life], set[Arc]]]:
    """Search the lives of all policies once; the laws are asserted at every step of it."""
    return [search(policy, depth) for policy, depth in DEPTHS]


def test_every_phase_has_a_cell_for_every_event() -> None:
    """The table is total, and names nothing that does not exist."""
    assert set(CELLS) == {(phase, event) for phase in PHASES for event in EVENTS}
    assert {target for _, targets in CELLS.values() for target in targets} <= set(PHASES)
    assert {type(fact) for fact in (*FACTS, Tick(), Asked(15))} == set(EVENTS)


def test_handlers_lead_exactly_where_the_table_says(
    searched: list[tuple[set[Life], set[Arc]]],
) -> None:
    """Every declared target is reached by some life, and no other ever is."""
    reached = {arc for _, arcs in searched for arc in arcs}
    declared = {
        (phase, event, target)
        for (phase, event), (_, targets) in CELLS.items()
        for target in targets
    }
    assert reached == declared


def test_the_search_is_wide(searched: list[tuple[set[Life], set[Arc]]]) -> None:
    """A search that found little would prove little."""
    assert sum(len(lives) for lives, _ in searched) > 5_000
    assert {life.state.phase for lives, _ in searched for life in lives} == set(PHASES)


def test_time_alone_ends_every_life_within_its_budget(
    searched: list[tuple[set[Life], set[Arc]]],
) -> None:
    """Once the end has begun, no event is needed to come to it, only the clock."""
    for lives, _ in searched:
        known: set[State] = set()
        for life in lives:
            if life.state.budget is not None:
                left_alone(life.state, life.now, known)


def test_a_deadline_is_ahead_or_its_tick_changes_something(
    searched: list[tuple[set[Life], set[Arc]]],
) -> None:
    """No state asks for ticks that lead nowhere: the keeper would spin."""
    for lives, _ in searched:
        for life in lives:
            due = deadline(life.state)
            if due <= life.now:
                after, _actions = lived(life, Tick(), life.now)
                assert after.state != life.state, life
