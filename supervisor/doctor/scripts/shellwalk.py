"""The walk through a script that finds its facts out (shellfacts.py)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from supervisor.core.record import Record
from supervisor.doctor.commands.role import ENDS, IDLE, SERVER, UNKNOWN, role
from supervisor.doctor.commands.shellargv import Argv, argv_of, shown
from supervisor.doctor.commands.variables import Variables
from supervisor.doctor.finding import Place
from supervisor.doctor.reading.shellnodes import (
    AndOr,
    Case,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Script,
    Simple,
    Statement,
    Subshell,
    Test,
    Unknown,
)
from supervisor.doctor.scripts.shellfacts import (
    BACKGROUND,
    EXEC,
    FOREGROUND,
    PIPELINE,
    SUBSHELL,
    Run,
    ShellFacts,
    Trap,
    Wait,
)
from supervisor.doctor.scripts.trapping import trap_of

DEEPEST: Final = 12  # functions and files inside each other
MOST: Final = 4000  # statements that are looked at, functions each time they are called
OPTIONS: Final = ("UWSGI_", "GUNICORN_CMD_ARGS")  # what a program takes for its options
Sourced = Callable[[str], Script | None]


class _Where(Record):
    """Where a statement stands."""

    how: str = FOREGROUND
    path: tuple[str, ...] = ()
    last: bool = True
    loops: int = 0
    endless: bool = False
    guarded: bool = False
    depth: int = 0


def facts_of(
    script: Script, sourced: Sourced | None = None, environment: dict[str, str] | None = None
) -> ShellFacts:
    """Look through a script."""
    look = _Look(script, sourced or (lambda _path: None), environment or {})
    look.body(script.body, _Where())
    return ShellFacts(
        script,
        tuple(look.runs),
        tuple(look.traps),
        tuple(look.waits),
        tuple(look.ending),
        look.errexit or _errexit(script.shebang.split()[1:]),
        look.monitor,
        look.whole and not script.has_error,
        look.found,
    )


class _Look:
    """One walk through a script."""

    def __init__(self, script: Script, sourced: Sourced, environment: dict[str, str]) -> None:
        """Nothing was met yet."""
        self.functions = dict(script.functions)
        self.variables = Variables(environment)
        self.sourced = sourced
        self.found: dict[str, Script] = {}
        self.runs: list[Run] = []
        self.traps: list[Trap] = []
        self.waits: list[Wait] = []
        self.ending: list[tuple[Place, tuple[str, ...]]] = []
        self.errexit = self.monitor = False
        self.whole = True
        self.each: dict[str, tuple[str, ...]] = {}  # the loops around
        self.left = MOST

    def body(self, statements: tuple[Statement, ...], where: _Where) -> None:
        """Go through statements in order."""
        real = [one for one in statements if not isinstance(one, Function)]
        end = len(real)
        while end > 1 and _says_how_it_ends(real[end - 1]):
            end -= 1
        for at, one in enumerate(real, 1):
            last = where.last and at == end
            self.statement(one, where if where.last == last else where.replace(last=last))
            if _is_the_end(one):
                break

    def statement(self, one: Statement, where: _Where) -> None:
        """Go into one."""
        self.left -= 1
        if self.left < 0 or where.depth > DEEPEST:
            self.whole = False
            return
        if one.background:
            self.variables.aside(lambda: self.inner(one, where.replace(how=BACKGROUND)))
        else:
            self.inner(one, where)

    def inner(self, one: Statement, where: _Where) -> None:
        """Go into one, in front or behind."""
        match one:
            case Simple():
                self.simple(one, where)
            case AndOr():
                self.and_or(one, where)
            case Pipeline():
                self.variables.aside(lambda: self.pipeline(one, where))
            case Subshell():
                how = SUBSHELL if where.how == FOREGROUND else where.how
                self.variables.aside(lambda: self.body(one.body, where.replace(how=how)))
            case Group() | Unknown():
                self.whole = self.whole and not isinstance(one, Unknown)
                self.body(one.body, where)
            case If() | Case():
                self.choice(one, where)
            case Loop():
                self.loop(one, where)

    def and_or(self, one: AndOr, where: _Where) -> None:
        """The last part ends it, and so does one that only a failure goes beyond."""
        sure = self.variables.unset(one)
        end = len(one.parts)
        while end > 1 and _says_how_it_ends(one.parts[end - 1]):
            end -= 1
        for at, part in enumerate(one.parts):
            behind = one.operators[at] if at < len(one.operators) else ""
            over = behind == "||" and not isinstance(part, Test)
            last = where.last and (at >= end - 1 or over)
            inside = where.replace(last=last, guarded=where.guarded or bool(behind))
            if at:
                way = partial(self.statement, part, inside)
                self.variables.each([way], none=not sure)
            else:
                self.statement(part, inside)

    def pipeline(self, one: Pipeline, where: _Where) -> None:
        """Its first part is what it is about; its last, if the first only feeds it."""
        how = PIPELINE if len(one.parts) > 1 and where.how != BACKGROUND else where.how
        first = one.parts[0]
        feeds = isinstance(first, Simple) and role(argv_of(first).words) in (ENDS, IDLE)
        main = len(one.parts) - 1 if feeds else 0
        for at, part in enumerate(one.parts):
            last = where.last and at == main
            self.statement(part, where.replace(how=how, last=last, guarded=one.negated))

    def choice(self, one: If | Case, where: _Where) -> None:
        """Every way of it."""
        ways: list[tuple[tuple[Statement, ...], str]] = []
        if isinstance(one, Case):
            for choice in one.choices:
                name = "|".join(pattern.text for pattern in choice.patterns)
                ways.append((choice.body, f"case {name}"))
            none = all(pattern.text != "*" for each in one.choices for pattern in each.patterns)
        else:
            for branch in one.branches:
                self.body(branch.condition, where.replace(last=False, guarded=True))
            ways += [(branch.body, "if") for branch in one.branches]
            ways += [(one.otherwise, "else")] if one.otherwise is not None else []
            none = one.otherwise is None and not self.variables.unset(one)
        self.variables.each(
            [
                partial(self.body, body, where.replace(path=(*where.path, name)))
                for body, name in ways
            ],
            none=none,
        )

    def loop(self, one: Loop, where: _Where) -> None:
        """A loop without an end is what a script ends with; others are passed."""
        inside = where.replace(
            loops=where.loops + 1,
            last=where.last and one.endless,
            endless=where.endless or one.endless,
            path=(*where.path, one.kind),
        )
        if one.variable:
            self.each[one.variable] = tuple(word.literal or word.text for word in one.items)
        self.body(one.condition, inside.replace(last=False, guarded=True))
        self.variables.each([partial(self.body, one.body, inside)], none=True)
        self.each.pop(one.variable, None)

    def simple(self, one: Simple, where: _Where) -> None:
        """One command, with other words where a variable may have other values."""
        ways = self.variables.ways(one)
        inside = where if len(ways) == 1 else where.replace(path=(*where.path, "if"))
        for argv in ways:
            if argv.words and not self._own(one, argv, where):
                self.command(one, argv, inside)
        self.variables.note(one)

    def command(self, one: Simple, argv: Argv, where: _Where) -> None:
        """One that is no part of the shell."""
        called = self.functions.get(argv.words[0])
        if called is not None and not argv.execs:
            path = (*where.path, f"{argv.words[0]}()")
            self.variables.enter(argv.words[1:])
            self.body(called.body, where.replace(path=path, depth=where.depth + 1))
            self.variables.leave()
            return
        found = role(argv.words)
        if found == IDLE and argv.words == ("cat",) and (one.redirects or where.how == PIPELINE):
            found = ENDS  # it has something to read
        if found == ENDS and not argv.execs:
            self.ending.append((one.place, argv.words))
            return
        if found == UNKNOWN and not (argv.execs or where.last or where.how == BACKGROUND):
            self.ending.append((one.place, argv.words))
            return
        if where.guarded and not where.last and not argv.execs and found != SERVER:
            return  # a condition
        how = EXEC if argv.execs and where.how == FOREGROUND else where.how
        looped = where.endless
        env = self.variables.exported(one, OPTIONS)
        run = Run(
            argv.words, one.place, one, how, argv.execs, found, where.last, where.path, looped
        )
        self.runs.append(run.replace(env=env) if env else run)

    def _own(self, one: Simple, argv: Argv, where: _Where) -> bool:
        """Take in what the shell does itself."""
        name, *rest = argv.words
        if name == "trap":
            found = trap_of(one, tuple(rest), self.functions, self.each)
            self.traps += [found] if found else []
        elif name == "wait":
            self.waits.append(Wait(one.place, bool(where.loops), "-n" in rest, where.guarded))
        elif name == "set":
            self.errexit = self.errexit or _errexit(rest)
            self.monitor = self.monitor or "-m" in rest or "monitor" in rest
        elif name == "fg":
            self._foreground(one)
        elif name in (".", "source") and rest:
            self._source(rest[0], shown(one.words[1]), where)
        else:
            return False
        return True

    def _foreground(self, one: Simple) -> None:
        """`fg` brings back what was started last."""
        behind = [at for at, run in enumerate(self.runs) if run.how == BACKGROUND]
        if behind:
            run = self.runs[behind[-1]]
            self.runs[behind[-1]] = run.replace(how=FOREGROUND, last=True, place=one.place)

    def _source(self, path: str, written: str, where: _Where) -> None:
        script = self.sourced(path)
        if script is not None:
            self.found[written] = script
            self.functions.update(script.functions)
            self.body(script.body, where.replace(depth=where.depth + 4))


def _errexit(words: list[str]) -> bool:
    """Tell whether `set` or a shell's options switch errexit on."""
    return any(
        (word[:1] == "-" and word[1:2] != "-" and "e" in word[1:]) or word == "errexit"
        for word in words
    )


def _is_the_end(one: Statement) -> bool:
    """Tell whether nothing behind it is reached: `exec app`, `exit`."""
    if not isinstance(one, Simple) or one.background:
        return False
    argv = argv_of(one)
    return one.name == "exit" or (argv.execs and bool(argv.words))


def _says_how_it_ends(one: Statement) -> bool:
    """Tell whether a last statement only gives a status: `exit $?`."""
    return isinstance(one, Simple) and one.name in ("exit", "return", "true", ":", "echo")
