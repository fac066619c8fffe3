"""Which Compose files are read together: overrides by their names, and what is included."""

from __future__ import annotations

import posixpath
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from supervisor.doctor.platforms.composing import interpolated
from supervisor.doctor.platforms.merging import laid, over
from supervisor.doctor.reading.yaml import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.services.files import Files

MOST: Final = 64  # files that one includes, or all below it
MOST_IN_ALL: Final = 4000
BASES: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDE: Final = re.compile(r"(?:docker-)?compose[._-]")


class Projects:
    """All Compose files of a tree, by their paths; what is not in the tree is left out."""

    def __init__(self, files: Files, paths: list[str]) -> None:
        """Follow what they include; `files` learns which folders their paths start from."""
        files.homes = _homes(files, paths)
        tops = ((path, top) for path in paths for top in files.documents(path)[:1])
        self._tops = {path: _served(top) for path, top in tops}
        self._all: dict[str, tuple[str, ...]] = {}
        self._known: dict[str, dict[str, Node]] = {}
        self._includes: dict[str, tuple[str, ...]] = {}
        self._earlier: dict[str, str] = {}  # of several files that are included as one
        left = MOST_IN_ALL
        for path, top in self._tops.items():
            found: list[str] = []
            for several in _included(top, files.home(path)):
                left -= len(several)
                if left < 0 or len(found) > MOST:
                    break
                found += several
                for one, following in pairwise(several):
                    self._earlier.setdefault(following, one)
            self._includes[path] = tuple(found)

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the paths of those that have something in them, in order."""
        return tuple(self._tops)

    def included(self, path: str) -> tuple[str, ...]:
        """Return the files that one includes, and those that they include: each once."""
        if path not in self._all:
            found: dict[str, None] = {path: None}
            left = [path]
            while left and len(found) <= MOST:
                for one in self._includes.get(left.pop(0), ()):
                    if one not in found and one in self._tops:
                        found[one] = None
                        left.append(one)
            self._all[path] = tuple(found)[1 : MOST + 1]
        return self._all[path]

    def top(self, path: str) -> Node | None:
        """Return a file's document, its services over those of the files below it."""
        top = self._tops.get(path)
        services = top.get("services") if top else None
        key = top.key("services") if top else None
        below, whole = self._below(path)
        if top is None or services is None or key is None or not below:
            return top
        merged = _over(services, below, whole=whole)
        return top.replace(pairs=(*top.pairs, (key, merged)))

    def _below(self, path: str) -> tuple[dict[str, Node], bool]:
        """Return the services that a file's are put over; and whether all of them are."""
        if path in self._earlier:
            return self._merged(path), True
        folder, name = posixpath.split(path)
        if _OVERRIDE.match(name) and name not in BASES:
            for base in BASES:
                if found := self._services(posixpath.join(folder, base)):
                    return found, "override" in name
        return {}, False

    def _merged(self, path: str) -> dict[str, Node]:
        """Return the services of the files that are included as one with this, and before it."""
        chain: dict[str, None] = {}
        while (path := self._earlier.get(path, "")) and path not in chain and len(chain) < MOST:
            chain[path] = None
        found: dict[str, Node] = {}
        for one in reversed(chain):
            found = over(found, self._services(one))
        return found

    def _services(self, path: str) -> dict[str, Node]:
        """Return a file's services by name, those that it includes as well."""
        if path not in self._known:
            found = self._known[path] = {}
            for one in (*reversed(self.included(path)), path):
                top = self._tops.get(one)
                services = top.get("services") if top else None
                found.update(services.entries() if services else {})
        return self._known[path]


def _served(top: Node) -> Node:
    """Return a document with `services`; the first version of the format had nothing else."""
    own = top.entries() if top.kind == "map" else {}
    if own.keys() & {"services", "version", "include"} or not any(map(_runs, own.values())):
        return top
    key = Node("scalar", top.place, "services")
    return top.replace(pairs=((key, top),))


def _runs(node: Node) -> bool:
    return node.kind == "map" and bool({"image", "build"} & node.entries().keys())


def _homes(files: Files, paths: list[str]) -> dict[str, str]:
    """Return the folders that included files' paths start from, where that isn't their own."""
    found: dict[str, str] = {}
    for path in paths[:MOST_IN_ALL]:
        for top in files.documents(path)[:1]:
            home = posixpath.dirname(path)
            for item in _items(top):
                said = item.get("project_directory") if item.kind == "map" else None
                several = _paths(item, home)
                if several and said is not None and said.kind == "scalar":
                    folder = _inside(home, said.value)
                    found.update((one, folder) for one in several)
                elif len(several) > 1:
                    found.update((one, posixpath.dirname(several[0])) for one in several)
    return found


def _included(top: Node, home: str) -> Iterator[list[str]]:
    """Return what a file includes: one file, or several that are merged."""
    for item in _items(top):
        yield _paths(item, home)


def _items(top: Node) -> tuple[Node, ...]:
    said = top.get("include")
    return said.items[:MOST] if said is not None else ()


def _paths(item: Node, home: str) -> list[str]:
    said = item.get("path") if item.kind == "map" else item
    return [_inside(home, one) for one in said.texts()[:MOST]] if said is not None else []


def _inside(home: str, path: str) -> str:
    found = posixpath.normpath(posixpath.join(home, interpolated(path)))
    return "" if found == "." else found


def _over(services: Node, below: dict[str, Node], *, whole: bool) -> Node:
    """Merge services by name; those of the files below alone are not repeated.

    Of `compose.prod.yml` nobody knows what it is put over: what says its own image may stand alone.
    """
    pairs = []
    for key, node in services.pairs:
        under = below.get(key.value)
        merges = whole or not (node.kind == "map" and {"image", "build"} & node.entries().keys())
        if under is not None and under.kind == node.kind == "map" and merges:
            pairs.append((key, laid(under, node)))
        else:
            pairs.append((key, node))
    return services.replace(pairs=tuple(pairs))
