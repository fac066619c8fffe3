"""How a script's trap deals with its children: told, waited for, or left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.role import seconds
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.finding import Place
from supervisor.doctor.knowledge import shells
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import (
    Function,
    Group,
    If,
    Loop,
    Script,
    Simple,
    Statement,
    Subshell,
    Test,
    inside,
    words_of,
)
from supervisor.doctor.scripts import handler as doing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.scripts.shellfacts import Run, ShellFacts, Trap, Wait

WATCHES: Final = ("kill", "pgrep", "pidof", "ps", "jobs", "pidwait")
HARMLESS: Final = frozenset(
    (
        *("echo", "printf", "logger", "rm", "date", "true", ":", "set", "cd", "unset", "local"),
        *("shift", "touch", "sync", "cat", "log", "rmdir", "export", "return", "jobs"),
    )
)
DEEPEST: Final = 6
MOST_CALLS: Final = 2000  # of functions that call each other, often


class Stopping(Record):
    """What a script does when it is told to stop, while its children run.

    `trap`    the one that is for SIGTERM, or bash's for EXIT where there is no other
    `tells`   it passes the stop on: by a signal, or by a command in a FIFO
    `pauses`  something in it, or in a trap for EXIT, may last until the children have ended
    `naps_s`  the seconds that it sleeps, if that is the only way in which it pauses
    `watches` so may a loop of the script itself
    `waits`   those in the script, after the first child was started
    """

    trap: Trap
    children: tuple[Run, ...]
    tells: bool
    pauses: bool
    watches: bool
    waits: tuple[Wait, ...]
    at_exit: bool = False
    naps_s: float = 0.0


def stopping(facts: ShellFacts, children: tuple[Run, ...], by: str) -> Stopping | None:
    """Return what a script does that the shell `by` (knowledge/shells.py) reads.

    None without a trap, without children, or where something is not understood.
    """
    trap, at_exit = facts.term_trap, False
    if trap is None and by == shells.BASH:
        left = [one for one in facts.traps if one.handler and one.on("EXIT")]
        trap, at_exit = (left[-1] if left else None), True
    if trap is None or trap.handler is None or not trap.handler.known or not children:
        return None
    if facts.gives_way:
        return None  # trap-then-exec
    if trap.prefixed and by == shells.DASH:
        return None  # dash has none: trap-sig-prefix
    if trap.place.path != children[0].place.path or not facts.whole or _taken_back(facts, trap):
        return None
    behind = tuple(one for one in facts.waits if one.place.line >= children[0].place.line)
    others = [one for one in facts.traps if one.on("EXIT") and one is not trap]
    pauses = any(_may_wait(one, facts) for one in (trap, *others))
    watched = watches(facts.script.body)
    naps = trap.handler.sleeps_s if pauses and not others and _only_naps(trap, facts) else 0.0
    return Stopping(trap, children, tells(trap, facts), pauses, watched, behind, at_exit, naps)


def body_of(trap: Trap) -> tuple[Statement, ...]:
    """Return a trap's statements."""
    if trap.handler is None:
        return ()
    script = shell.parse(trap.handler.text, trap.place.line, trap.place.path)
    return script.body if isinstance(script, Script) else ()


def deeds(body: tuple[Statement, ...], functions: dict[str, Function]) -> Iterator[Statement]:
    """Return all that a body does, functions in the place of their calls, MOST_CALLS of them."""
    calls = 0
    left = [(iter(body), 0)]
    while left:
        statements, depth = left[-1]
        one = next(statements, None)
        if one is None:
            left.pop()
            continue
        called = functions.get(one.name or "") if isinstance(one, Simple) else None
        if called is not None and depth < DEEPEST and calls < MOST_CALLS:
            calls += 1
            left.append((iter(called.body), depth + 1))
            continue
        yield one
        if not isinstance(one, Function):
            left.append((inside(one), depth))


def least_sleep(
    body: tuple[Statement, ...], functions: dict[str, Function]
) -> tuple[float, Place | None]:
    """Return how many seconds a body sleeps at least, and where the longest of them is."""
    return _Sleeping(functions).body(body, 0)


class _Sleeping:
    """Adds up; a function is looked at once for each depth that it is called in."""

    def __init__(self, functions: dict[str, Function]) -> None:
        self._functions = functions
        self._known: dict[tuple[str, int], tuple[float, Place | None]] = {}

    def body(self, body: tuple[Statement, ...], depth: int) -> tuple[float, Place | None]:
        total, longest, place = 0.0, 0.0, None
        for one in body:
            slept, where = self._one(one, depth)
            total += slept
            if slept > longest:
                longest, place = slept, where
        return total, place

    def _one(self, one: Statement, depth: int) -> tuple[float, Place | None]:
        if one.background or depth > DEEPEST:
            return 0.0, None
        match one:
            case Simple():
                return self._simple(one, depth)
            case Group() | Subshell():
                return self.body(one.body, depth)
            case If() if one.otherwise is not None:
                bodies = (*(branch.body for branch in one.branches), one.otherwise)
                return min((self.body(each, depth) for each in bodies), key=lambda found: found[0])
            case Loop() if one.kind == "for" and all(w.literal is not None for w in one.items):
                slept, place = self.body(one.body, depth)
                return slept * len(one.items), place
        return 0.0, None

    def _simple(self, one: Simple, depth: int) -> tuple[float, Place | None]:
        words = argv_of(one).words
        if words[:1] == ("sleep",):
            return sum(map(seconds, words[1:])), one.place
        called = self._functions.get(words[0]) if words else None
        if called is None:
            return 0.0, None
        key = (called.name, depth)
        if key not in self._known:
            self._known[key] = self.body(called.body, depth + 1)
        return self._known[key]


def _taken_back(facts: ShellFacts, trap: Trap) -> bool:
    """Tell whether a trap is taken back, or replaced, before the script waits."""
    waits = [one.place.line for one in facts.waits if one.place.line > trap.place.line]
    until = waits[0] if waits else 0
    return any(
        one.on("TERM") and one.handler is None and trap.place.line < one.place.line < until
        for one in facts.traps
    )


def tells(trap: Trap, facts: ShellFacts) -> bool:
    """Tell whether a trap passes a stop on: by a signal, or by a command in a FIFO."""
    if trap.handler is not None and (
        trap.handler.tells or any(map(_passes_on, trap.handler.deeds))
    ):
        return True
    return any(
        isinstance(one, Simple)
        and one.name in ("echo", "printf")
        and any(r.op in (">", ">>") and r.target and _fifo(r.target.text) for r in one.redirects)
        for one in deeds(body_of(trap), facts.script.functions)
    )


def _passes_on(deed: doing.Deed) -> bool:
    """Tell whether it is `jobs -p | xargs kill`."""
    words = deed.value.split()
    return deed.kind == doing.OTHER and words[:1] == ["xargs"] and "kill" in words


def _fifo(target: str) -> bool:
    lower = target.lower()
    return "fifo" in lower or "pipe" in lower


def _only_naps(trap: Trap, facts: ShellFacts) -> bool:
    """Tell whether a trap sleeps some seconds, and does not wait in any other way."""
    every = tuple(deeds(body_of(trap), facts.script.functions))
    loops = any(isinstance(one, Loop) for one in every)
    return not loops and not _may_wait(trap, facts, pausing=(doing.WAIT,))


def _may_wait(
    trap: Trap, facts: ShellFacts, pausing: tuple[str, ...] = (doing.WAIT, doing.SLEEP)
) -> bool:
    """Tell whether a trap may last until children have ended: it waits, sleeps or calls others."""
    handler = trap.handler
    if handler is None:
        return False
    if not handler.known or handler.has(*pausing):
        return True
    body = body_of(trap)
    if watches(tuple(deeds(body, facts.script.functions))):
        return True
    for deed in handler.deeds:
        name = deed.value.split(" ", 1)[0]
        if _passes_on(deed) or name in HARMLESS or "log" in name.lower():
            continue
        if deed.kind == doing.OTHER:
            return True
        if deed.kind == doing.PKILL and deed.value.startswith("killall -w"):
            return True
    return False


def watches(body: tuple[Statement, ...]) -> bool:
    """Tell whether a loop looks whether a process is still there, or `tail --pid` does."""
    left = list(body)
    while left:
        one = left.pop()
        left.extend(inside(one))
        tail = isinstance(one, Simple) and one.name == "tail"
        if tail and any(word.text.startswith("--pid") for word in words_of(one)):
            return True
        if isinstance(one, Loop) and any(map(_looks, (*one.condition, *one.body))):
            return True
    return False


def _looks(one: Statement) -> bool:
    if isinstance(one, Test):
        return "/proc/" in one.text
    if isinstance(one, Simple) and one.name in WATCHES:
        return one.name != "kill" or "-0" in one.argv
    if any(_looks(each) for word in words_of(one) for each in word.commands):
        return True
    return any(map(_looks, inside(one)))
