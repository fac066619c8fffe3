"""The journal stays small without forgetting what a replay needs."""

from __future__ import annotations

from supervisor.core.events import (
    Asked,
    Booted,
    DoorShut,
    Event,
    Exited,
    Looked,
    Reaped,
    Signalled,
    Spawned,
    Tick,
)
from supervisor.core.looks import Look
from supervisor.core.machine import step
from supervisor.core.policy import Policy, Rung
from supervisor.core.replay import first_divergence
from supervisor.core.state import deadline, initial
from supervisor.runtime import journal
from supervisor.runtime.journal import Journal

POLICY = Policy(
    grace_s=3600.0,
    looks=True,
    ladder=(Rung("quit", command="q", patience_s=1.5), Rung("kill", signal=9, target="tree")),
)
BUSY = Look(ready=True, serving=2, in_request=2, requests=5, running=("GET /a", "GET /b"))


class Life:
    """A service's life on a clock of its own."""

    def __init__(self) -> None:
        self.now, self.state, self.journal = 0.0, initial(POLICY), Journal()

    def feed(self, event: Event) -> None:
        """What the keeper does."""
        before = self.state
        self.state, actions = step(before, event, self.now)
        self.journal.add(self.now, event, actions, before, self.state)

    def look(self, look: Look, lazily: int = 0) -> None:
        """Wait for the next look and take it; the server may be slow to answer."""
        for _ in range(1 + lazily):
            self.now = deadline(self.state)
            self.feed(Tick())
        self.now += 0.001
        self.feed(Looked(look))

    def check(self) -> None:
        """The journal alone leads to the same state, by the same actions."""
        assert first_divergence(POLICY, self.journal.entries) is None
        state = initial(POLICY)
        for now, event, _actions in self.journal.entries:
            state, _ = step(state, event, now)
        assert state == self.state


def test_a_start_that_takes_half_an_hour() -> None:
    """A look each 50 ms, and none of them tells anything."""
    life = Life()
    life.feed(Booted())
    life.feed(Spawned(7))
    for number in range(36_000):
        life.look(Look(queued=number % 3), lazily=number % 2)
    assert life.now > 1700
    assert len(life.journal.entries) < 16
    life.look(BUSY)
    assert life.state.phase == "serving"
    life.check()


def test_a_drain_that_takes_minutes() -> None:
    """What changed is kept, and what ran at the end."""
    life = Life()
    life.feed(Booted())
    life.feed(Spawned(7))
    life.look(BUSY)
    life.feed(Asked(15))
    life.feed(DoorShut("steered"))
    for number in range(24_000):
        life.look(BUSY.replace(requests=5 + number // 4_000), lazily=number % 3)
    life.now += 0.001
    assert len(life.journal.entries) < 50
    kept = [event.look for _, event, _ in life.journal.entries if isinstance(event, Looked)]
    assert {look.requests for look in kept} == {5, 6, 7, 8, 9, 10}
    assert life.journal.entries[-1][0] > life.now - 1
    life.check()
    for _ in range(3):
        life.look(Look(ready=True, in_request=0, requests=11))
    assert life.state.phase == "stopping"
    life.check()


def test_a_look_that_differs_is_kept() -> None:
    """The report tells what ran when it was cut."""
    life = Life()
    life.feed(Booted())
    life.feed(Spawned(7))
    life.look(BUSY)
    life.feed(Asked(15))
    life.feed(DoorShut("steered"))
    for number in range(20):
        life.look(BUSY.replace(running=(f"GET /{number}",)))
    kept = [event.look for _, event, _ in life.journal.entries if isinstance(event, Looked)]
    assert [look.running for look in kept[-20:]] == [(f"GET /{number}",) for number in range(20)]
    life.check()


def test_it_is_bounded() -> None:
    """Orphans and unknown signals for years, and then a stop: its events are all there."""
    life = Life()
    life.feed(Booted())
    life.feed(Spawned(7))
    life.look(BUSY)
    for number in range(journal.MOST * 3):
        life.feed(Reaped(number, "orphan", 0) if number % 2 else Signalled(30))
    life.feed(Asked(15))
    life.feed(DoorShut("steered"))
    for number in range(journal.MOST):
        life.look(BUSY.replace(requests=number))
    life.feed(Exited(7, 0))
    entries = life.journal.entries
    assert journal.MOST - 2 <= len(entries) <= journal.MOST
    assert life.journal.dropped > journal.MOST
    kinds = [type(event) for _, event, _ in entries]
    assert kinds[:2] == [Booted, Spawned]
    assert (kinds.count(Asked), kinds.count(DoorShut), kinds[-1]) == (1, 1, Exited)


def test_without_anything_to_spare_the_middle_goes() -> None:
    """Better than growing for ever."""
    life = Life()
    life.feed(Booted())
    for _ in range(journal.MOST + 10):
        life.feed(Tick())
    assert len(life.journal.entries) == journal.MOST
    assert isinstance(life.journal.entries[0][1], Booted)
