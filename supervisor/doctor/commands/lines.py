"""Whether `sh -c LINE` ends as its last program itself: the shape of a line, by table 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.knowledge import shells
from supervisor.doctor.knowledge.shells import BECOMES, MAYBE, NO, YES
from supervisor.doctor.reading.shellnodes import (
    AndOr,
    Function,
    Group,
    If,
    Script,
    Simple,
    Statement,
    Subshell,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NEVER_NAMES = ("eval", "time", "trap", "wait", "fg")


def becomes(script: Script, text: str, shell: str) -> str:
    """Return YES, NO or MAYBE: does the shell become the line's last program."""
    said = [BECOMES[shell][shape] for shape in shapes(script, text)]
    if NO in said:
        return NO
    return MAYBE if MAYBE in said or script.has_error else YES


def shapes(script: Script, text: str) -> tuple[str, ...]:
    """Return what is special about a line, as table 1 names it."""
    body = [one for one in script.body if not isinstance(one, Function)]
    if not body:
        return (shells.NEVER,)
    found = list(_shape(body, script))
    if found == [shells.EXEC]:
        return (shells.EXEC,)
    if any(isinstance(one, Simple) and one.name == "trap" for one in walk(body)):
        found.append(shells.AFTER_TRAP)
    if text.rstrip(" \t").endswith("\n"):
        found.append(shells.NEWLINE)
    return tuple(dict.fromkeys(found))


def _shape(body: Sequence[Statement], script: Script) -> tuple[str, ...]:
    last = body[-1]
    if last.background:
        return (shells.NEVER,)
    alone = len(body) == 1
    if isinstance(last, AndOr):
        if "||" in last.operators:
            return (shells.NEVER,)
        last, alone = last.parts[-1], False
    if isinstance(last, Subshell):
        return (shells.SUBSHELL,)
    if isinstance(last, Group | If):
        return (shells.COMPOUND,)
    if not isinstance(last, Simple) or last.name in (*NEVER_NAMES, *script.functions):
        return (shells.NEVER,)
    if argv_of(last).execs:
        return (shells.EXEC,)
    shape = shells.SIMPLE if alone else shells.LAST
    return (shape, shells.REDIRECTED) if last.redirects else (shape,)
