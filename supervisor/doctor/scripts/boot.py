"""What a script does before it becomes another program: its boot.

Each part is one walk over the script, however long that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.shellargv import argv_of, shown
from supervisor.doctor.commands.slow import asks
from supervisor.doctor.reading.shellnodes import (
    AndOr,
    Case,
    Function,
    If,
    Loop,
    Simple,
    Statement,
    inside,
    walk,
)
from supervisor.doctor.scripts.stopping import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.shellnodes import Script
    from supervisor.doctor.scripts.shellfacts import ShellFacts

SOURCED: Final = "."
Bodies = Mapping[str, tuple[Statement, ...]]  # of functions, and of `. file`


class Boot(Record):
    """Commands by their places.

    `before`  an `exec` comes after them on the same way
    `turns`   a loop does them again, until what it waits for is there
    `asks`    the condition of such a loop
    `aside`   with their words: they run under `&` while the boot goes on
    """

    before: frozenset[Place]
    turns: frozenset[Place]
    asks: frozenset[Place]
    aside: frozenset[tuple[Place, tuple[str, ...]]]


def boot_of(facts: ShellFacts) -> Boot:
    """Look through a script, and what it sources."""
    script = facts.script
    bodies: dict[str, tuple[Statement, ...]] = {}
    for one in (*facts.sourced.values(), script):
        bodies |= {name: function.body for name, function in one.functions.items()}
    bodies |= {f"{SOURCED} {path}": one.body for path, one in facts.sourced.items()}
    aside = () if facts.waits else _aside(script, bodies)
    whole = (*script.body, *(each for one in facts.sourced.values() for each in one.body))
    turns = tuple(_turns(whole))
    return Boot(
        frozenset(_before(script, bodies)),
        frozenset(place for place, asks in turns if not asks),
        frozenset(place for place, asks in turns if asks),
        frozenset(aside),
    )


class _Body:
    """Statements that run one after another, the last one first; `later`: an exec comes after."""

    def __init__(
        self,
        statements: tuple[Statement, ...],
        outer: _Body | None,
        *,
        called: tuple[str, int] = ("", 0),
        chained: bool = False,
    ) -> None:
        self.left, self.outer, self.called = list(statements), outer, called
        self.later: bool = outer.later if outer else False
        self.execs, self.chained = False, chained

    def found(self, *, execs: bool) -> None:
        """Take in whether the statement that was looked at execs."""
        self.execs = self.execs or execs
        self.later = self.later or execs


def _before(script: Script, bodies: Bodies) -> Iterator[Place]:
    """Go backwards: whether an exec comes after a command is known, then, when it is met.

    A function is looked at for each depth that it is called in, and once more if only a later
    call of it comes before an exec.
    """
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
        call = _call(one, bodies, body.called[1])
        if call is not None:
            if not {(call, True), (call, body.later)} & passed:
                passed.add((call, body.later))
                stack.append(_Body(bodies[call[0]], body, called=call))
            else:
                body.found(execs=known[call])
            continue
        if body.later:
            yield one.place
        if isinstance(one, Simple):
            if one.name == "exit" and not body.chained:
                body.later = False  # what comes behind it is on no way through here
            body.found(execs=argv_of(one).execs)
        else:
            depth, chained = ("", body.called[1]), isinstance(one, AndOr)
            stack += [_Body(each, body, called=depth, chained=chained) for each in _ways(one)]


def _call(one: Statement, bodies: Bodies, depth: int) -> tuple[str, int] | None:
    """Return which function or file a statement runs, and how deep inside others."""
    name = one.name if isinstance(one, Simple) else None
    if name in (".", "source") and isinstance(one, Simple) and one.words[1:]:
        name = f"{SOURCED} {shown(one.words[1])}"
    return (name, depth + 1) if name in bodies and name and depth < DEEPEST else None


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


def _turns(body: tuple[Statement, ...]) -> Iterator[tuple[Place, bool]]:
    """Return what is in a `while` or an `until`, and whether that is its condition."""
    left = [(one, False) for one in body]
    while left:
        one, turns = left.pop()
        if turns:
            yield one.place, False
        if isinstance(one, Loop):
            if one.kind in ("while", "until"):
                yield from ((each.place, True) for each in walk(one.condition))
            left += [(each, turns) for each in one.condition]
            turns = turns or one.kind in ("while", "until") or _tries(one)
            left += [(each, turns) for each in one.body]
        else:
            left += [(each, turns) for each in inside(one)]


def _tries(loop: Loop) -> bool:
    """Tell whether a loop that counts asks for others: `for i in $(seq 30); do nc -z db 1 ...`."""
    simple = (one for one in walk((*loop.condition, *loop.body)) if isinstance(one, Simple))
    return any(asks(argv_of(one).words) for one in simple)


def _aside(script: Script, bodies: Bodies) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """Return what is under `&`, functions in the place of their calls."""
    seen = set()
    left = [(one, False) for one in script.body]
    while left:
        one, aside = left.pop()
        aside = aside or one.background
        if isinstance(one, Simple):
            name = one.name or ""
            if aside and name in bodies:
                left += [(each, True) for each in bodies[name] if name not in seen]
                seen.add(name)
            elif aside:
                yield one.place, argv_of(one).words
        else:
            aside = aside and not isinstance(one, Function)  # which does nothing by itself
            left += [(each, aside) for each in inside(one)]
