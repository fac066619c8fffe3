"""Replay: a journal, walked through `step` once more.

The journal is every `(now, event, actions)` of one life, in order. As `step` reads nothing but its
arguments, the same events must ask for the same actions: where they don't, the journal is not
whole, or it comes from another version or policy.
"""

from __future__ import annotations

from supervisor.core.machine import step
from supervisor.core.record import Record
from supervisor.core.state import initial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervisor.core.actions import Action
    from supervisor.core.events import Event
    from supervisor.core.phases import Phase
    from supervisor.core.policy import Policy

    Entry = tuple[float, Event, tuple[Action, ...]]


class Divergence(Record):
    """The first entry that `step` disagrees with, counted from 0."""

    index: int
    now: float
    phase: Phase
    event: Event
    recorded: tuple[Action, ...]
    replayed: tuple[Action, ...]


def first_divergence(policy: Policy, journal: Iterable[Entry]) -> Divergence | None:
    """Return where the journal stops to be what `step` decides, or None if nowhere."""
    state = initial(policy)
    for index, (now, event, recorded) in enumerate(journal):
        phase = state.phase
        state, replayed = step(state, event, now)
        if tuple(recorded) != replayed:
            return Divergence(index, now, phase, event, tuple(recorded), replayed)
    return None
