"""What a script's variables are worth where a command uses them, as far as its text tells.

A script is gone through once, from its start. Where it divides (`if`, `case`), each way is a world
of its own; of too many, those stay that did the least, and those that did the most.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.shellargv import Argv, argv_of, shown, taken
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import AndOr, If, Script, Simple, Statement, Test, Word
from supervisor.doctor.reading.substitution import LONGEST, substituted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

World = dict[str, "tuple[str, ...] | str"]  # an array's words, or a text

MOST_WORLDS: Final = 4
MOST_NAMES: Final = 200
MOST_WORDS: Final = 400
ARGS: Final = "@"
DECLARING: Final = ("export", "local", "declare", "typeset", "readonly")
_ARRAY: Final = re.compile(r'"?\$\{(\w+)\[[@*]\](?:[:+-][^}]*)?\}"?')
_ARGS: Final = re.compile(r'"?\$(?:[@*]|\{[@*]\})"?')
_GIVES: Final = re.compile(r"\$\{([A-Za-z_]\w*):?=([^${}]*)\}")
_LONE: Final = re.compile(r'"?\$\{?\w+\}?"?')
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_UNSET: Final = re.compile(r"(?:-z|\[\s*!)\s+\"?\$\{?([A-Za-z_]\w*)(?::?-)?\}?\"?\s*\]")
_SET: Final = re.compile(r"-n\s+\"?\$\{?([A-Za-z_]\w*)(?::?-)?\}?\"?\s*\]")


class Variables:
    """Of one walk through a script."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Begin in one world: nothing but the environment is known."""
        self.worlds: list[World] = [dict(list(environment.items())[:MOST_NAMES])]
        self._exported: set[str] = set()
        self._calls = 0

    def ways(self, one: Simple) -> tuple[Argv, ...]:
        """Return a command's words in each world."""
        if all(word.literal is not None for word in one.words):
            return (argv_of(one),)
        return tuple(dict.fromkeys(self._argv(one, world) for world in self.worlds))

    def note(self, one: Simple) -> None:
        """Remember what a command gives to variables; what nobody can tell is forgotten."""
        name = one.name
        for world in self.worlds:
            if not one.words:
                for given in one.assignments:
                    self._assign(world, given.name, given.value, append=given.append)
            elif name in DECLARING:
                for word in one.words[1:]:
                    self._declare(world, word)
                    self._exported |= {word.text.partition("=")[0]} if name == "export" else set()
            elif name == "set":
                _set(world, one)
            elif name == "shift":
                _shift(world)
            elif name in ("read", "unset", "mapfile", "readarray", "getopts"):
                for word in one.words[1:]:
                    world.pop(word.text, None)
            for word in one.words if name == ":" else ():
                for key, value in _GIVES.findall(word.text):
                    world.setdefault(key, value)

    def exported(self, one: Simple, prefix: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Return what a command finds in its environment that the script has put there."""
        world = dict(self.worlds[-1])
        for given in one.assignments:
            self._assign(world, given.name, given.value)
        names = self._exported | {given.name for given in one.assignments}
        found = ((name, world.get(name)) for name in sorted(names) if name.startswith(prefix))
        return tuple((name, value) for name, value in found if isinstance(value, str))

    def each(self, ways: Iterable[Callable[[], None]], *, none: bool) -> None:
        """Go each of several ways; `none`: it may be that none of them is gone."""
        before = self.worlds
        ends = list(before) if none else []
        for way in ways:
            self.worlds = [dict(world) for world in before]
            way()
            ends += self.worlds
        kept: list[World] = []
        for world in ends:
            if world not in kept:
                kept.append(world)
            if len(kept) > MOST_WORLDS:
                del kept[MOST_WORLDS // 2]  # the first and the last stay
        self.worlds = kept or before

    def aside(self, way: Callable[[], None]) -> None:
        """Go a way that leaves nothing behind: a subshell's."""
        before = [dict(world) for world in self.worlds]
        way()
        self.worlds = before

    def unset(self, one: If | AndOr) -> bool:
        """Tell whether something runs just because a variable has no value, as far as is known."""
        asks, meant = _asked(one)
        found = meant.search(asks.text) if asks is not None else None
        if found is None or re.search(r"&&|\|\||\s-[ao]\s", asks.text if asks else ""):
            return False
        return all(not world.get(found[1]) for world in self.worlds)

    def enter(self, args: tuple[str, ...]) -> None:
        """Go into a function that is called with these."""
        self._calls += 1
        for world in self.worlds:
            outer = world.get(ARGS)
            world[ARGS] = args
            if outer is not None:
                world[f"{ARGS}{self._calls}"] = outer

    def leave(self) -> None:
        """Come back from it."""
        for world in self.worlds:
            world.pop(ARGS, None)
            outer = world.pop(f"{ARGS}{self._calls}", None)
            if outer is not None:
                world[ARGS] = outer
        self._calls -= 1

    def _argv(self, one: Simple, world: World) -> Argv:
        words: list[str] = []
        for word in one.words:
            own = one.name == "trap" and not _LONE.fullmatch(word.text)  # a script's text
            words += (shown(word),) if own else _expanded(word, world)
        return taken(tuple(words[:MOST_WORDS]))

    def _assign(self, world: World, name: str, value: Word, *, append: bool = False) -> None:
        if value.text.startswith("(") and value.text.endswith(")"):
            made: tuple[str, ...] | str | None = _array(value.text[1:-1], world)
        else:
            made = _value(value, world)
        before = world.get(name)
        if append and before is not None and made is not None:
            if isinstance(before, tuple):
                made = (*before, *(made if isinstance(made, tuple) else (made,)))[:MOST_WORDS]
            elif isinstance(made, str):
                made = before + made
        elif append and made is not None and isinstance(made, str):
            made = f"${{{name}}}{made}"
        if made is None or len(made) > LONGEST or (name not in world and len(world) >= MOST_NAMES):
            world.pop(name, None)
        else:
            world[name] = made

    def _declare(self, world: World, word: Word) -> None:
        name, equals, _ = word.text.partition("=")
        if not equals or not name.isidentifier():
            return
        script = shell.parse(word.text)
        only = script.body[0] if isinstance(script, Script) and len(script.body) == 1 else None
        if isinstance(only, Simple) and len(only.assignments) == 1 and not only.words:
            self._assign(world, name, only.assignments[0].value)
        else:
            world.pop(name, None)


def _expanded(word: Word, world: World) -> tuple[str, ...]:
    """Return what becomes of a word; what stays unknown stands as it is written."""
    if word.literal is not None or word.commands:
        return (shown(word),)
    if _ARGS.fullmatch(word.text):
        given = world.get(ARGS)
        return given if isinstance(given, tuple) else (shown(word),)
    if array := _ARRAY.fullmatch(word.text):
        known = world.get(array[1])
        if known is None:
            return (shown(word),)
        return known if isinstance(known, tuple) else (known,)
    text = _put(word.text, world)
    plain = shown(word)
    if text in (plain, word.text):
        return (plain,)
    return (text,) if word.quoted else _split(text)


def _array(text: str, world: World) -> tuple[str, ...] | None:
    inner = " ".join(_COMMENT.sub("", text.replace("\\\n", " ")).split("\n"))
    found = shell.words(f"x {inner}")
    if found is None or any(each.text.startswith("[") for each in found[1:2]):
        return None
    return tuple(each for word in found[1:] for each in _expanded(word, world))


def _asked(one: If | AndOr) -> tuple[Test | None, re.Pattern[str]]:
    """Return the test that a statement begins with, and what it must ask for."""
    first: Statement | None = None
    if isinstance(one, If):
        condition = one.branches[0].condition if len(one.branches) == 1 else ()
        first = condition[0] if len(condition) == 1 else None
        meant = _UNSET
    else:
        first = one.parts[0] if len(one.parts) == 2 else None
        meant = _UNSET if one.operators == ("&&",) else _SET
    return (first if isinstance(first, Test) else None), meant


def _set(world: World, one: Simple) -> None:
    """`set -- a b`: the script's arguments are others from here on."""
    texts = [word.text for word in one.words]
    if "--" not in texts[:3]:
        return
    made: list[str] = []
    for word in one.words[texts.index("--") + 1 :]:
        made += _expanded(word, world)
    world[ARGS] = tuple(made[:MOST_WORDS])


def _shift(world: World) -> None:
    given = world.get(ARGS)
    if isinstance(given, tuple):
        if given and not _ARGS.fullmatch(given[0]):
            world[ARGS] = given[1:]
        else:
            world.pop(ARGS)


def _value(word: Word, world: World) -> str | None:
    """Return a text; None for what only a run tells: `$!`, `$(cmd)`, `$1`."""
    if word.literal is not None:
        return word.literal
    if _ARGS.fullmatch(word.text):
        given = world.get(ARGS)
        return " ".join(given) if isinstance(given, tuple) else "$@"
    text = shown(word) if word.commands else _put(word.text, world)
    unknown = text.startswith(("$", "`")) and not any(one.isspace() for one in text)
    return None if unknown or (word.commands and text.startswith(("$(", "`"))) else text


def _put(text: str, world: World) -> str:
    """Return a word without quotes, with all that is known in its place."""
    values: dict[str, str | None] = {
        key: known if isinstance(known, str) else (known[0] if known else "")
        for key, known in world.items()
        if not key.startswith(ARGS)
    }
    given = world.get(ARGS)
    for at, known in enumerate(given if isinstance(given, tuple) else (), 1):
        if at > 9 or _ARGS.fullmatch(known):
            break
        values[str(at)] = known
    return substituted(_GIVES.sub(r"${\1:-\2}", text), values)


def _split(text: str) -> tuple[str, ...]:
    """Cut a text where the shell would."""
    if not text.strip():
        return ()
    found = shell.words(f"x {text}")
    if found is None:
        return tuple(text.split())
    return tuple(word.literal or word.text for word in found[1:])
