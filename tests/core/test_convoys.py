"""Generated fleets: whatever services do, all end in time, and every order is right."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supervisor.core import precedence
from supervisor.core.fleet import (
    BecameReady,
    Ended,
    Leave,
    Need,
    Part,
    Started,
    StopAsked,
    TimePassed,
)
from tests.core.convoy import Convoy


@st.composite
def fleets(draw: st.DrawFn) -> tuple[Part, ...]:
    """A few services, each with needs among those before it."""
    parts: list[Part] = []
    for at in range(draw(st.integers(1, 6))):
        needs = []
        for other in draw(st.sets(st.sampled_from(parts), max_size=3)) if parts else ():
            conditions = ["started", "ready"] if not other.task else ["started", "completed"]
            needs.append(Need(other.name, draw(st.sampled_from(conditions))))
        parts.append(
            Part(
                f"s{at}",
                tuple(needs),
                task=draw(st.booleans()),
                essential=draw(st.booleans()),
                start_s=draw(st.sampled_from((1.0, 60.0))),
            )
        )
    return tuple(parts)


@given(fleets(), st.data(), st.sampled_from((0.5, 2.0, 10.0)), st.sampled_from((0.0, 0.3)))
def test_whatever_happens_it_ends_in_time_and_in_order(
    parts: tuple[Part, ...], data: st.DataObject, grace_s: float, delay_s: float
) -> None:
    """`Convoy` checks each order; here services live, die, hang until their grace is over."""
    made = Convoy(*parts, grace_s=grace_s, delay_s=delay_s)
    made.begin()
    for _ in range(data.draw(st.integers(0, 12))):
        _live_a_little(made, data)
    made.tell(StopAsked())
    ends_at = made.state.ends_at
    for _ in range(4 * len(parts) + 4):
        if Leave in {type(order) for order in made.said}:
            break
        _die_at_last(made, data)
    assert isinstance(made.said[-1], Leave)
    assert sum(isinstance(order, Leave) for order in made.said) == 1
    assert made.left_at <= ends_at + 1e-6


def _live_a_little(made: Convoy, data: st.DataObject) -> None:
    running = made.running()
    later = made.now + data.draw(st.sampled_from((0.0, 0.2, 2.0)))
    promised = [at for name, at in made.stopped.items() if name in running]
    made.now = min(later, precedence.deadline(made.state), *promised)  # nothing is missed
    if not running:
        return
    name = data.draw(st.sampled_from(running))
    kinds: tuple[Any, ...] = (
        lambda: made.tell(Started(name), BecameReady(name)),
        lambda: made.tell(Started(name), Ended(name, data.draw(st.sampled_from((0, 3))))),
        lambda: made.tell(TimePassed()),
    )
    data.draw(st.sampled_from(kinds))()


def _die_at_last(made: Convoy, data: st.DataObject) -> None:
    """Somebody who was told ends, at once or when its time is over; else time passes."""
    told = {name: at for name, at in made.stopped.items() if name in made.running()}
    due = precedence.deadline(made.state)
    if told:
        name = min(told, key=lambda one: (told[one], one))
        quick = data.draw(st.booleans())
        if quick or told[name] <= due:
            made.now = made.now if quick else max(made.now, told[name])
            made.tell(Ended(name, 143))
            return
    made.wait()
