"""Looks at what a user names: trees, files in their trees, images; all told in one."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.examine import all_rules, examined
from supervisor.doctor.finding import ORDER, Edit, Finding, Place, Skip
from supervisor.doctor.house.house import House
from supervisor.doctor.ignoring import heeded, ignores_of
from supervisor.doctor.reading.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.rule import Rule
    from supervisor.doctor.settings import Settings

PLACED: Final = re.compile(r"^(?P<path>[^:\s]+):(?=\d+(:|$))")


class Visit(Record):
    """One house, and how its paths are shown.

    `root`    the tree's folder; empty for an image
    `prefix`  what stands before its paths: from the folder where the command runs
    `only`    paths in it whose findings are wanted; empty: all
    """

    house: House
    root: str = ""
    prefix: str = ""
    only: frozenset[str] = frozenset()

    def shown(self, path: str) -> str:
        """Return a path of the house as it is told."""
        return posixpath.normpath(posixpath.join(self.prefix, path)) if path else ""


class Change(Record):
    """What an edit does: lines of a file, before and after."""

    place: Place
    before: tuple[str, ...]
    after: tuple[str, ...]


class Item(Record):
    """A finding with shown paths, and the lines that it is about: `(number, text)`."""

    finding: Finding
    lines: tuple[tuple[int, str], ...] = ()
    file: str = ""  # on disk; empty: there is none
    root: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def text(self) -> str:
        """Return the line that it begins on; empty where there is none."""
        return self.lines[0][1] if self.lines else ""


class Checkup(Record):
    """All that is told. `hidden`: below the severity; `known`: in the baseline."""

    items: tuple[Item, ...]
    skips: tuple[Skip, ...] = ()
    files: int = 0
    services: int = 0
    ignored: int = 0
    hidden: int = 0
    known: int = 0

    def count(self, severity: str) -> int:
        """Return how many findings have a severity."""
        return sum(one.finding.severity == severity for one in self.items)


def visits(paths: Iterable[str], settings: Settings) -> Iterator[Visit]:
    """Read the trees of some paths: one house for each folder, one for the files of a tree."""
    folders: dict[str, set[str]] = {}
    for path in paths:
        real = os.path.realpath(path)
        if Path(real).is_dir():
            folders.setdefault(real, set()).add("")
        else:
            root = _tree_of(real)
            folders.setdefault(root, set()).add(os.path.relpath(real, root))
    for root, names in folders.items():
        only = frozenset() if "" in names else frozenset(names)
        yield _visit(root, only, settings)


def _tree_of(file: str) -> str:
    """Return the repository that a file is in, else its folder."""
    for folder in Path(file).parents:
        if (folder / ".git").exists():
            return str(folder)
    return str(Path(file).parent)


def _visit(root: str, only: frozenset[str], settings: Settings) -> Visit:
    tree = walk(root)
    base = str(Path(settings.file).parent.resolve()) if settings.file else root
    inside = os.path.relpath(root, base)
    sources = [one for one in tree.sources if not _excluded(one.path, inside, settings.exclude)]
    skips = list(tree.skips)
    for name in sorted(only - {one.path for one in sources}):
        alone = walk(f"{root}/{name}")
        sources += [one.replace(path=name) for one in alone.sources]
        skips += [Skip(Place(name), one.why) for one in alone.skips]
    if only:
        skips = [one for one in skips if one.place.path in only]
    relative = os.path.relpath(root)
    prefix = root if relative.startswith("../..") else relative
    return Visit(House(sources, skips, tree.links), root, "" if prefix == "." else prefix, only)


def _excluded(path: str, inside: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a pattern names a path, or a folder above it."""
    whole = posixpath.normpath(posixpath.join(inside, path))
    parts = whole.split("/")
    names = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return any(fnmatch.fnmatch(one, each.rstrip("/")) for each in patterns for one in names)


def check(visits: Iterable[Visit], rules: Iterable[Rule], settings: Settings) -> Checkup:
    """Ask the rules about every house, and keep what the settings want told."""
    rules = tuple(rules)
    total = Checkup(())
    for visit in visits:
        total = _joined(total, _checked(visit, rules, settings))
    return total


def _checked(visit: Visit, rules: tuple[Rule, ...], settings: Settings) -> Checkup:
    house, only = visit.house, visit.only
    comments = [
        one
        for source in house.files
        for one in house.guard.each("reading its comments", source.place(1), ignores_of, source)
    ]
    seen = examined(house, rules)
    asked, known = ({rule.id for rule in some} for some in (rules, all_rules()))
    left, ignored = heeded(seen.findings, comments, asked, known)
    left = [one for one in left if not only or one.place.path in only]
    told = [one for one in left if settings.tells(one.severity)]
    told.sort(key=lambda one: (one.place.path, one.place.line, ORDER[one.severity], one.id))
    skips = [one for one in seen.skips if not only or one.place.path in only | {""}]
    return Checkup(
        tuple(_item(one, visit) for one in told),
        tuple(one.replace(place=_moved(one.place, visit)) for one in skips),
        files=sum(not only or source.path in only for source in house.files),
        services=len(house.services),
        ignored=ignored,
        hidden=len(left) - len(told),
    )


def _joined(one: Checkup, other: Checkup) -> Checkup:
    both = one.as_dict(), other.as_dict()
    return Checkup(**{name: both[0][name] + both[1][name] for name in both[0]})


def _item(one: Finding, visit: Visit) -> Item:
    files = visit.house.files
    source = files.get(one.place.path)
    lines = tuple(_lines(source, one.place)) if source else ()
    edits = one.edits if visit.root else ()
    finding = one.replace(
        place=_moved(one.place, visit),
        edits=tuple(Edit(_moved(edit.place, visit), edit.text) for edit in edits),
        facts=tuple(_fact(fact, visit) for fact in _elsewhere(one)),
    )
    changes = tuple(
        Change(
            _moved(edit.place, visit),
            tuple(text for _, text in _lines(changed, edit.place)),
            tuple(edit.text.split("\n")),
        )
        for edit in edits
        if (changed := files.get(edit.place.path))
    )
    file = f"{visit.root}/{one.place.path}" if visit.root else ""
    return Item(finding, lines, file, visit.root, changes)


def _lines(source: Source, place: Place) -> Iterator[tuple[int, str]]:
    for number in range(place.line, min(place.last, len(source.lines)) + 1):
        yield number, source.line(number)


def _moved(place: Place, visit: Visit) -> Place:
    return place.replace(path=visit.shown(place.path))


def _elsewhere(one: Finding) -> Iterator[str]:
    """Leave out what only says again where the finding is."""
    return (fact for fact in one.facts if not fact.startswith(f"{one.place}: runs "))


def _fact(fact: str, visit: Visit) -> str:
    found = PLACED.match(fact)
    if found is None or visit.house.files.get(found["path"]) is None:
        return fact
    return visit.shown(found["path"]) + fact[found.end() - 1 :]
