"""Commands that people and machines run by hand: of scripts, Makefiles, CI jobs and units."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.commands.wrapping import base, peel
from supervisor.doctor.platforms.units import unit_of
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Script, Simple, walk
from supervisor.doctor.reading.yaml import walk as nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.source import Source

RUNS: Final = ("run", "script", "before_script", "after_script", "commands")
PREFIX: Final = re.compile(r"\t[ \t]*[@+-]*[ \t]*")
LINES: Final = ("ssh", "sh", "bash")
MOST_WRAPPERS: Final = 4


class Recipe(Record):
    """Commands that run one after another. `path`: of their file."""

    path: str
    commands: tuple[tuple[tuple[str, ...], Place], ...]


def recipes(house: House, *words: str) -> Iterator[Recipe]:
    """Return what is run by hand, of the files that have one of these words in them."""
    for source in house.of_kind("makefile", "ci", "shell", "systemd"):
        if not any(word in source.text for word in words):
            continue
        if source.kind == "systemd":
            yield Recipe(source.path, tuple(_of_unit(source, house)))
            continue
        if source.kind == "shell":
            script = house.files.script(source.path)
            found = [script] if script else []
        elif source.kind == "makefile":
            found = list(_of_makefile(source))
        else:
            found = list(_of_ci(source, house))
        for script in found:
            yield Recipe(source.path, tuple(_commands(script)))


def _commands(script: Script, *, inside: bool = False) -> Iterator[tuple[tuple[str, ...], Place]]:
    """Return all commands; a line that ssh or a shell gets is looked into, once."""
    for one in walk(script.body, substituted=True):
        if not isinstance(one, Simple) or not one.words:
            continue
        argv = argv_of(one).words
        for _ in range(MOST_WRAPPERS):
            peeled = peel(argv) if argv else None
            if peeled is None or not peeled.inner:
                break
            argv = peeled.inner
        if not argv:
            continue
        yield (base(argv[0]), *argv[1:]), one.place
        line = argv[-1]
        if not inside and base(argv[0]) in LINES and " " in line:
            found = shell.parse(line, one.place.line, one.place.path)
            yield from _commands(found, inside=True) if isinstance(found, Script) else ()


def _of_makefile(source: Source) -> Iterator[Script]:
    """Return each recipe: lines behind a tab, until a line without one."""
    block: list[str] = []
    first = 0
    for number, line in enumerate((*source.lines, ""), 1):
        follows = bool(block) and block[-1].endswith("\\")
        if line.startswith("\t") or follows:
            first = first or number
            text = line if follows else PREFIX.sub("", line, count=1)
            block.append(text.replace("$$", "$"))
        elif block and (line.strip() or number > len(source.lines)):
            yield from _parsed("\n".join(block), first, source.path)
            block, first = [], 0
        elif block:
            block.append("")


def _of_ci(source: Source, house: House) -> Iterator[Script]:
    for document in house.files.documents(source.path):
        for node in nodes(document):
            for key, value in node.pairs:
                if key.value in RUNS:
                    for text in (value, *value.items):
                        if text.kind == "scalar":
                            first = text.place.line + (text.style in ("|", ">"))
                            yield from _parsed(text.value, first, source.path)


def _of_unit(source: Source, house: House) -> Iterator[tuple[tuple[str, ...], Place]]:
    """Return what a unit is stopped by; ExecStopPost comes when that is over."""
    unit = unit_of(house.files, source)
    for text, place in unit.commands("ExecStop") if unit else ():
        for script in _parsed(text, place.line, source.path):
            yield from _commands(script)


def _parsed(text: str, first: int, path: str) -> Iterator[Script]:
    found = shell.parse(text, first, path)
    if isinstance(found, Script):
        yield found
