"""The modules of the tree that a Python program imports, from its own folder or one above."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from supervisor.core.record import Record
from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import python

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.pythonnodes import Call, Python
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.services.files import Files

MOST: Final = 100  # modules of one program; with more of them, it counts as not known
MOST_IMPORTS: Final = 500  # of one module
DEEPEST: Final = 20  # parts of a name
MOST_LOOKS: Final = 20_000  # for modules of one program, in its folders and those above
ENDS: Final = (".py", "/__init__.py")
ABOVE: Final = 3  # folders: `python app/main.py` with `PYTHONPATH=.`
BEFORE: Final = ("sitecustomize.py", "usercustomize.py")  # what Python runs before any program
_READ: Final[WeakKeyDictionary[House, dict[str, Python | None]]] = WeakKeyDictionary()


class Modules(Record):
    """`own`: by their paths; `foreign`: the top names of what is not in the tree.

    `whole`  every module of it was found and read
    """

    own: dict[str, Python] = {}  # noqa: RUF012 - a record's default is never changed
    foreign: frozenset[str] = frozenset()
    whole: bool = True

    def behind(self, call: Call, folder: str) -> Python | None:
        """Return the module of the tree whose function is called: `worker.run` is of worker.py."""
        name = call.name.lstrip(".").rpartition(".")[0].replace(".", "/")
        return next((self.own[path] for path in _paths(name, folder) if path in self.own), None)


def modules(house: House, source: Source, parsed: Python) -> Modules:
    """Return what a program imports, and what that imports."""
    own: dict[str, Python] = {}
    foreign: set[str] = set()
    whole = not house.files.has(*BEFORE)
    finder = _Finder(house.files)
    left = [(source.path, parsed)]
    while left:
        path, module = left.pop()
        whole = whole and len(module.imports) <= MOST_IMPORTS
        for name in module.imports[:MOST_IMPORTS]:
            found = finder.files(name, path)
            if not found:
                foreign.add(name.partition(".")[0])
            for each in found:
                if each == source.path or each in own:
                    continue
                read = _read(house, each)
                if read is None or len(own) >= MOST:
                    whole = False
                    continue
                own[each] = read
                left.append((each, read))
    return Modules(own, frozenset(foreign), whole and finder.left > 0)


class _Finder:
    """Finds modules for one program; `left`: how often it still looks whether there is one."""

    def __init__(self, files: Files) -> None:
        self.left = MOST_LOOKS
        self._files = files
        self._absent: set[tuple[str, str]] = set()  # folders, and what is not in them

    def files(self, name: str, path: str) -> list[str]:
        """Return the files of a module, or of what a name in it comes from."""
        folder = posixpath.dirname(path)
        plain = name.lstrip(".")
        for _ in range(min(len(name) - len(plain) - 1, DEEPEST)):
            folder = posixpath.dirname(folder)
        parts = plain.split(".", DEEPEST)[:DEEPEST] if plain else []
        above = 0 if plain != name else ABOVE
        for _ in range(above + 1):
            found = self._inside(folder, parts)
            if found or not folder:
                return found
            folder = posixpath.dirname(folder)
        return []

    def _inside(self, top: str, parts: list[str]) -> list[str]:
        """Return what there is of `a/b/c`, the last first, as far as there are folders."""
        found: list[str] = []
        folder = top
        for part in parts:
            if self.left <= 0 or (folder, part) in self._absent:
                break
            self.left -= 1
            before, folder = folder, posixpath.join(folder, part)
            here = [f"{folder}{end}" for end in ENDS if self._files.get(f"{folder}{end}")]
            found[:0] = here
            if not self._files.holds(folder):
                if not here:
                    self._absent.add((before, part))
                break
        return found


def _paths(name: str, folder: str) -> Iterator[str]:
    """Return where `a/b/c` may be: a module, a package, or a name in one of them."""
    parts = name.split("/", DEEPEST)[:DEEPEST]
    for last in range(len(parts), 0, -1):
        for end in ENDS if name else ():
            yield posixpath.join(folder, f"{'/'.join(parts[:last])}{end}")


def _read(house: House, path: str) -> Python | None:
    known = _READ.setdefault(house, {})
    if path not in known:
        source = house.files.get(path)
        found = python.parse(source) if source is not None else None
        known[path] = None if isinstance(found, Skip) else found
    return known[path]
