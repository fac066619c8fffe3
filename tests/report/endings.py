"""How lives end: every kind that a report tells of."""

from __future__ import annotations

from supervisor.core.events import (
    Asked,
    Booted,
    DoorClosed,
    DoorShut,
    Emptied,
    Exited,
    Spawned,
    SpawnFailed,
    Tick,
    WorkersGone,
)
from supervisor.core.looks import Look
from tests.report.lives import FINISHING, GENERIC, Life, busy, idle

A, B = "GET /a", "POST /b"


def drained() -> Life:
    """Two are answered after the signal, then nobody is inside."""
    life = Life().shut().look(busy(A, B, requests=5), idle(7), idle(7), idle(7))
    return life.tell(WorkersGone(), after_s=0.1).end(turned_away=3)


def drained_by_control() -> Life:
    """Asked over the control socket by a process that is known."""
    life = Life().serve().tell(Asked(15, 42, 1000, "control"), DoorShut("steered"))
    return life.look(idle(), idle(), idle()).end()


def slow_to_leave() -> Life:
    """Drained, but a descendant has to be killed at the end of the budget."""
    life = Life().shut().look(idle(1), idle(1), idle(1)).tell(Exited(7, 0), after_s=0.1)
    return life.wait_for("reaping").wait().tell(Emptied(), DoorClosed(0))


def out_of_time() -> Life:
    """Two run until there is no time left."""
    life = Life().shut().wait_for("stopping", busy(A, B, requests=4))
    return life.end(turned_away=1)


def out_of_time_blind() -> Life:
    """The stats server answers no more."""
    life = Life().shut().look(busy(A)).wait_for("stopping", Look(serving=1))
    return life.end(-9)


def never_looked_at() -> Life:
    """It did not answer once since the signal."""
    life = Life().shut().wait_for("stopping", Look(serving=1))
    return life.wait().wait().end(-9)


def hurried() -> Life:
    """A second signal, later."""
    life = Life().shut().look(busy(A, B)).tell(Asked(15), after_s=1.5)
    return life.end()


def hurried_at_once() -> Life:
    """A look that is fresh."""
    life = Life().shut().look(busy(A))
    for _ in range(80):
        life.look(busy(A))
    return life.tell(Asked(2)).end()


def died_while_stopping() -> Life:
    """Out of memory, perhaps."""
    return Life().shut().look(busy(A)).end(-9, after_s=0.01)


def crashed() -> Life:
    """Nobody asked; nobody looked."""
    return Life().serve().tell(Exited(7, -11), after_s=60).tell(Emptied(), DoorClosed(2))


def never_ready() -> Life:
    """The app does not load."""
    return Life().tell(Booted(), Spawned(7)).look(Look()).end(22)


def stopped_while_loading() -> Life:
    """Asked before it was ready: three looks at nobody, then the ladder of one that owes none."""
    life = Life().tell(Booted(), Spawned(7)).ask().tell(DoorShut("absent"))
    return life.look(Look(), Look(), Look()).end(1)


def stuck_while_loading() -> Life:
    """It hears nothing and is killed."""
    life = Life().tell(Booted(), Spawned(7)).ask().tell(DoorShut("absent"))
    life.look(Look(), Look(), Look())
    return life.wait().wait().wait().wait().end(-9)


def not_found() -> Life:
    """There is no such command after all."""
    life = Life().tell(Booted(), SpawnFailed(127, "cannot run /bin/x: No such file or directory."))
    return life.tell(DoorClosed(1))


def asked_before_birth() -> Life:
    """The signal was there first."""
    return Life().tell(Asked(15)).tell(DoorClosed(0))


def throttled() -> Life:
    """No steering: `q` waits for who is inside, and nobody is cut."""
    life = Life().shut("throttled").wait_for("stopping", busy(A))
    return life.tell(WorkersGone(), after_s=0.5).end()


def throttled_too_long() -> Life:
    """The same, but it takes too long."""
    life = Life().shut("throttled").wait_for("stopping", busy(A))
    return life.wait().wait().end(-9)


def generic() -> Life:
    """Another command, which ends when it is asked to."""
    return Life(GENERIC).serve().ask(2).end(-2)


def generic_stubborn() -> Life:
    """Another command, which does not."""
    return Life(GENERIC).serve().ask().wait().end(-9)


def generic_done() -> Life:
    """Another command, which ends by itself."""
    return Life(GENERIC).serve().end(0)


def left_to_finish() -> Life:
    """A server that finishes what it has accepted, in time."""
    inside = Look(ready=True, serving=2)
    return Life(FINISHING).shut().look(inside, inside, inside).end(after_s=2.0)


def left_to_finish_too_long() -> Life:
    """The same, but it takes too long, and nobody can say what ran."""
    inside = Look(ready=True, serving=2)
    return Life(FINISHING).shut().look(inside, inside, inside).wait().end(-9)


def overslept() -> Life:
    """Nothing is left of the budget when the keeper is scheduled again."""
    life = Life().shut()
    return life.tell(Tick(), after_s=60).tell(Tick()).tell(DoorClosed(0))
