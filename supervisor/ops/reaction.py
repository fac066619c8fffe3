"""How one process of a scene ends at a signal, with everything that depends on it."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from supervisor.core.signalnames import name as signal_name
from supervisor.ops import pythonsource, shell, special
from supervisor.ops.behaviour import KNOWN, SCANNERS, TWO_SECONDS, WRAPPERS
from supervisor.ops.disposition import DEAD, DIES, HALTS, REACHES, disposition, told
from supervisor.ops.ending import BY_SIGNAL, INSTANT_S, Ending, last, never
from supervisor.ops.process import Process
from supervisor.ops.programs import program, title
from supervisor.ops.scene import Scene

TERM = 15
SU_S = 2.0
VALUED = ("-e", "-p", "-r", "--rewrite", "-k", "-s")  # of tini, dumb-init and timeout


def reaction(scene: Scene, process: Process, number: int, *, all_told: bool = False) -> Ending:
    """Return how it ends when it gets this signal; `all_told`: its whole group got it."""
    found = _reaction(scene, process, number, all_told=all_told)
    return found if found.who else found.replace(who=process.pid, signal=number)


def _reaction(scene: Scene, process: Process, number: int, *, all_told: bool) -> Ending:
    what = disposition(process, number)
    name = title(process)
    if what == DEAD:
        return Ending(0.0, 0, f"`{name}` has ended")
    if what == DIES:
        return _dies(scene, process, number, all_told=all_told)
    if what not in REACHES or what == HALTS:
        return never(f"`{name}` {told(process, number)}")
    kind = program(process)
    if kind in WRAPPERS:
        return _wrapper(scene, process, number)
    found = _known(scene, process, kind, number, all_told=all_told)
    if found is None:
        unsure = f"what `{name}` does at {signal_name(number)} is not known"
        found = Ending(INSTANT_S, 0, f"it {told(process, number)}", unsure=unsure, timed=False)
    acts = found.why.startswith("it ")
    return found.replace(why=f"`{name}`{found.why[2:] if acts else f': {found.why}'}")


def _dies(scene: Scene, process: Process, number: int, *, all_told: bool) -> Ending:
    why = f"{signal_name(number)} ends `{title(process)}`, which has no handler"
    children = scene.tree.children(process) if program(process) == "shell" else ()
    if children:
        why += " and passes nothing on"
    left = () if all_told else tuple(child.pid for child in children)
    return Ending(INSTANT_S, BY_SIGNAL + number, why, left=left)


def _known(
    scene: Scene, process: Process, kind: str, number: int, *, all_told: bool
) -> Ending | None:
    """Return what a program that we know does; None for a stranger."""
    end_of = partial(reaction, scene)
    if kind == "shell":
        return shell.ending(process, number, scene.tree, end_of, all_told=all_told)
    if kind in TWO_SECONDS:
        why = "it passes SIGTERM on, waits two seconds, and kills"
        return Ending(SU_S, BY_SIGNAL + number, why) if number == TERM else never(why)
    if kind in SCANNERS:
        return _scanner(scene, process, number)
    if kind in special.SPECIAL:
        return special.SPECIAL[kind](scene, process, number, end_of)
    behaviour = KNOWN.get(kind, {}).get(number)
    if behaviour is not None:
        return special.known(scene, process, kind, number, behaviour)
    return pythonsource.ending(process, number) if kind == "python" else None


def _wrapper(scene: Scene, process: Process, number: int) -> Ending:
    """Return how an init ends: as what it started does."""
    child = scene.main(process)
    name = title(process)
    if child is None:
        return Ending(INSTANT_S, BY_SIGNAL + number, f"`{name}` has nobody to pass it on to")
    options = own_options(process)
    passed = _rewritten(options, number) if name == "dumb-init" else number
    if passed is None:
        return never(f"`{name}` keeps {signal_name(number)} for itself")
    group = passes_to_group(process)
    whom = f"`{title(child)}`" + (" and its whole group" if group else "")
    found = reaction(scene, child, passed, all_told=group)
    if name.startswith("tini") and str(found.status) in _values(options, "-e"):
        found = found.replace(status=0)
    return found.told(f"`{name}` passes {signal_name(passed)} on to {whom}")


def passes_to_group(process: Process) -> bool:
    """Tell whether an init signals the process group of what it started."""
    options = own_options(process)
    if process.program == "dumb-init":
        single = "-c" in options or "--single-child" in options
        return not single and process.variable("DUMB_INIT_SETSID") != "0"
    if process.program.startswith(("tini", "docker-init")):
        letters = "".join(word[1:] for word in options if word.startswith("-"))
        return "g" in letters or bool(process.variable("TINI_KILL_PROCESS_GROUP"))
    return process.program == "timeout" and "--foreground" not in options


def own_options(process: Process) -> list[str]:
    """Return an init's own options and their values: what stands before the command."""
    found: list[str] = []
    for word in process.argv[1:]:
        takes = bool(found) and found[-1] in VALUED
        if word == "--" or not (takes or word.startswith("-")):
            break
        found.append(word)
    return found


def _values(options: list[str], letter: str) -> list[str]:
    """Return what an option was given, apart or together with its letter."""
    apart = [value for name, value in pairwise(options) if name == letter]
    return apart + [word[2:] for word in options if word.startswith(letter) and word[2:]]


def _rewritten(options: list[str], number: int) -> int | None:
    """Return what dumb-init makes of a signal; None when it keeps it."""
    for said in _values(options, "-r") + _values(options, "--rewrite"):
        before, _, after = said.lstrip("=").partition(":")
        if before == str(number):
            return int(after) or None
    return number


def _scanner(scene: Scene, process: Process, number: int) -> Ending:
    """Return how s6 ends: when all that it supervises has."""
    found = last([reaction(scene, child, number) for child in scene.tree.children(process)])
    if found is None:
        return Ending(INSTANT_S, 0, "it has nothing to wait for")
    return found.replace(status=0).told("it tells all that it runs, and waits")
