"""Programs whose end depends on how they were set up, or on what they run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from supervisor.config import quantities
from supervisor.config.mistakes import UnfitError
from supervisor.core.signalnames import name as signal_name
from supervisor.core.signalnames import number as signal_number
from supervisor.ops.behaviour import GTHREAD_LUCK_S, GTHREAD_S, WRAPPERS, Behaviour
from supervisor.ops.disposition import HELD, disposition, told
from supervisor.ops.ending import BY_SIGNAL, INSTANT_S, Ending, last, never
from supervisor.ops.process import Process
from supervisor.ops.scene import Scene

HUP, INT, QUIT, TERM = 1, 2, 3, 15
EndOf = Callable[[Process, int], Ending]
GRACEFULLY = "gracefully_kill_them_all"
GRACEFUL_TIMEOUT_S = 30.0  # of gunicorn
UWSGI_S, UWSGI_NO_MASTER = 1.08, 30
KEEPERS: Final = ("run", "tini", "dumb-init")
OWN_GRACE_S, RESERVE_S = 10.0, 1.0  # of `gracekeeper run`
POLL_S, STOP_WAIT_S = 1.0, 10.0  # of supervisord
RERAISES: Final = (0, 29)  # uvicorn
NODE = re.compile(r"""\.(?:on|once)\(\s*['"`](SIG[A-Z]+)['"`]""")
NODE_DELAY = re.compile(r"[\s;})]*,\s*(\d+)\s*\)")  # of a setTimeout, behind what it does
NODE_WAITS = re.compile(r"\bawait\b|setTimeout\(|\.(?:close|end|then|quit|disconnect|finally)\(")
NODE_EXIT = re.compile(r"process\.exit\(\s*(\d+)?\s*\)")


def known(scene: Scene, process: Process, kind: str, number: int, behaviour: Behaviour) -> Ending:
    """Return what the table of behaviours says, corrected by who is inside."""
    after, why, luck = behaviour.after_s, behaviour.why, behaviour.give_or_take_s
    if kind == "gunicorn" and number == TERM and _gthread(process):
        after, luck = after + GTHREAD_S, GTHREAD_LUCK_S
        why += "; gthread workers look every second"
    code = BY_SIGNAL + number if behaviour.code is None else behaviour.code
    unsure = ""
    if kind == "uvicorn" and process.inner != 1:
        code, unsure = _uvicorn_code(process, number)
    found = Ending(after, code, why, luck, unsure)
    if behaviour.clients and scene.connections is not None and scene.connections.connected:
        return never(f"{why}; {scene.connections.connected} are connected")
    most = behaviour.most_s
    if kind == "gunicorn":
        most = _seconds(_after(process, "--graceful-timeout"), GRACEFUL_TIMEOUT_S)
    return drained(scene, process, found, most) if behaviour.drains else found


def drained(scene: Scene, process: Process, found: Ending, most_s: float | None) -> Ending:
    """Return the same with all that runs waited for: a request as long again as it has run."""
    stuck = [p for p in scene.tree.children(process) if disposition(p, TERM) == HELD]
    if stuck:
        why = f"{found.why}; worker {stuck[0].pid} {told(stuck[0], TERM)}"
        if most_s is None:
            return never(why).replace(who=stuck[0].pid, signal=TERM)
        return found.replace(after_s=most_s, why=why)
    inside = scene.connections
    if inside is None:
        return found.replace(unsure=found.unsure or "whether anybody is inside")
    if not inside.running:
        return found
    after = max(found.after_s or 0.0, inside.longest_s)
    unsure = (
        f"how long requests take: {inside.running} run, the oldest for {inside.longest_s:.1f} s"
    )
    return found.replace(after_s=min(after, most_s or after), unsure=unsure)


def _gthread(process: Process) -> bool:
    line = f"{' '.join(process.argv)} "
    threads = re.search(r"--threads[ =](\d+)", line)
    return "gthread" in line or bool(threads and int(threads[1]) > 1)


def _uvicorn_code(process: Process, number: int) -> tuple[int, str]:
    """Return its code below an init: from 0.29 on it raises the signal again at its end."""
    version = process.setting("version")
    if version is None:
        return BY_SIGNAL + number, "its version: before 0.29 it ends with 0"
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return (BY_SIGNAL + number if parts >= RERAISES else 0), ""


def uwsgi(scene: Scene, process: Process, number: int, end_of: EndOf) -> Ending:  # noqa: ARG001
    """Return how uWSGI 2.0 ends."""
    if process.setting("unread") is not None or not process.settings:
        why = process.setting("unread") or "its configuration can't be read"
        return never("it reloads at SIGTERM unless it is told not to", why)
    if process.setting("master") != "true":
        return Ending(INSTANT_S, UWSGI_NO_MASTER, "without a master it ends at once")
    hooks = process.setting("hook-master-start") or ""
    hooked = re.search(rf"unix_signal:\s*{number}\s+(\w+)", hooks)
    if hooked and hooked[1] == GRACEFULLY:
        ending = Ending(UWSGI_S, 0, "its hook lets workers finish, then it ends", 0.1)
        return drained(scene, process, ending, None)
    if number in (INT, QUIT):
        reloads = number == QUIT and process.setting("die-on-term") == "true"
        if not reloads:
            return Ending(UWSGI_S, 0, "it kills its workers and ends", 0.1)
    if number == TERM and process.setting("die-on-term") == "true":
        return Ending(UWSGI_S, 0, "die-on-term: it kills its workers and ends", 0.1)
    if process.setting("exit-on-reload") == "true":
        ending = Ending(UWSGI_S, 0, "exit-on-reload: it ends instead of reloading", 0.1)
        return drained(scene, process, ending, None)
    return never(f"it reloads at {signal_name(number)} instead of ending")


def started_as(process: Process, argv: tuple[str, ...]) -> Process:
    """Return a keeper with what its container was started with: an exec has replaced its own."""
    words = [word.rpartition("/")[2] for word in argv]
    at = next((at for at, word in enumerate(words) if word in KEEPERS), None)
    if at is None:
        return process
    said = [("as", words[at])]
    for name in ("exit-code", "grace", "drain-delay"):
        value = _after(process.replace(argv=argv), f"--{name}")
        said += [(name, value)] if value else []
    return process.replace(settings=(*process.settings, *said))


def gracekeeper(scene: Scene, process: Process, number: int, end_of: EndOf) -> Ending:
    """Return how our own keeper ends: with its service, or before its budget is over."""
    main = scene.main(process)
    if process.setting("as") in WRAPPERS and main is not None:
        return end_of(main, number).told("in an init's place it passes all on")
    said = _said(process, "grace")
    grace, unsure = _seconds(said, OWN_GRACE_S), "" if said else "its own --grace"
    delay = _seconds(_said(process, "drain-delay"), 0.0)
    every = [one for one in scene.tree.processes if one is not process]
    below = every if process is scene.tree.first else scene.tree.below(process)
    found = last([end_of(one, number) for one in below if one.state not in "ZX"])
    masters = [one for one in below if one.program.startswith("uwsgi")]
    if masters:
        found = drained(scene, masters[0], Ending(UWSGI_S, 0, "uWSGI is told to quit", 0.2), None)
    if found is None:
        return Ending(INSTANT_S, BY_SIGNAL + number, "it has nothing to wait for")
    own = end_of(main, number) if main is not None else found
    code = {"child": own.status, "zero": 0}.get(_said(process, "exit-code"), BY_SIGNAL + number)
    at_most = max(grace - RESERVE_S, 0.0)
    if found.after_s is None or found.after_s + delay > at_most:
        why = f"it kills what is left ({found.why})"
        return Ending(at_most + INSTANT_S, code, why, 0.1, unsure)
    # The code is its own, so what is left to be unsure of is the time.
    alone = scene.connections is not None and not scene.connections.running
    doubt = "" if found.timed and alone else found.unsure
    limit = f", and waits for {at_most:g} s at most" if doubt else ""
    found = found.later(delay).replace(status=code, unsure=doubt)
    return found.told(f"it stops its service{limit}")


def supervisord(scene: Scene, process: Process, number: int, end_of: EndOf) -> Ending:
    """Return how supervisord ends: after each program, one by one, with looks every second."""
    if number == HUP:
        return never("it reloads")
    after, slowest = 0.0, ""
    for child in scene.tree.children(process):
        stop, patience = _stop_of(process, child)
        found = end_of(child, stop)
        if found.after_s is None or found.after_s > patience:
            slowest = f"; `{child.program}` is killed after {patience:g} s"
        after += patience if found.after_s is None else min(found.after_s, patience)
    why = f"it stops its programs one after the other, looking every second{slowest}"
    return Ending(after + POLL_S, 0, why, POLL_S + 0.1)


def _stop_of(process: Process, child: Process) -> tuple[int, float]:
    """Return the signal and the patience that supervisord's configuration has for a program."""
    for word in (child.program, child.name, *(a.rpartition("/")[2] for a in child.argv[:2])):
        said = process.setting(f"program {word}")
        if said:
            signal, _, seconds = said.partition(" ")
            return signal_number(signal) or TERM, _seconds(seconds, STOP_WAIT_S)
    return TERM, STOP_WAIT_S


def node(scene: Scene, process: Process, number: int, end_of: EndOf) -> Ending:  # noqa: ARG001
    """Return how Node ends: it catches INT and TERM itself, only to raise them again."""
    text = process.text or ""
    at = next((m.end() for m in NODE.finditer(text) if m[1] == signal_name(number)), None)
    unsure = "" if process.text else "whether its code listens for it"
    if at is not None:
        return _listener(scene, text, at)
    if process.inner == 1:
        why = f"no listener: it raises {signal_name(number)} again, and that is dropped for a PID 1"
        return never(why, unsure)
    return Ending(INSTANT_S, BY_SIGNAL + number, "no listener: it ends", unsure=unsure)


def _listener(scene: Scene, text: str, at: int) -> Ending:
    """Return what a listener that begins there does, as far as that can be read."""
    why = "its own listener ends it"
    code = NODE_EXIT.search(text, at)
    if code is None:
        return Ending(INSTANT_S, 0, why, unsure="what its listener does")
    status = int(code[1] or 0) % 256
    first, delay = text[at : code.start()], NODE_DELAY.match(text, code.end())
    if "setTimeout(" in first and delay:
        return Ending(INSTANT_S + int(delay[1]) / 1000, status, why)
    alone = scene.connections is not None and not scene.connections.connected
    if NODE_WAITS.search(first) and not (alone and ".close(" in first):
        unsure = "how long it takes what its listener waits for"
        return Ending(INSTANT_S, status, why, unsure=unsure, timed=False)
    return Ending(INSTANT_S, status, why)


def _said(process: Process, name: str) -> str:
    """Return an option of `gracekeeper run`, wherever it comes from."""
    variable = process.variable(f"GRACEKEEPER_{name.replace('-', '_').upper()}")
    return process.setting(name) or _after(process, f"--{name}") or variable


def _after(process: Process, option: str) -> str:
    """Return what an option is given on a command line."""
    words = process.argv
    for at, word in enumerate(words):
        if word == "--":
            break
        if word == option:
            return "".join(words[at + 1 : at + 2])
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""


def _seconds(text: str, default: float) -> float:
    try:
        return quantities.seconds(text)
    except UnfitError:
        return default


SPECIAL: Final = {
    "uwsgi": uwsgi,
    "gracekeeper": gracekeeper,
    "supervisord": supervisord,
    "node": node,
}
