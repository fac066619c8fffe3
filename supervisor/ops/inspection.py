"""Looks at a process or a container: everything that a forecast needs, and the forecast."""

from __future__ import annotations

import os
from typing import Final

from supervisor.core.record import Record
from supervisor.errors import GracekeeperError
from supervisor.ops import listener, memory, procfs, sockets, toptable
from supervisor.ops.containers import PAUSE, Container, State, container, state
from supervisor.ops.engine import Engine
from supervisor.ops.forecast import Forecast, forecast
from supervisor.ops.listener import Inside, Listener
from supervisor.ops.memory import Memory
from supervisor.ops.process import Tree
from supervisor.ops.programs import program
from supervisor.ops.scene import DOCKER_GRACE_S, TERM, Scene
from supervisor.ops.special import started_as

PAUSED: Final = (
    "what it does when it goes on: it is paused, and `docker stop` resumes it as soon as it has"
    " sent the signal"
)
YOUNG_S: Final = 10.0  # after that the engine forgets what it waited between starts
RUNNING: Final = ("running", PAUSE)


class Wish(Record):
    """How the stop that is foretold would be asked for; None for the container's own."""

    signal: int | None = None
    grace_s: float | None = None


class Inspection(Record):
    """What was found. `listeners` and `memory`: None when they could not be seen.

    `hidden`: what could not be seen, by what, and how it could.
    """

    scene: Scene
    forecast: Forecast
    container: Container | None = None
    listeners: tuple[Listener, ...] | None = None
    memory: Memory | None = None
    hidden: tuple[str, ...] = ()


def of_process(pid: int, wish: Wish) -> Inspection:
    """Look at a process of this machine, and all below it."""
    return _here(pid, wish, None)


def of_container(name: str, wish: Wish) -> Inspection:
    """Look at a container: through /proc when it runs on this machine, else through its engine."""
    engine = Engine()
    try:
        found = engine.inspect(name)
        what, now = container(found), state(found)
        if now.status not in RUNNING or not now.pid:
            raise _not_running(what, now)
        asked = Wish(
            what.signal if wish.signal is None else wish.signal,
            what.grace_s if wish.grace_s is None else wish.grace_s,
        )
        if engine.same_machine(now.pid, what.id):
            seen = _here(now.pid, asked, what, paused=now.status == PAUSE)
        else:
            seen = _there(engine, what, now, asked)
        return _doubted(seen, now)
    finally:
        engine.close()


def _here(pid: int, wish: Wish, what: Container | None, *, paused: bool = False) -> Inspection:
    tree = procfs.tree(pid)
    if paused:
        tree = tree.thawed
    if what is not None and program(tree.first) == "gracekeeper":
        tree = Tree((started_as(tree.first, what.argv), *tree.processes[1:]))
    seen = sockets.listeners(pid)
    own = None if seen is None else _own(listener.held(seen, tree), tree)
    contained = what is not None or tree.first.inner == 1
    scene = _scene(tree, listener.inside(own), wish, contained=contained)
    return Inspection(
        scene=scene,
        forecast=forecast(scene),
        container=what,
        listeners=own,
        memory=memory.of(pid),
        hidden=tuple(_hidden(tree, seen)),
    )


def _doubted(found: Inspection, now: State) -> Inspection:
    """Doubt a forecast for a container that is paused, or that keeps ending by itself."""
    doubts = [found.forecast.unsure] if found.forecast.unsure else []
    if now.status == PAUSE:
        doubts.append(PAUSED)
    if now.restarts and found.scene.tree.first.age_s <= YOUNG_S:
        doubts.append(f"whether it lives that long: it was started anew {now.restarts} times")
    return found.replace(forecast=found.forecast.replace(unsure="; ".join(doubts)))


def _there(engine: Engine, what: Container, now: State, wish: Wish) -> Inspection:
    tree = toptable.tree(engine.top(what.id, toptable.COLUMNS), now.pid, what.argv)
    if not tree.processes or tree.first.inner != 1:
        raise _not_running(what, state(engine.inspect(what.id)))
    if now.status == PAUSE:
        tree = tree.thawed
    scene = _scene(tree, None, wish, contained=True)
    hidden = (toptable.HIDDEN,)
    return Inspection(scene=scene, forecast=forecast(scene), container=what, hidden=hidden)


def _scene(tree: Tree, inside: Inside | None, wish: Wish, *, contained: bool) -> Scene:
    return Scene(
        tree=tree,
        connections=inside,
        signal=TERM if wish.signal is None else wish.signal,
        grace_s=DOCKER_GRACE_S if wish.grace_s is None else wish.grace_s,
        stop="docker stop" if contained else "A stop",
    )


def _own(listeners: tuple[Listener, ...], tree: Tree) -> tuple[Listener, ...]:
    """Return those of these processes; a PID 1 without a namespace of its own shares ours."""
    if tree.first.inner == 1:
        return listeners
    return tuple(one for one in listeners if one.holders or one.holders is None)


def _hidden(tree: Tree, seen: tuple[Listener, ...] | None) -> list[str]:
    """Say what we were not allowed to see, and how it could be seen."""
    closed = [p.pid for p in tree.processes if p.doors is None and p.state not in "ZX"]
    hidden = []
    if closed:
        whose = ", ".join(str(pid) for pid in closed[:5]) + (", ..." if closed[5:] else "")
        hidden.append(
            f"descriptors, variables and files of {whose}: this is uid {os.getuid()}. Run it as"
            " their own user, or as root with CAP_SYS_PTRACE"
        )
    if seen is None:
        hidden.append("listening sockets: neither sock_diag nor /proc/PID/net can be read")
    return hidden


def _not_running(what: Container, now: State) -> GracekeeperError:
    if now.status in RUNNING and now.pid:
        return GracekeeperError(
            f"cannot inspect {what.name}: its engine does not show its processes (`docker top`)."
            " Run this on the engine's machine."
        )
    if now.status == "restarting":
        return GracekeeperError(
            f"cannot inspect {what.name}: it is between two starts, and has ended {now.restarts}"
            f" times, with {now.code} at last. `docker stop` takes no time now and leaves that"
            f" code; ask `gracekeeper explain {what.name}` why it ends."
        )
    return GracekeeperError(
        f"cannot inspect {what.name}: it is not running ({now.status}, exit code {now.code})."
        f" Start it, or ask `gracekeeper explain {what.name}` how it ended."
    )
