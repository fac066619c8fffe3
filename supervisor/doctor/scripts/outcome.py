"""What a stop comes to in a shell script: walked through from its start to its end, by rules.

No shell is run: the script goes on to where it would be while its application serves, there it
gets the signal, and goes on to its end. Each rule was measured; table 2 of the catalogue is the
test. The application is one that finishes its work at SIGTERM and then ends with 0.
"""

from __future__ import annotations

from typing import Final

from supervisor.core.signalnames import number as signal_number
from supervisor.doctor.commands.role import ARGS, IDLE, SERVER, UNKNOWN, role
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.knowledge import shells
from supervisor.doctor.reading.shellnodes import (
    AndOr,
    Case,
    Group,
    If,
    Loop,
    Pipeline,
    Simple,
    Statement,
    Subshell,
    Unknown,
    walk,
)
from supervisor.doctor.scripts import handler as doing
from supervisor.doctor.scripts.ends import DRAINS, FIFO, GRACE, NOW, Asked, Outcome, exit_code
from supervisor.doctor.scripts.shellfacts import Run, ShellFacts, Trap
from supervisor.doctor.scripts.stopping import tells

KILLED, BY_SIGNAL, SEGFAULT = 137, 128, 139
DEEPEST: Final = 12
MOST: Final = 4000  # statements: functions that call each other are many


class _EndedError(Exception):
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.why)
        self.outcome = outcome


def outcome_of(
    facts: ShellFacts,
    shell: str,
    *,
    run: Run | None = None,
    pid1: bool = True,
    all_told: bool = False,
    signal: str = "TERM",
) -> Outcome:
    """Return what a stop signal comes to.

    `run`: the command that serves, where the script has several; `pid1`: default actions are off;
    `all_told`: everybody in the group gets the signal.
    """
    walked = _Script(facts, shell, run, Asked(signal, pid1, all_told))
    try:
        walked.body(facts.script.body, 0)
    except _EndedError as ended:
        return ended.outcome
    return walked.end()


class _Script:
    """One run of a script, in mind."""

    def __init__(self, facts: ShellFacts, shell: str, run: Run | None, asked: Asked) -> None:
        """Begin: nothing is running, and no signal has come."""
        self.facts, self.shell, self.run = facts, shell, run
        self.pid1, self.told, self.asked = asked.pid1, asked.all_told, asked.signal
        self.by = BY_SIGNAL + (signal_number(asked.signal) or 15)
        self.errexit = facts.errexit
        self.traps = {id(trap.statement): trap for trap in facts.traps}
        self.functions = facts.script.functions
        self.term: Trap | None = None
        self.at_exit: Trap | None = None
        self.jobs, self.left = 0, MOST
        self._apps: dict[str, bool] = {}
        self.heard = self.drained = self.reset = False
        self.status, self.sends, self.own = 0, "", False

    def over(self, code: int | None, why: str) -> _EndedError:
        """End now, or when the application has ended if it was waited for."""
        ends = DRAINS if self.drained else NOW
        return _EndedError(Outcome(ends, code, self.drained, why, self.own, self.sends))

    def killed(self, why: str) -> _EndedError:
        """Last until the grace period is over."""
        return _EndedError(Outcome(GRACE, KILLED, False, why))

    def end(self) -> Outcome:
        """Reach the end of the script."""
        if not self.heard:
            return Outcome(NOW, None, None, "it has nothing that serves")
        why = "it waits for its children" if self.drained else "the script ends, children are cut"
        return self.over(self.status, why).outcome

    def body(self, statements: tuple[Statement, ...], depth: int, *, loops: bool = False) -> None:
        """Run statements in order."""
        for one in statements if depth < DEEPEST else ():
            self.statement(one, depth, loops=loops)

    def statement(self, one: Statement, depth: int, *, loops: bool, guarded: bool = False) -> None:
        """Run one."""
        self.left -= 1
        if self.left < 0:
            raise _EndedError(Outcome(NOW, None, None, "it is too long to be followed"))
        if one.background:
            self.jobs += self.serves(one)
            return
        match one:
            case Simple():
                self.simple(one, depth, loops=loops, guarded=guarded)
            case AndOr():
                for at, part in enumerate(one.parts):
                    before = one.operators[at - 1] if at else "&&"
                    if before == "&&" or self.status:
                        self.statement(part, depth, loops=loops, guarded=at < len(one.operators))
            case Pipeline() | Subshell():
                if self.serves(one):
                    self.foreground("the shell stays in front of it")
            case Group() | Unknown():
                self.body(one.body, depth, loops=loops)
            case If() | Case():
                self.body(self.way(one), depth, loops=loops)
            case Loop():
                self.loop(one, depth)

    def loop(self, one: Loop, depth: int) -> None:
        """Run a loop once, and once more when the signal has come while it ran."""
        before = self.heard
        self.body(one.body, depth, loops=True)
        if self.heard and not before and (self.jobs or one.endless):
            self.body(one.body, depth, loops=True)
        if one.endless and not self.heard:
            self.signal("a loop")
        if one.endless:
            raise self.killed("its loop goes on")

    def way(self, one: If | Case) -> tuple[Statement, ...]:
        """Return the branch that serves."""
        if isinstance(one, If):
            bodies = [branch.body for branch in one.branches]
            bodies += [one.otherwise] if one.otherwise else []
        else:
            bodies = [choice.body for choice in one.choices]
        main = self.run.statement if self.run else None
        for body in bodies:
            if main is not None and any(each is main for each in walk(body)):
                return body
        serving = [body for body in bodies if any(map(self.serves, body))]
        stays = (body for body in serving if not _execs(body))
        return next(stays, serving[0] if serving else ())

    def serves(self, one: Statement) -> bool:
        """Tell whether there is an application in it."""
        return any(isinstance(each, Simple) and self.is_app(each) for each in walk((one,)))

    def is_app(self, one: Simple) -> bool:
        """Tell whether a command is one of those that the script is there for."""
        words = argv_of(one).words
        if any(run.statement is one for run in self.facts.runs):
            return True
        called = self.functions.get(words[0]) if words else None
        if called is not None:
            if called.name not in self._apps:
                self._apps[called.name] = False  # as long as it only calls itself
                self._apps[called.name] = any(map(self.serves, called.body))
            return self._apps[called.name]
        return bool(words) and one.background and role(words) in (SERVER, ARGS, IDLE, UNKNOWN)

    def simple(self, one: Simple, depth: int, *, loops: bool, guarded: bool) -> None:
        """Run a simple command."""
        argv = argv_of(one)
        name = argv.words[0] if argv.words else ""
        called = self.functions.get(name)
        if called is not None:
            self.body(called.body, depth + 1, loops=loops)
        elif name in (".", "source") and argv.words[1:]:
            sourced = self.facts.sourced.get(argv.words[1])
            if sourced is not None:
                self.functions = {**self.functions, **sourced.functions}
                self.body(sourced.body, depth + 4, loops=loops)
        elif name == "trap":
            self.trap(self.traps.get(id(one)), argv.words)
        elif name == "wait":
            self.wait(guarded=guarded or loops)
        elif name == "exit":
            said = argv.words[1] if argv.words[1:] else ""
            raise self.over(exit_code(said, self.status), "it exits")
        elif name == "fg" and self.jobs:
            self.foreground("the shell stays in front of it")
        elif argv.execs and argv.words:
            self.exec()
        elif self.is_app(one) and not self.heard:
            self.foreground("the shell stays in front of it")
        elif name not in ("kill", "return") and name:
            self.status = 0

    def trap(self, trap: Trap | None, words: tuple[str, ...]) -> None:
        """Install a trap; dash takes no name that begins with SIG."""
        if trap is None or (trap.prefixed and self.shell == shells.DASH):
            return
        takes_back = words[1:2] == ("-",) or len(words) == 2
        if trap.on(self.asked):
            self.term = None if takes_back else trap
        if trap.on("EXIT"):
            self.at_exit = None if takes_back else trap
        self.status = 0

    def exec(self) -> None:
        """Become a program: traps are gone, what is ignored stays so."""
        if self.jobs and not self.heard and self.is_idle():
            self.foreground("what keeps it alive does not end")
        if self.term is not None and self.term.ignores:
            raise self.killed(f"SIG{self.asked} is ignored, and a program inherits that")
        why = "the program takes the shell's place"
        raise _EndedError(Outcome(DRAINS, 0, True, why, own_code=True))

    def is_idle(self) -> bool:
        """Tell whether what is exec-ed only keeps the container alive."""
        found = [run for run in self.facts.runs if run.execs]
        return bool(found) and found[-1].role == IDLE

    def foreground(self, why: str) -> None:
        """Get the signal while a command runs in the foreground."""
        if self.term is None:
            bash_leaves = self.at_exit is not None and self.shell == shells.BASH
            if not self.pid1 or bash_leaves:
                raise self.over(self.by, f"{why}; the shell ends, and nobody tells it")
        if not self.told:
            late = ", and its trap has to wait" if self.term else ""
            raise self.killed(f"{why} and does not pass the signal on{late}")
        if self.term is None or self.term.ignores:
            raise _EndedError(Outcome(DRAINS, 0, True, "everybody is told", own_code=True))
        self.drained, self.jobs = True, 0
        self.handle(self.term)

    def wait(self, *, guarded: bool) -> None:
        """Wait: for the signal first, for what was told afterwards."""
        if not self.jobs:
            return
        if not self.heard:
            self.signal("wait")
            self.status = self.by
            if self.errexit and not guarded:
                raise self.over(self.by, f"`wait` returns {self.by}, and `set -e` leaves")
            return
        if not self.told:
            raise self.killed("it waits for children that nobody told")
        self.jobs, self.drained, self.status, self.own = 0, True, 0, True

    def signal(self, why: str) -> None:
        """Get the signal where traps run at once."""
        if self.term is None:
            if self.at_exit is not None and self.shell == shells.BASH:
                raise self.over(self.by, "bash runs its EXIT trap and ends")
            if not self.pid1:
                raise self.over(self.by, "the shell ends, its children are cut")
            raise self.killed(f"PID 1 has no trap, and {why} goes on")
        if self.term.ignores:
            raise self.killed(f"SIG{self.asked} is ignored")
        self.handle(self.term)

    def handle(self, trap: Trap) -> None:
        """Run a trap."""
        self.heard = True
        status = self.by
        if trap.handler and not trap.handler.tells and tells(trap, self.facts):
            self.told, self.sends = True, FIFO
        for deed in trap.handler.deeds if trap.handler else ():
            if deed.kind == doing.EXIT:
                raise self.over(exit_code(deed.value, status), "its trap exits")
            self.deed(deed)

    def deed(self, deed: doing.Deed) -> None:
        """Do one thing of a trap."""
        if deed.kind == doing.RESET:
            self.reset = True
        elif deed.kind == doing.KILL_ALL and not self.reset:
            code = SEGFAULT if self.shell in (shells.BASH, shells.OLD_BASH) else None
            raise self.over(code, "`kill 0` signals the shell itself, again and again")
        elif deed.kind in (doing.KILL, doing.KILL_ALL, doing.PKILL):
            # What `&` started ignores INT and QUIT.
            value = deed.value if deed.kind != doing.PKILL else "TERM"
            self.told = self.told or value not in ("INT", "QUIT")
            self.sends = self.sends or value
        elif deed.kind == doing.WAIT and self.jobs:
            if not self.told:
                raise self.killed("its trap waits for children that nobody told")
            self.jobs, self.drained = 0, True


def _execs(body: tuple[Statement, ...]) -> bool:
    return any(isinstance(one, Simple) and argv_of(one).execs for one in walk(body))
