"""What makes a script end with 0, however a command of it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.reading.shellnodes import (
    AndOr,
    Case,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Simple,
    Statement,
    inside,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.scripts.shellfacts import ShellFacts

DEEPEST: Final = 6  # functions inside each other
LEAVES: Final = ("exit", "return", "exec")
TAKING: Final = ("exec", "command", "builtin", "eval")
BODY, CHAIN, PIPE, ASKED = "body", "chain", "pipe", "asked"


class _Step(Record):
    """Where a statement stands: in which one, among which, as the how-manieth."""

    around: Statement | None
    body: tuple[Statement, ...]
    at: int
    kind: str


class _Over(Exception):  # noqa: N818 - it is an end, and no error
    def __init__(self, by: Statement | None) -> None:
        super().__init__()
        self.by = by


class Masks:
    """Of one script, for any of its commands."""

    def __init__(self, facts: ShellFacts) -> None:
        """Go through it once."""
        body = facts.script.body
        self._commands = [each for each in walk(body) if isinstance(each, Simple)]
        off = any(each.argv[:2] == ("set", "+e") for each in self._commands)
        self._leaves = facts.errexit and not off
        self._above = _above(body)

    def of(self, one: Statement) -> Statement | None:
        """Return what gives 0 behind a command, on its way to the script's end; None without."""
        climb = _Climb(leaves=self._leaves)
        at: Statement | None = one
        try:
            for _ in range(DEEPEST):
                called = climb.out(self._way(at) if at else [])
                if not called:
                    return climb.masks
                calls = (each for each in self._commands if each.name == called)
                at = next((each for each in calls if each is not at), None)
        except _Over as over:
            return over.by
        return None

    def _way(self, one: Statement) -> list[_Step]:
        """Return the steps that lead to a statement, its own first."""
        way: list[_Step] = []
        step = self._above.get(id(one))
        while step is not None:
            way.append(step)
            step = self._above.get(id(step.around)) if step.around is not None else None
        return way


class _Climb:
    """From a command out of what it is in. `masks`: its code is gone, and 0 stands for it."""

    def __init__(self, *, leaves: bool) -> None:
        """Note whether a failure leaves the script at once: `set -e`."""
        self.leaves = leaves
        self.masks: Statement | None = None

    def out(self, way: list[_Step]) -> str:
        """Go to the end of the script, or of a function, whose name is returned."""
        if not way:
            raise _Over(None)
        returns = False
        for step in way:
            if step.kind == ASKED:
                raise _Over(None)
            if isinstance(step.around, AndOr):
                self.beyond(step.around, step.at)
            elif step.kind == BODY and not returns:
                if self.leaves and self.masks is None:
                    raise _Over(None)
                returns = self.behind(step.body[step.at + 1 :])
            if isinstance(step.around, Function):
                return step.around.name
        return ""

    def beyond(self, chain: AndOr, at: int) -> None:
        """Go over what runs if the command fails."""
        if chain.operators[at : at + 1] != ("||",):
            return
        self.leaves = False
        other = chain.parts[at + 1]
        last = other.body[-1] if isinstance(other, Group) and other.body else other
        if _exits(last) == "0":
            raise _Over(last)
        if any(map(_ends, walk((other,)))):
            raise _Over(None)
        if _true(last):
            self.masks = self.masks or last

    def behind(self, later: tuple[Statement, ...]) -> bool:
        """Go over what stands behind it; tell whether that leaves a function."""
        later = tuple(one for one in later if not isinstance(one, Function))
        for at, one in enumerate(later, 1):
            if not isinstance(one, Simple):
                if any(map(_ends, walk((one,)))):
                    raise _Over(None)
                continue
            code = _exits(one)
            if code is not None and one.name == "return":
                if code != "0":
                    raise _Over(None)
                self.masks = one
                return True
            if code is not None:
                kept = self.masks if code in ("", "$?") else None
                raise _Over(one if code == "0" else kept)
            if _execs(one):
                raise _Over(None)
            if _true(one) and at == len(later):
                self.masks = self.masks or one
        return False


def _above(body: tuple[Statement, ...]) -> dict[int, _Step]:
    """Return where each statement stands."""
    above: dict[int, _Step] = {}
    left: list[tuple[Statement | None, tuple[Statement, ...], str]] = [(None, body, BODY)]
    while left:
        around, inner, kind = left.pop()
        for at, each in enumerate(inner):
            above[id(each)] = _Step(around, inner, at, kind)
            left += [(each, *more) for more in _bodies(each)]
    return above


def _bodies(one: Statement) -> Iterator[tuple[tuple[Statement, ...], str]]:
    """Return what a statement consists of, and what that is to it."""
    match one:
        case AndOr():
            yield one.parts, CHAIN
        case Pipeline():
            yield one.parts, ASKED if one.negated else PIPE
        case If():
            for branch in one.branches:
                yield branch.condition, ASKED
                yield branch.body, BODY
            yield one.otherwise or (), BODY
        case Loop():
            yield tuple(inside(one)), ASKED
        case Case():
            for choice in one.choices:
                yield choice.body, BODY
        case _ if not isinstance(one, Simple):
            yield tuple(inside(one)), BODY


def _exits(one: Statement) -> str | None:
    """Return with what a command leaves, as it is written; None if it does not."""
    if not isinstance(one, Simple) or one.name not in ("exit", "return"):
        return None
    return one.words[1].text.strip("\"'") if one.words[1:] else ""


def _ends(one: Statement) -> bool:
    return isinstance(one, Simple) and (one.name in LEAVES or _execs(one))


def _execs(one: Simple) -> bool:
    return one.name in TAKING and argv_of(one).execs


def _true(one: Statement) -> bool:
    return isinstance(one, Simple) and one.name in ("true", ":") and len(one.words) == 1
