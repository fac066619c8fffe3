"""Made-up servers that a ladder has to get along with, from polite to deaf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.budget import Budget
from supervisor.core.record import Record
from supervisor.testing.server import NEVER, Manners, Server
from supervisor.testing.traffic import Visit
from supervisor.testing.world import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.core.policy import Policy

ASKED_S = 1.0  # after the world began
MARGIN_S = 0.3  # for seeing that it is quiet, and for ending


class Case(Record):
    """A server in a scene; where it `finishes` there is time for all: nothing is lost or killed."""

    server: Server
    scene: Scene
    finishes: bool = True

    def __str__(self) -> str:
        """Name it."""
        return f"a server that is {self.server.name}, {self.scene.name}"


def promised_s(policy: Policy) -> float:
    """Return for how many seconds after a request to stop a ready server's requests may run on."""
    budget = Budget(0.0, policy.grace_s, policy.drain_delay_s, policy.reserve_s)
    if policy.waits:
        # A door that is not ours can't be shut: before the KILL, the server has to do it.
        latest = budget.turn_away_at(0.0) if policy.shut_signal else budget.kill_at
        return min(latest, budget.delay_until + policy.quiesce_s)
    patience_s = policy.ladder[0].patience_s if policy.ladder else None
    if (policy.looks and not policy.finishes) or patience_s is None:
        return budget.kill_at
    return min(budget.kill_at, budget.delay_until + patience_s)


def gallery(policy: Policy, manners: Manners) -> tuple[Case, ...]:
    """Return the servers that a policy is tried on; `manners` are those of the real server."""
    return (*_finishing(policy, manners), *_stubborn(policy, manners))


def _finishing(policy: Policy, manners: Manners) -> Iterator[Case]:
    """Yield servers that end when they are told, and requests that end in time."""
    # Of a server that is left to finish, nobody can say from outside how many requests it runs.
    polite = Server(manners=manners, counts=not policy.finishes)
    ask = _ask(policy)
    promised = promised_s(policy)
    inside_s = promised - min(MARGIN_S, promised / 2)
    short = Visit(ASKED_S - 0.01, min(0.4, inside_s))
    slow = Visit(ASKED_S - 0.01, inside_s)
    late = Visit(ASKED_S + 0.05, 0.1)
    yield Case(polite, Scene(asks=(ask,)))
    yield Case(polite, Scene("with idle connections", asks=(ask,), idle=2))
    if not (policy.looks or manners.drains):
        return  # nothing that it could be told lets requests end
    behind = Scene("with requests behind its worker", (short, short, late), (ask,))
    one = polite.replace(name="small", workers=1)
    # Half the time each: one runs, the other waits for the worker.
    half = short.replace(takes_s=min(0.4, inside_s / 2))
    yield Case(one, behind.replace(visits=(half, half, late)))
    wide = polite.replace(name="without workers", workers=0, at_once=4)
    yield Case(wide, behind.replace(name="with requests inside"))
    seen = polite.replace(name="seen as connections alone", counts=False)
    yield Case(seen, behind.replace(name="with requests inside"))
    yield Case(polite.replace(name="slow"), Scene("with a long request", (slow, late), (ask,)))
    echo = (ask, (ASKED_S + min(0.1, policy.debounce_s / 2), ask[1]))
    yield Case(polite, Scene("told twice at once", (slow,), echo))
    patience_s = policy.ladder[0].patience_s if policy.ladder else None
    room_s = policy.grace_s - policy.reserve_s - policy.drain_delay_s
    ends_s = min(0.5, 0.5 * (room_s if patience_s is None else min(room_s, patience_s)))
    yield Case(polite.replace(name="tidying up", ends_s=ends_s), Scene(asks=(ask,)))
    if policy.looks and manners.drains:
        for door in ("throttled", "absent"):
            yield Case(polite, Scene(f"with a door {door}", (short, late), (ask,), door=door))


def _stubborn(policy: Policy, manners: Manners) -> Iterator[Case]:
    """Yield servers that do not end, die, or have requests that never end."""
    server = Server(manners=manners)
    ask = _ask(policy)
    nobody = Scene(asks=(ask,))
    never = Scene("with a request that hangs", (Visit(ASKED_S - 0.1, NEVER),), (ask,))
    early = Scene("before it is ready", asks=((0.02, ask[1]),))
    again = (ASKED_S + policy.debounce_s + 0.1, ask[1])
    words = {word for rung in policy.ladder[:1] if (word := rung.command or rung.signal)}
    words |= {policy.sent(ask[1])} if any(rung.passes for rung in policy.ladder[:1]) else set()
    deaf = server.replace(name="deaf to all but SIGKILL", deaf=True)
    first = server.replace(name="deaf to the first rung", deaf_to=tuple(words))
    forks = server.replace(name="gone before its workers", orphans=True)
    pairs = (
        *((deaf, nobody), (deaf, never), (deaf, early), (first, nobody), (first, never)),
        (server.replace(name="deaf as long as it starts", boots_s=NEVER, deaf=True), early),
        (server.replace(name="starting for ever", boots_s=NEVER), early),
        (server, early.replace(name="before it runs", spawn_s=0.05)),
        (server.replace(name="polite"), never),
        (server, never.replace(name="asked twice, with a request that hangs", asks=(ask, again))),
        (deaf, nobody.replace(name="asked twice", asks=(ask, again))),
        *((forks, nobody), (forks, never)),
        (forks.replace(name="gone before its deaf workers", deaf_workers=True), nobody),
        (server.replace(name="with workers that are deaf", deaf_workers=True), nobody),
        (server.replace(name="dead at once", dies_s=0.0, status=1), nobody),
        (server.replace(name="crashing", dies_s=0.95, status=-11), never),
        (server.replace(name="dying while it stops", dies_s=1.01, status=-9), never),
        (server.replace(name="not there", runs=False), nobody),
        (server.replace(name="without a reader of its FIFO", reads=False), nobody),
        (server.replace(name="seen as connections alone", counts=False), never),
    )
    yield from (Case(server, scene, finishes=False) for server, scene in pairs)


def _ask(policy: Policy) -> tuple[float, int]:
    signal = 15 if 15 in policy.stops else next(iter(policy.stops), 15)
    return (ASKED_S, signal)
