"""Every event at every telling moment, breadth first, from every phase on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supervisor.core.events import EVENTS, Asked, Tick
from supervisor.core.machine import CELLS
from supervisor.core.phases import PHASES
from supervisor.core.state import deadline
from supervisor.testing.laws import Life, lived
from supervisor.testing.search import FACTS, end_in_time, search
from tests.core.policies import (
    DELAYED,
    FINISHING,
    GENERIC,
    GENERIC_DELAYED,
    INIT,
    PASSING,
    SELF_SHUTTING,
    UWSGI,
)

if TYPE_CHECKING:
    from supervisor.testing.laws import Arc

DEPTHS = (
    *((UWSGI, 3), (DELAYED, 2), (GENERIC, 3), (GENERIC_DELAYED, 3), (FINISHING, 2)),
    *((PASSING, 3), (INIT, 3), (SELF_SHUTTING, 2)),
    *((policy.replace(awaits=False), 2) for policy in (UWSGI, DELAYED)),
)


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
        end_in_time(lives)


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
