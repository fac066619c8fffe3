"""The chain from PID 1 down to the program that does the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from supervisor.core.record import Record
from supervisor.doctor.commands.role import ARGS, SERVER, for_desk, role
from supervisor.doctor.commands.wrapping import base, program_of
from supervisor.doctor.finding import Place
from supervisor.doctor.knowledge.wrappers import (
    EXECS,
    KILLS,
    SWALLOWS,
)
from supervisor.doctor.scripts.shellfacts import (
    BACKGROUND,
    EXEC,
    Run,
    ShellFacts,
)
from supervisor.doctor.scripts.shellwalk import facts_of

if TYPE_CHECKING:
    from supervisor.doctor.reading.shellnodes import Script
    from supervisor.doctor.reading.source import Source

INIT, SHELL, SCRIPT, WRAPPER, PROGRAM, UNKNOWN = KINDS = (
    *("init", "shell", "script", "wrapper", "program", "unknown"),
)
FIRST: Final = "first"
HANDLES: Final = "handles"


class Link(Record):
    """One program of the chain.

    `how`     how the one above started it: FIRST (by the platform), EXEC (in its place),
              FOREGROUND, BACKGROUND, PIPELINE, SUBSHELL
    `does`    what becomes of a stop signal here: EXECS (it is gone), FORWARDS, GROUP, SWALLOWS,
              KILLS (TERM, 2 s, KILL), CHANGES, HANDLES (a trap: see `facts`), UNKNOWN; of the
              last link: empty
    `shell`   of SHELL and SCRIPT: which one, see knowledge/shells.py
    `facts`   of SHELL and SCRIPT: what it does; None if it can't be read
    `run`     the command of the script above that starts this one
    `source`  of SCRIPT: the file; of a PROGRAM in Python: its file, if it is in the tree
    """

    kind: str
    name: str
    argv: tuple[str, ...]
    place: Place
    how: str = FIRST
    does: str = ""
    shell: str = ""
    facts: ShellFacts | None = None
    run: Run | None = None
    source: Source | None = None

    @property
    def stays(self) -> bool:
        """Tell whether it is a process of its own while the service runs."""
        return self.does != EXECS


class Chain(Record):
    """All links, PID 1's first; never empty."""

    links: tuple[Link, ...]

    @property
    def main(self) -> Link:
        """Return the program at the end; its kind is UNKNOWN if nobody can tell."""
        return self.links[-1]

    @property
    def sure(self) -> bool:
        """Tell whether every link is known."""
        return all(UNKNOWN not in (link.kind, link.does) for link in self.links)

    @property
    def processes(self) -> tuple[Link, ...]:
        """Return the links that are there while it runs: PID 1 first."""
        return tuple(link for link in self.links if link.stays)

    @property
    def blocked(self) -> Link | None:
        """Return the first link that keeps the stop signal from the program below."""
        return next((one for one in self.links[:-1] if one.does in (SWALLOWS, KILLS)), None)

    @property
    def init(self) -> Link | None:
        """Return the init, if there is one at all."""
        return next((link for link in self.links if link.kind == INIT), None)

    @property
    def started_by_init(self) -> tuple[Link, ...]:
        """Return the processes below the init, its own child first."""
        if self.init is None:
            return ()
        return tuple(one for one in self.links[self.links.index(self.init) + 1 :] if one.stays)

    @property
    def program(self) -> str:
        """Return the main program's name: "uwsgi"; of `python x.py` "x.py"; empty if unknown."""
        return self.main.name if self.main.kind == PROGRAM else ""

    def all(self, kind: str) -> tuple[Link, ...]:
        """Return the links of a kind."""
        return tuple(link for link in self.links if link.kind == kind)


class Around(Protocol):
    """What following a chain needs to know of its surroundings."""

    sh: str
    env: dict[str, str]
    key: object  # what facts depend on beside the script
    memory: dict[object, ShellFacts]

    def file(self, path: str) -> Source | None:
        """Return a file of the tree by its path inside."""

    def script(self, source: Source) -> Script | None:
        """Parse a shell script."""

    def line(self, text: str, place: Place) -> Script | None:
        """Parse what a shell is given behind `-c`."""

    def npm(self, name: str) -> tuple[str, Place] | None:
        """Return a script of package.json."""

    def entry(self, path: str) -> bool:
        """Tell whether it is a well-known image's entrypoint, which becomes its arguments."""

    def shell_of(self, program: str) -> str:
        """Return which shell a program is."""


def main_run(facts: ShellFacts, args: tuple[str, ...]) -> Run | None:
    """Return the command that a script is about, given its arguments."""
    mains = facts.mains
    if args and args[0].startswith("-"):  # `if [ "${1#-}" != "$1" ]; then set -- uwsgi "$@"; fi`
        before = [run for run in mains if run.role == SERVER and _takes(run)]
        if before:
            return before[-1]
    if args:
        given = [run for run in mains if run.role == ARGS]
        if given:
            return given[-1]
    serving = [run for run in mains if run.role == SERVER]
    last = [run for run in mains if run.last and run.role != ARGS]
    front = [run for run in serving if run.how != BACKGROUND]
    found = front or serving or last or list(mains)
    others = [run for run in found if run.path and not for_desk(run.argv)]
    if found and found[-1].path and for_desk(found[-1].argv) and others:
        return others[-1]  # an image is for production, whatever else its script can do
    return found[-1] if found else None


def _takes(run: Run) -> bool:
    """Tell whether a program is given the script's arguments behind its own."""
    return any(role((word,)) == ARGS for word in run.argv[1:])


def given(argv: tuple[str, ...], args: tuple[str, ...]) -> tuple[str, ...]:
    """Put a script's arguments in the place of "$@"."""
    out: list[str] = []
    for word in argv:
        if role((word,)) == ARGS:
            out.extend(args)
        elif word in ("$1", "${1}") and args:
            out.append(args[0])
        else:
            out.append(word)
    return tuple(out)


def script_does(facts: ShellFacts, run: Run | None) -> str:
    """Say what a script does with a stop signal while `run` is running."""
    if run is None:
        return UNKNOWN
    if run.how == EXEC:
        return EXECS
    trap = facts.term_trap
    if trap is not None and run.how == BACKGROUND:
        known = trap.handler is not None and trap.handler.known
        return HANDLES if known else UNKNOWN
    return SWALLOWS


def facts_for(script: Script, around: Around) -> ShellFacts:
    """Look through a script; files that it sources are looked for in the tree."""
    memory, key = around.memory, (id(script), around.key)
    if key in memory and memory[key].script is script:
        return memory[key]

    def sourced(path: str) -> Script | None:
        name = base(path) if "$" in path else path  # `. "$(dirname "$0")/lib.sh"`
        source = around.file(name) if "$" not in name else None
        return around.script(source) if source else None

    memory[key] = facts_of(script, sourced, around.env)
    return memory[key]


def plain(argv: tuple[str, ...], place: Place, how: str, run: Run | None, around: Around) -> Link:
    """Return the link of a program that is no shell and no wrapper."""
    name, _ = program_of(argv)
    if not name or name.startswith("$") or "$(" in name:
        return Link(UNKNOWN, name, argv, place, how, UNKNOWN, run=run)
    script = name if name.endswith(".py") else ""
    if script:
        script = next(word for word in argv if base(word) == name)
    source = around.file(script) if script else None
    return Link(PROGRAM, name, argv, place, how, run=run, source=source)
