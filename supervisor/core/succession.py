"""Succession: which generation serves, which is being started, which is leaving.

Each generation lives its own life (`core.machine`); here is decided how one follows the other. The
functions take the state and a fact, and return the state and orders; the runtime performs these in
their order. At most one generation is being started, and one is leaving.
"""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    Outcome = tuple["Succession", tuple["Order", ...]]

FOREVER: Final = float("inf")


class Succession(Record):
    """Generations by number, 0 for none; moments on the clock of `now`, in seconds."""

    present: int = 1  # serves, or is the one that will first
    following: int = 0
    leaving: int = 0
    newest: int = 1
    until: float = FOREVER  # the one that follows has to be ready
    rehearsal: bool = False
    dismissed: bool = False  # the one that follows was told to end
    gone: bool = False  # the present one has ended
    revive_at: float = FOREVER  # and another is to be started then
    stopping: bool = False
    outcome: str = ""  # of the last restart: "running", "done", "rehearsed" or "failed"
    why: str = ""  # it failed


class Order(Record):
    """Something that the runtime has to do with a generation."""

    number: int


class Start(Order):
    """Open this generation's listeners and start it; answered by `opened` or `over`."""


class HandOver(Order):
    """Lead newcomers to this generation, and tell the one before to end."""


class Dismiss(Order):
    """Tell a generation that never served to end."""


class Shorten(Order):
    """Let a generation that is leaving, or was thrown away, fit into the container's budget."""


class SettleIn(Order):
    """The generation before is gone: this one is alone."""


class Forget(Order):
    """Close what is left of a generation that is over."""


class Leave(Order):
    """Everybody is over: end, with this generation's code."""


def deadline(state: Succession) -> float:
    """Return when `tick` has something to decide; infinity for never."""
    return state.until if state.following or state.leaving else state.revive_at


def refusal(state: Succession, *, serving: bool) -> str:
    """Say why no restart can begin now; nothing if it can."""
    if state.stopping:
        return "the service is stopping"
    if state.following:
        return f"generation {state.following} is being started already"
    if state.leaving:
        return f"generation {state.leaving} is still leaving"
    return "" if serving else f"generation {state.present} is not ready yet"


def begin(state: Succession, now: float, patience_s: float, *, rehearsal: bool = False) -> Outcome:
    """Start the next generation; `refusal` must have had nothing to say."""
    number = state.newest + 1
    state = state.replace(
        following=number,
        newest=number,
        until=now + patience_s,
        revive_at=FOREVER,
        rehearsal=rehearsal,
        dismissed=False,
        outcome="running",
        why="",
    )
    return state, (Start(number),)


def ready(state: Succession, number: int) -> Outcome:
    """A generation has become ready."""
    if number != state.following or state.dismissed:
        return state, ()
    if state.rehearsal:
        state = state.replace(dismissed=True, until=FOREVER, outcome="rehearsed")
        return state, (Dismiss(number),)
    before = state.present
    taken = state.replace(present=number, following=0, until=FOREVER, leaving=before)
    if state.gone:  # it has ended meanwhile, and nobody but us was at its door
        taken = taken.replace(leaving=0, gone=False, revive_at=FOREVER, outcome="done")
        return taken, (HandOver(number), Forget(before), SettleIn(number))
    return taken, (HandOver(number),)


def over(state: Succession, number: int, why: str, revive_at: float = FOREVER) -> Outcome:
    """A generation has ended, to its last client; `why` in words.

    Of one that was leaving, `why` is whom it has lost, or nothing. `revive_at` is when another one
    is to be started, if nobody else serves or is about to.
    """
    if number == state.present and not state.stopping:
        state = state.replace(revive_at=revive_at)
    if number == state.following and state.gone and not state.stopping:
        state = state.replace(revive_at=min(state.revive_at, revive_at))
    if number == state.following:
        if not state.rehearsal or state.outcome != "rehearsed":
            state = state.replace(outcome="failed", why=state.why or why)
        state, orders = state.replace(following=0, until=FOREVER), (Forget(number),)
        return _end_if_over(state, orders)
    if number == state.leaving:
        done = state.outcome == "running" and not state.gone
        state = state.replace(leaving=0, outcome="done" if done else state.outcome)
        state = state.replace(why=why) if done else state
        settled = () if state.gone else (SettleIn(state.present),)
        return _end_if_over(state, (Forget(number), *settled))
    if number != state.present:
        return state, ()
    state = state.replace(gone=True)
    if state.leaving and not state.stopping:  # nobody serves while it leaves
        state = state.replace(outcome="failed", why=why)
        return _end_if_over(state, (Shorten(state.leaving),))
    return _end_if_over(state, ())


def asked(state: Succession) -> Outcome:
    """Somebody asked for a stop; the present generation is told by the same event."""
    if state.stopping:
        return state, ()
    orders: list[Order] = []
    if state.following and not state.dismissed:
        orders.append(Dismiss(state.following))
        state = state.replace(dismissed=True, until=FOREVER, why="the service is stopping")
    elif state.following:
        orders.append(Shorten(state.following))
    if state.leaving:
        orders.append(Shorten(state.leaving))
    state = state.replace(stopping=True, revive_at=FOREVER)
    return _end_if_over(state, tuple(orders))


def tick(state: Succession, now: float, patience_s: float) -> Outcome:
    """Throw the next generation away if it took too long; start one if all are gone."""
    if now >= state.revive_at and not state.following and not state.leaving:
        return begin(state, now, patience_s)
    if now < state.until:
        return state, ()
    why = "it did not become ready in time"
    state = state.replace(dismissed=True, until=FOREVER, why=why)
    return state, (Dismiss(state.following),)


def _end_if_over(state: Succession, orders: tuple[Order, ...]) -> Outcome:
    over = state.gone and not state.following and not state.leaving
    if over and state.revive_at == FOREVER:
        orders = (*orders, Leave(state.present))
    return state, orders
