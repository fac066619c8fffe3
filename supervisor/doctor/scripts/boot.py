"""What a script does before it becomes another program: its boot.

Each part is one walk over the script, however long that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.record import Record
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.reading.shellnodes import Case, Function, If, Loop, Simple, inside
from supervisor.doctor.scripts.stopping import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.shellnodes import Script, Statement
    from supervisor.doctor.scripts.shellfacts import ShellFacts


class Boot(Record):
    """Commands by their places.

    `before`  an `exec` comes after them on the same way
    `turns`   a loop does them again, until what it waits for is there
    `aside`   with their words: they run under `&` while the boot goes on
    """

    before: frozenset[Place]
    turns: frozenset[Place]
    aside: frozenset[tuple[Place, tuple[str, ...]]]


def boot_of(facts: ShellFacts) -> Boot:
    """Look through a script."""
    script = facts.script
    aside = () if facts.waits else _aside(script)
    return Boot(frozenset(_before(script)), frozenset(_turns(script)), frozenset(aside))


class _Body:
    """Statements that run one after another, the last one first; `later`: an exec comes after."""

    def __init__(
        self,
        statements: tuple[Statement, ...],
        outer: _Body | None,
        *,
        called: tuple[str, int] = ("", 0),
    ) -> None:
        self.left, self.outer, self.called = list(statements), outer, called
        self.later: bool = outer.later if outer else False
        self.execs = False

    def found(self, *, execs: bool) -> None:
        """Take in whether the statement that was looked at execs."""
        self.execs = self.execs or execs
        self.later = self.later or execs


def _before(script: Script) -> Iterator[Place]:
    """Go backwards: whether an exec comes after a command is known, then, when it is met.

    A function is looked at for each depth that it is called in, and once more if only a later
    call of it comes before an exec.
    """
    functions = script.functions
    known: dict[tuple[str, int], bool] = {}  # whether a call execs
    passed: set[tuple[tuple[str, int], bool]] = set()
    stack = [_Body(script.body, None)]
    while stack:
        body = stack[-1]
        if not body.left:
            stack.pop()
            known[body.called] = body.execs
            if body.outer is not None:
                body.outer.found(execs=body.execs)
            continue
        one = body.left.pop()
        call = _call(one, functions, body.called[1])
        if call is not None:
            if not {(call, True), (call, body.later)} & passed:
                passed.add((call, body.later))
                stack.append(_Body(functions[call[0]].body, body, called=call))
            else:
                body.found(execs=known[call])
            continue
        if body.later:
            yield one.place
        if isinstance(one, Simple):
            body.found(execs=argv_of(one).execs)
        else:
            depth = ("", body.called[1])
            stack += [_Body(each, body, called=depth) for each in _ways(one)]


def _call(one: Statement, functions: Mapping[str, Function], depth: int) -> tuple[str, int] | None:
    """Return which function a statement calls, and how deep inside others."""
    name = one.name if isinstance(one, Simple) else None
    return (name, depth + 1) if name in functions and name and depth < DEEPEST else None


def _ways(one: Statement) -> Iterator[tuple[Statement, ...]]:
    """Return the bodies of a statement; what is in one does not come after what is in another."""
    match one:
        case Function():
            return
        case Case():
            yield from (choice.body for choice in one.choices)
        case If():
            yield from (branch.body for branch in one.branches)
            yield from ((each,) for branch in one.branches for each in branch.condition)
            yield one.otherwise or ()
        case _:
            yield tuple(inside(one))


def _turns(script: Script) -> Iterator[Place]:
    """Return what is in a `while` or an `until`."""
    left = [(one, False) for one in script.body]
    while left:
        one, turns = left.pop()
        if turns:
            yield one.place
        if isinstance(one, Loop):
            left += [(each, turns) for each in one.condition]
            turns = turns or one.kind in ("while", "until")
            left += [(each, turns) for each in one.body]
        else:
            left += [(each, turns) for each in inside(one)]


def _aside(script: Script) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """Return what is under `&`, functions in the place of their calls."""
    functions, seen = script.functions, set()
    left = [(one, False) for one in script.body]
    while left:
        one, aside = left.pop()
        aside = aside or one.background
        if isinstance(one, Simple):
            name = one.name or ""
            if aside and name in functions:
                left += [(each, True) for each in functions[name].body if name not in seen]
                seen.add(name)
            elif aside:
                yield one.place, argv_of(one).words
        else:
            aside = aside and not isinstance(one, Function)  # which does nothing by itself
            left += [(each, aside) for each in inside(one)]
