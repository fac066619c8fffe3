"""Who is told of a stop: an engine signals PID 1 alone, and the rest is up to that."""

from __future__ import annotations

from typing import Final

from supervisor.ops.behaviour import KNOWN, SCANNERS, TWO_SECONDS, WRAPPERS
from supervisor.ops.disposition import REACHES, disposition
from supervisor.ops.process import Process
from supervisor.ops.programs import program
from supervisor.ops.reaction import passes_to_group
from supervisor.ops.scene import Scene
from supervisor.ops.shellscript import parse
from supervisor.ops.special import SPECIAL

STOP, PARENT, NOBODY, MAYBE = "stop", "parent", "nobody", "maybe"
ALL: Final = (STOP, PARENT, NOBODY, MAYBE)


def reach(scene: Scene) -> dict[int, str]:
    """Return for each process who tells it."""
    found: dict[int, str] = {}
    groups: set[int] = set()
    for _, one in scene.tree.walk():
        if one is scene.tree.first:
            found[one.pid] = STOP
        else:
            found[one.pid] = _from_parent(scene, one, found, groups)
        if program(one) in WRAPPERS and passes_to_group(one) and (child := scene.main(one)):
            groups.add(child.group)
    return found


def _from_parent(scene: Scene, one: Process, found: dict[int, str], groups: set[int]) -> str:
    parent = next((p for p in scene.tree.processes if p.pid == one.ppid), None)
    if one.group in groups:
        return PARENT
    if parent is None or found.get(parent.pid) == NOBODY:
        return NOBODY  # of another entry: `docker exec`
    if disposition(parent, scene.signal) not in REACHES:
        return NOBODY
    if program(parent) in WRAPPERS and one is not scene.main(parent):
        return NOBODY  # a stranger that it inherited, or that was there before it
    told = _passes(scene, parent)
    return MAYBE if told == PARENT and found.get(parent.pid) == MAYBE else told


def _passes(scene: Scene, parent: Process) -> str:
    kind = program(parent)
    if kind in (*WRAPPERS, *SCANNERS, *TWO_SECONDS):
        return PARENT
    if kind == "shell":
        handler = parse(parent.text or "").handler(scene.signal)
        return PARENT if any(c.name == "kill" for c in handler or ()) else NOBODY
    if kind in KNOWN or (kind in SPECIAL and kind != "node"):
        return PARENT
    return MAYBE
