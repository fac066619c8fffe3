"""What a shell script does as PID 1: which programs it starts and how, its traps and its waits.

Nothing is decided and nothing is run: both ways of an `if` count. Functions are looked into where
they are called, and so are sourced files that are in the tree.
"""

from __future__ import annotations

from supervisor.core.record import Record
from supervisor.doctor.commands.role import ARGS, IDLE, SERVER
from supervisor.doctor.finding import Place
from supervisor.doctor.reading.shellnodes import (
    Script,
    Simple,
)
from supervisor.doctor.scripts.handler import Handler

EXEC, FOREGROUND, BACKGROUND, PIPELINE, SUBSHELL = HOW = (
    *("exec", "foreground", "background", "pipeline", "subshell"),
)


class Run(Record):
    """A program that a script starts, and that is not known to end by itself.

    `argv`    without `exec`; what is expanded stands as it is written: "$@", "$PORT"
    `how`     EXEC: in the shell's place; else what the shell does meanwhile
    `execs`   `exec` is written; with another `how` it has no effect on PID 1
    `role`    see role.py: SERVER, ARGS ("$@"), IDLE, UNKNOWN
    `last`    the script ends with it, on its own path
    `path`    the conditions around it: ("if", "case prod", "start()")
    `looped`  it is started again when it ends, for ever
    `env`     options that the script gives it by variables: UWSGI_MASTER
    """

    argv: tuple[str, ...]
    place: Place
    statement: Simple
    how: str
    execs: bool
    role: str
    last: bool = False
    path: tuple[str, ...] = ()
    looped: bool = False
    env: tuple[tuple[str, str], ...] = ()

    @property
    def main(self) -> bool:
        """Tell whether it is what the script is there for, on its path."""
        return self.role in (SERVER, ARGS, IDLE) or self.last or self.how == EXEC


class Trap(Record):
    """A trap. `signals`: without SIG, EXIT for 0; `prefixed`: written with SIG; `handler`: what
    it does, None for `trap - X` and `trap '' X` (`ignores`)."""

    place: Place
    signals: tuple[str, ...]
    handler: Handler | None
    ignores: bool = False
    prefixed: bool = False
    statement: Simple | None = None

    def on(self, *names: str) -> bool:
        """Tell whether it is for one of these signals."""
        return bool(set(names) & set(self.signals))


class Wait(Record):
    """A `wait`. `any`: `wait -n`; `guarded`: its status can't end the script (`||`, `if`)."""

    place: Place
    looped: bool = False
    any: bool = False
    guarded: bool = False


class ShellFacts(Record):
    """All of it, in the order in which it is met."""

    script: Script
    runs: tuple[Run, ...] = ()
    traps: tuple[Trap, ...] = ()
    waits: tuple[Wait, ...] = ()
    ending: tuple[tuple[Place, tuple[str, ...]], ...] = ()  # commands that end by themselves
    errexit: bool = False
    monitor: bool = False  # set -m
    whole: bool = True  # all of it was understood
    sourced: dict[str, Script] = {}  # noqa: RUF012 - a record's default is never changed

    @property
    def mains(self) -> tuple[Run, ...]:
        """Return what the script is there for."""
        return tuple(run for run in self.runs if run.main)

    @property
    def term_trap(self) -> Trap | None:
        """Return the last trap that does something at TERM, or at a signal that stands for it."""
        found = [trap for trap in self.traps if trap.handler and trap.on("TERM")]
        return found[-1] if found else None

    @property
    def gives_way(self) -> bool:
        """Tell whether what is in front takes the shell's place, and its traps with it."""
        front = [run for run in self.mains if run.how != BACKGROUND]
        return bool(front) and all(run.how == EXEC for run in front) and not self.waits

    @property
    def execs_always(self) -> bool:
        """Tell whether every path ends with a program in the shell's place."""
        return bool(self.mains) and all(run.how == EXEC for run in self.mains)
