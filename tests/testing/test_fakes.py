"""The world in memory: its clock, its servers, what it tells; and that it notices a broken core."""

from __future__ import annotations

import subprocess
import sys

import pytest

from supervisor import testing
from supervisor.core.actions import Action, Send
from supervisor.core.events import Asked, Event
from supervisor.core.machine import step
from supervisor.core.policy import Policy, Rung
from supervisor.core.state import State, deadline
from supervisor.testing import Clock, Manners, Scene, Server, Visit, laws, play, world
from supervisor.testing.driver import violations
from tests.rules.sources import ROOT

KILL = Rung("kill", signal=9, target="tree")
LADDER = (Rung("quit", signal=3), KILL)
QUITS = Manners(drains=(3,), cuts=(15,))
POLICY = Policy(10.0, looks=True, ladder=LADDER, unready_ladder=LADDER, forced_ladder=LADDER)
POLITE = Server(manners=QUITS)


def test_a_star_brings_every_name() -> None:
    """Those that `__getattr__` loads, and a checker of types reads."""
    found: dict[str, object] = {}
    exec("from supervisor.testing import *", found)
    assert sorted(testing.__all__) == dir(testing)
    assert set(dir(testing)) == found.keys() - {"__builtins__"}


def test_the_clock_moves_when_it_is_told_to() -> None:
    """What is due happens in the order of its moments, then of its making, each at its own."""
    clock, seen = Clock(0.0), list[tuple[str, float]]()

    def note(what: str) -> None:
        seen.append((what, clock.now))

    def first() -> None:
        note("first")
        clock.after(0.5, lambda: note("of it"))

    clock.after(2.0, lambda: note("late"))
    clock.after(1.0, first)
    clock.after(1.0, lambda: note("second"))
    clock.after(float("inf"), lambda: note("never"))
    assert (clock.now, clock.next) == (0.0, 1.0)
    clock.move_to(1.9)
    assert seen == [("first", 1.0), ("second", 1.0), ("of it", 1.5)]
    clock.move_to(9.0)
    assert seen[3:] == [("late", 2.0)]
    assert (clock.now, clock.next) == (9.0, float("inf"))


def test_what_becomes_of_requests() -> None:
    """Inside and behind are answered, newcomers turned away; the same life each time."""
    visits = (Visit(0.9, 2.0), Visit(0.95, 1.0), Visit(1.5), Visit(50.0))
    scene = Scene(visits=visits)
    tale = play(POLICY, POLITE.replace(workers=1), scene)
    assert tale.fates == ("answered", "answered", "turned away", "")
    assert (tale.code, tale.kills, tale.left) == (143, (), ())
    assert 2.9 < tale.seconds < 3.2
    assert play(POLICY, POLITE.replace(workers=1), scene) == tale


@pytest.mark.parametrize(
    ("server", "fate"),
    [
        (POLITE, "answered"),
        (POLITE.replace(manners=Manners()), "lost"),  # QUIT cuts it
        (POLITE.replace(deaf=True), "lost"),
        (POLITE.replace(dies_s=1.2, status=-11), "lost"),
    ],
)
def test_a_command_with_a_door_of_its_own(server: Server, fate: str) -> None:
    """Nobody waits for what can't be seen: its manners alone decide."""
    policy = Policy(10.0, ladder=LADDER)
    tale = play(policy, server, Scene(visits=(Visit(0.9, 1.0 if fate == "answered" else 99.0),)))
    assert tale.fates == (fate,)
    if server.deaf:
        assert tale.kills[0][0] == pytest.approx(world.START + 1.0 + 9.0)
    late = play(policy, POLITE, Scene(visits=(Visit(2.0),)))
    assert late.fates == ("",)  # it was over before
    busy = play(policy, POLITE, Scene(visits=(Visit(0.9, 3.0), Visit(2.0))))
    assert busy.fates == ("answered", "refused")


def test_a_life_that_nobody_ends_stands_still() -> None:
    """There is no code, and no end to tell of."""
    tale = play(POLICY, POLITE, Scene(asks=()))
    assert (tale.code, tale.seconds, tale.left) == (None, 0.0, ("main", "worker 1", "worker 2"))


def test_a_tale_is_told_and_reported() -> None:
    """One line for each thing, looks in a row in one; the report is made from the journal alone."""
    tale = play(POLICY, POLITE, Scene(visits=(Visit(0.9, 5.0),)))
    told = tale.told()
    assert len(told) < 40
    assert told[0] == "   +0.000 s  starting: Booted() => Spawn()"
    assert any(line.endswith("main hears SIGQUIT: drain") for line in told)
    assert told[-1].endswith("closing -> done: DoorClosed(turned_away=0) => Finish(code=143)")
    report = tale.report()
    assert report["requests"]["lost"] == 0
    assert [one["name"] for one in report["phases"]][-3:] == ["stopping", "reaping", "closing"]
    assert report["seconds"] == pytest.approx(tale.seconds, abs=0.001)


def hasty(state: State, event: Event, now: float) -> tuple[State, tuple[Action, ...]]:
    """Kill as soon as somebody asks."""
    after, actions = step(state, event, now)
    kills = (Send("tree", 9),) if isinstance(event, Asked) and after.phase == "quiescing" else ()
    return after, (*actions, *kills)


def gentle(state: State, event: Event, now: float) -> tuple[State, tuple[Action, ...]]:
    """Kill nobody."""
    after, actions = step(state, event, now)
    spared = (one for one in actions if not (isinstance(one, Send) and one.signal == 9))
    return after, tuple(spared)


def test_a_core_that_kills_early_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the search, which tells the events, and in every world."""
    monkeypatch.setattr(laws, "step", hasty)
    found = violations(POLICY, manners=QUITS, depth=1)
    assert {one.law for one in found} == {"who waits is turned away before a rung"}
    searched = next(one for one in found if one.where == "a search of all events")
    assert searched.story[0].strip().endswith("Booted()")
    assert "Asked" in searched.story[-2]
    assert searched.story[-2].endswith("<- here")
    assert len(found) > 20


def test_a_core_that_spares_the_deaf_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its processes would be left to the platform."""
    monkeypatch.setattr(laws, "step", gentle)
    found = violations(POLICY, manners=QUITS, depth=0)
    assert {one.law for one in found} == {"no process is left behind"}
    assert all("polite, nobody" not in one.where for one in found)


def test_a_core_that_is_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end has to come within the grace."""
    late_s = 1.0

    def late(state: State) -> float:
        return deadline(state) + (late_s if state.phase in ("reaping", "closing") else 0.0)

    monkeypatch.setattr(world, "deadline", late)
    monkeypatch.setattr(laws, "step", gentle)
    laws_broken = {one.law for one in violations(POLICY, manners=QUITS, depth=0)}
    assert "the end comes within the grace" in laws_broken


@pytest.mark.process
def test_importing_the_kit_loads_nothing() -> None:
    """Neither its worlds nor anything that is not Python's own."""
    code = (
        "import sys; before = set(sys.modules); import supervisor.testing as kit;"
        "print(*sorted(set(sys.modules) - before)); kit.check_driver; assert dir(kit)"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, cwd=ROOT)
    assert set(run.stdout.split()) <= {"supervisor", "supervisor.testing", "__future__"}
