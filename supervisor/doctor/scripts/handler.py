"""What a trap does, in order, functions put in their places."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.core.signalnames import name as signal_name
from supervisor.core.signalnames import number as signal_number
from supervisor.doctor.commands.role import seconds
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Function, Script, Simple, Statement, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place

KILL, KILL_ALL, WAIT, EXIT, SLEEP, RESET, PKILL, OTHER = (
    *("kill", "kill 0", "wait", "exit", "sleep", "reset", "pkill", "other"),
)
KILLERS: Final = ("pkill", "killall", "killall5", "skill")
DEEPEST: Final = 6
MOST: Final = 200  # deeds: functions that call each other are many


class Deed(Record):
    """One thing that a handler does. `value`: the signal of KILL, the code of EXIT as written,
    the seconds of SLEEP, the words of OTHER."""

    kind: str
    value: str
    place: Place
    guarded: bool = False


class Handler(Record):
    """What is done; `text`: as the trap has it."""

    text: str
    deeds: tuple[Deed, ...]
    place: Place
    known: bool = True

    def has(self, *kinds: str) -> bool:
        """Tell whether it does one of these."""
        return any(deed.kind in kinds for deed in self.deeds)

    def first(self, kind: str) -> Deed | None:
        """Return the first deed of a kind."""
        return next((deed for deed in self.deeds if deed.kind == kind), None)

    @property
    def tells(self) -> bool:
        """Tell whether it passes a stop on: by kill, pkill, or a command for the server."""
        return self.has(KILL, KILL_ALL, PKILL)

    @property
    def waits(self) -> bool:
        """Tell whether it waits for what it told."""
        return self.has(WAIT)

    @property
    def sleeps_s(self) -> float:
        """Return how long it sleeps, in seconds."""
        return sum(seconds(deed.value) for deed in self.deeds if deed.kind == SLEEP)


def handler_of(text: str, functions: dict[str, Function], place: Place) -> Handler:
    """Read a trap's text."""
    script = shell.parse(text, place.line, place.path)
    if not isinstance(script, Script) or script.has_error or "$" in text.split(" ", maxsplit=1)[0]:
        return Handler(text, (), place, known=False)
    deeds = tuple(islice(_Deeds(functions).of(script.body, 0), MOST))
    return Handler(text, deeds, place)


class _Deeds:
    """Goes through bodies; of calls no more than MOST are followed."""

    def __init__(self, functions: dict[str, Function]) -> None:
        self._functions, self._calls = functions, 0

    def of(self, body: tuple[Statement, ...], depth: int) -> Iterator[Deed]:
        for one in body:
            if isinstance(one, Simple):
                yield from self._simple(one, depth)
            elif not isinstance(one, Function):
                yield from self.of(tuple(inside(one)), depth)

    def _simple(self, one: Simple, depth: int) -> Iterator[Deed]:
        words = argv_of(one).words
        called = self._functions.get(words[0]) if words else None
        if called is not None and depth < DEEPEST and self._calls < MOST:
            self._calls += 1
            yield from self.of(called.body, depth + 1)
        elif words and (deed := _deed(words, one.place)) is not None:
            yield deed


def _deed(words: tuple[str, ...], place: Place) -> Deed | None:
    """Return what one command does."""
    name, *rest = words
    if name == "kill":
        return _kill(rest, place)
    if name in KILLERS:
        return Deed(PKILL, " ".join(words), place)
    if name in ("exit", "exec"):
        return Deed(EXIT, rest[0] if rest and name == "exit" else "", place)
    if name == "trap":
        return Deed(RESET, " ".join(rest), place)
    if name in ("wait", "sleep"):
        return Deed(name, rest[0] if rest else "", place)
    return Deed(OTHER, " ".join(words), place)


def _kill(rest: list[str], place: Place) -> Deed | None:
    """Read the words of kill(1); None for a question (`kill -0`) and a list (`kill -l`)."""
    signal, to = "TERM", list(rest)
    if to[:1] and to[0] in ("-s", "-n") and to[1:]:
        signal, to = to[1], to[2:]
    elif to[:1] and to[0].startswith("-") and to[0] != "--":
        signal, to = to[0][1:], to[1:]
    if signal in ("0", "l", "L"):
        return None
    number = signal_number(signal)
    shown = signal_name(number).removeprefix("SIG") if number else signal
    return Deed(KILL_ALL if "0" in to or "-1" in to[:1] else KILL, shown, place)
