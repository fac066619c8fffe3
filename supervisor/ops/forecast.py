"""What `docker stop` will come to: how long, which code, why, and what to do about it."""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record
from supervisor.core.signalnames import name as signal_name
from supervisor.ops.disposition import BLOCKED, DROPPED, HELD, IGNORED, disposition
from supervisor.ops.ending import BY_SIGNAL, Ending
from supervisor.ops.process import Process
from supervisor.ops.programs import program
from supervisor.ops.reaction import reaction
from supervisor.ops.scene import Scene
from supervisor.ops.shellscript import parse

KILL: Final = 9
ENGINE_S: Final = 0.03  # between the command and the signal, and back
KILLING_S: Final = 0.06
BEGINS: Final = (
    "A stop is lost that comes before the `exec` at the script's end: put `trap 'exit 143' TERM`"
    " at its beginning."
)
EXEC: Final = "Put `exec` before the last command, or use the JSON form of CMD and ENTRYPOINT."


class Forecast(Record):
    """The stop as it would go now. `killed`: the grace period is too short for it.

    `unsure`: what would have to be known; empty when nothing is guessed. `timed`: its time is more
    than a guess. `cut`: who is killed with PID 1 without having ended by itself.
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
    timed: bool = True

    @property
    def sentence(self) -> str:
        """Say it in one sentence."""
        how = "will" if not self.unsure else "will probably"
        if not self.timed:
            late = f"or in {BY_SIGNAL + KILL} after {self.grace_s:g} s"
            end = f"end in {self.code} after a time that is not known, {late}"
            return f"{self.stop} {how} {end}, because {self.why}."
        about = f"about {self.seconds:.1f} s" if self.seconds >= 0.1 else "no time"
        return f"{self.stop} {how} take {about} and end in {self.code}, because {self.why}."


def forecast(scene: Scene) -> Forecast:
    """Foretell what a stop would do to what we see now."""
    first = scene.tree.first
    found = reaction(scene, first, scene.signal)
    killed = found.after_s is None or found.after_s >= scene.grace_s
    if killed:
        seconds, code = scene.grace_s + KILLING_S, BY_SIGNAL + KILL
    else:
        seconds, code = found.after_s or 0.0, found.status
    cut = () if killed or first.inner != 1 else _cut(scene, found)
    return Forecast(
        signal=scene.signal,
        grace_s=scene.grace_s,
        seconds=round(seconds + ENGINE_S, 3),
        give_or_take_s=0.0 if killed else found.give_or_take_s,
        code=code,
        killed=killed,
        why=found.why,
        unsure=found.unsure,
        todo=_todo(scene, found, cut, killed=killed),
        cut=cut,
        stop=scene.stop,
        timed=killed or found.timed,
    )


def _begins(shell: Process) -> bool:
    """Tell whether a script is still on its way to the `exec` that it ends with."""
    last = parse(shell.text).commands[-1:] if shell.text else ()
    return any(one.name == "exec" and one.words[1:] and not one.inner for one in last)


def _cut(scene: Scene, found: Ending) -> tuple[int, ...]:
    """Return who would not have ended when PID 1 does: a shell's children, mostly."""
    left = [one for one in scene.tree.processes if one.pid in found.left]
    below = {each.pid for one in left for each in (one, *scene.tree.below(one))}
    return tuple(one.pid for one in scene.tree.processes if one.pid in below)


def _todo(scene: Scene, found: Ending, cut: tuple[int, ...], *, killed: bool) -> str:
    """Return what would make the stop a good one; empty when it is."""
    first = scene.tree.first
    if first.inner != 1:
        return ""
    if not killed:
        return EXEC if cut else ""
    who = next((one for one in scene.tree.processes if one.pid == found.who), first)
    signal, what = signal_name(found.signal), disposition(who, found.signal)
    if program(who) == "shell":
        return BEGINS if _begins(who) else EXEC
    if what == HELD:
        return "Look why it does not run: a debugger, a frozen mount, a SIGSTOP."
    if what == DROPPED:
        return f"Handle {signal} in `{who.program}`, or start it below an init: gracekeeper run."
    if what in (IGNORED, BLOCKED):
        return f"Handle {signal} in `{who.program}`, where it is {what} now."
    if program(who) == "uwsgi":
        return (
            "Set `hook-master-start = unix_signal:15 gracefully_kill_them_all`, or use gracekeeper."
        )
    if found.after_s is not None:
        return f"Give it more than {found.after_s:.1f} s: --stop-timeout, stop_grace_period."
    return f"Make the program end at {signal}, or set the STOPSIGNAL that it ends at."
