"""What the body of a loop does that starts programs again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.daemon import stays_in_front
from supervisor.doctor.commands.role import SERVER, UNKNOWN, role, seconds
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.reading.shellnodes import (
    AndOr,
    Function,
    Group,
    If,
    Pipeline,
    Simple,
    Subshell,
    inside,
    walk,
)

if TYPE_CHECKING:
    from supervisor.doctor.reading.shellnodes import Statement
    from supervisor.doctor.scripts.shellfacts import ShellFacts

SHORT_S = 30.0  # a longer pause is a job's, not a restart's
LEAVES = ("break", "return", "exit")
DEEPEST = 4  # functions inside each other
MOST_CALLS = 200
HOUSEKEEPING = frozenset(
    (
        *("echo", "sleep", "date", "printf", "true", ":", "cd", "export", "rm", "mkdir", "touch"),
        *("set", "unset", "source", ".", "ulimit", "chmod", "chown", "local", "logger", "false"),
        *("test", "[", "let", "expr", "tee", "trap", "shift", "eval", "cat", "kill", "pkill"),
    )
)


def only_behind(facts: ShellFacts) -> set[str]:
    """Return functions that only run behind the script."""
    calls = [each for each in walk(facts.script.body) if isinstance(each, Simple) and each.name]
    front = {each.name for each in calls if not each.background}
    return {each.name for each in calls if each.background and each.name} - front


class Body:
    """What a loop's body does, functions in the place of their calls.

    `serving`, `others`  programs that it always runs
    `perhaps`  those that it runs under a condition
    `rests`   it sleeps for a time that nobody knows
    `asks`    other commands, which make a job of it, or a wait
    `leaves`  something in it ends the loop; `stops`: it is no loop of restarts at all
    """

    def __init__(self, facts: ShellFacts) -> None:
        self.functions = facts.script.functions
        self.serving: list[Simple] = []
        self.others: list[Simple] = []
        self.perhaps: list[Simple] = []
        self.asks = self.leaves = self.stops = self.rests = False
        self._calls = 0

    def look(self, body: tuple[Statement, ...], depth: int = 0, *, always: bool = True) -> None:
        """Go through statements."""
        for one in body if depth < DEEPEST else ():
            if one.background:
                self.stops = True
            elif isinstance(one, Simple):
                self.simple(one, depth, always=always)
            elif isinstance(one, AndOr | Pipeline):
                self.look(one.parts[:1], depth, always=always)
                self.look(one.parts[1:], depth, always=False)
            elif isinstance(one, Group | Subshell):
                self.look(one.body, depth, always=always)
            elif isinstance(one, If):  # what is asked is no program that is kept alive
                for each in (*(branch.body for branch in one.branches), one.otherwise or ()):
                    self.look(each, depth, always=False)
            elif not isinstance(one, Function):
                self.look(tuple(inside(one)), depth, always=False)

    def simple(self, one: Simple, depth: int, *, always: bool) -> None:
        """Look at one command."""
        argv = argv_of(one)
        name = argv.words[0] if argv.words else ""
        if name in self.functions:
            self._calls += 1
            if self._calls < MOST_CALLS:
                self.look(self.functions[name].body, depth + 1, always=always)
        elif name == "sleep" and any("$" in word for word in argv.words[1:]):
            self.rests = True
        elif argv.execs or name in ("read", "wait") or rests(argv.words):
            self.stops = True
        elif name in LEAVES:
            self.leaves = True
        elif name:
            kind = role(argv.words)
            known = kind == SERVER and stays_in_front(argv.words)
            if known:
                self.serving.append(one)
            elif kind == UNKNOWN:
                (self.others if always else self.perhaps).append(one)
            elif kind != SERVER and name not in HOUSEKEEPING:
                self.asks = True


def rests(words: tuple[str, ...]) -> bool:
    """Tell whether it sleeps for longer than one does between restarts."""
    return words[:1] == ("sleep",) and (len(words) < 2 or _long(words[1]))


def _long(word: str) -> bool:
    return not 0 < seconds(word) <= SHORT_S
