"""What `docker stop` will come to: how long, which code, why, and what to do about it."""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record
from supervisor.core.signalnames import name as signal_name
from supervisor.ops.disposition import BLOCKED, DROPPED, HELD, IGNORED, disposition
from supervisor.ops.ending import BY_SIGNAL, Ending
from supervisor.ops.ends import ends
from supervisor.ops.process import Process
from supervisor.ops.programs import program
from supervisor.ops.scene import Scene

KILL: Final = 9
ENGINE_S: Final = 0.03  # between the command and the signal, and back
KILLING_S: Final = 0.06


class Forecast(Record):
    """The stop as it would go now. `killed`: the grace period is too short for it.

    `unsure`: what would have to be known; empty when nothing is guessed. `cut`: who is killed
    with PID 1 without having ended by itself.
    """

    signal: int
    grace_s: float
    seconds: float
    give_or_take_s: float
    code: int
    killed: bool
    why: str
    unsure: str
    todo: str
    cut: tuple[int, ...] = ()
    stop: str = "docker stop"

    @property
    def sentence(self) -> str:
        """Say it in one sentence."""
        how = "will" if not self.unsure else "will probably"
        about = f"about {self.seconds:.1f} s" if self.seconds >= 0.1 else "no time"
        return f"{self.stop} {how} take {about} and end in {self.code}, because {self.why}."


def forecast(scene: Scene) -> Forecast:
    """Foretell what a stop would do to what we see now."""
    first = scene.tree.first
    found = ends(scene, first, scene.signal)
    killed = found.after_s is None or found.after_s >= scene.grace_s
    if killed:
        seconds, code = scene.grace_s + KILLING_S, BY_SIGNAL + KILL
    else:
        seconds, code = found.after_s or 0.0, found.status
    return Forecast(
        signal=scene.signal,
        grace_s=scene.grace_s,
        seconds=round(seconds + ENGINE_S, 3),
        give_or_take_s=0.0 if killed else found.give_or_take_s,
        code=code,
        killed=killed,
        why=found.why,
        unsure=found.unsure,
        todo=_todo(scene, first, found, killed=killed),
        cut=() if killed or first.inner != 1 else _cut(scene),
        stop=scene.stop,
    )


def _cut(scene: Scene) -> tuple[int, ...]:
    """Return who would not have ended when PID 1 does: a shell's children, mostly."""
    process: Process | None = scene.tree.first
    while process is not None and (child := scene.main(process)) is not None:
        if program(process) == "shell":
            return tuple(p.pid for p in scene.tree.processes if _below(scene, p, process))
        process = child if len(scene.tree.children(process)) == 1 else None
    return ()


def _below(scene: Scene, process: Process, top: Process) -> bool:
    parents = {p.pid: p.ppid for p in scene.tree.processes}
    at = process.ppid
    while at in parents:
        if at == top.pid:
            return True
        at = parents[at]
    return False


def _todo(scene: Scene, first: Process, found: Ending, *, killed: bool) -> str:
    """Return what would make the stop a good one; empty when it is."""
    if first.inner != 1:
        return ""
    kind, signal = program(first), signal_name(scene.signal)
    what = disposition(first, scene.signal)
    if kind == "shell" and (killed or scene.tree.children(first)):
        return "Put `exec` before the last command, or use the JSON form of CMD and ENTRYPOINT."
    if not killed:
        return ""
    if what == HELD:
        return "Look why it does not run: a debugger, a frozen mount, a SIGSTOP."
    if any(p.program.startswith("uwsgi") for p in scene.tree.processes):
        return (
            "Set `hook-master-start = unix_signal:15 gracefully_kill_them_all`, or use gracekeeper."
        )
    if what in (DROPPED, IGNORED, BLOCKED):
        return f"Handle {signal} in `{first.program}`, or start it below an init: gracekeeper run."
    if found.after_s is not None:
        return f"Give it more than {found.after_s:.1f} s: --stop-timeout, stop_grace_period."
    return f"Make the program end at {signal}, or set the STOPSIGNAL that it ends at."
