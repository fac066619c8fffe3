"""Walks a tree and reads the files that matter; nothing else here touches the disk.

Folders and files are opened one inside the other, by descriptors and without following links: what
is put in place of a folder while we walk leads nowhere.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.finding import Place, Skip
from supervisor.doctor.reading import kinds
from supervisor.doctor.reading.source import LARGEST, Source, decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD: Final = 4096  # bytes that tell what a file is
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO doesn't block
FOLDER: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
FOREIGN: Final = (  # written by others, or made
    {".git", ".hg", ".svn"}
    | {"node_modules", "bower_components", "vendor", "site-packages"}
    | {".venv", "venv", "virtualenv", "__pycache__"}
    | {".tox", ".nox", ".eggs", ".cache"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".terraform", ".idea"}
)
TEMPLATES: Final = {
    kinds.TEMPLATE: "a template: what it makes isn't known before it is rendered",
    kinds.HELM: "a Helm template: render the chart (`helm template . --output-dir rendered`)"
    " and look at that folder",
}
CHART: Final = ("Chart.yaml", "Chart.yml")


class Limits(Record):
    """How much is looked at."""

    entries: int = 200_000
    files: int = 20_000
    bytes: int = 256 * 1024 * 1024
    depth: int = 40


class Tree(Record):
    """What was found. `links`: links inside the tree, and the paths that they lead to."""

    sources: tuple[Source, ...]
    skips: tuple[Skip, ...] = ()
    links: Mapping[str, str] = {}


def walk(root: str, limits: Limits = Limits()) -> Tree:  # noqa: B008 - a frozen record
    """Read what matters in a folder, or one file."""
    reading = _Walk(os.path.realpath(root), limits)
    try:
        if Path(reading.root).is_dir():
            fd = os.open(reading.root, FOLDER)
            reading.folder(fd, "", 0)
        else:
            folder, name = os.path.split(reading.root)
            fd = os.open(folder, FOLDER)
            try:
                reading.file(fd, name, name, named=True)
            finally:
                os.close(fd)
    except OSError as error:
        reading.skip("", f"cannot be read: {error.strerror}")
    except _EnoughError as enough:
        reading.skip("", str(enough))
    reading.unread_links()
    return Tree(tuple(reading.sources), tuple(reading.skips), reading.links)


class _EnoughError(Exception):
    """A limit is reached."""


class _Walk:
    def __init__(self, root: str, limits: Limits) -> None:
        self.root, self.limits = root, limits
        self.sources: list[Source] = []
        self.skips: list[Skip] = []
        self.links: dict[str, str] = {}
        self._seen = self._bytes = 0
        self._charts: set[str] = set()  # folders of Helm charts

    def skip(self, path: str, why: str) -> None:
        """Say that a file is not read."""
        self.skips.append(Skip(Place(_shown(path) or "."), why))

    def folder(self, fd: int, path: str, depth: int) -> None:
        """Look at a folder's entries, by name; closes `fd`."""
        try:
            with os.scandir(fd) as entries:
                found = []
                for entry in entries:
                    self._seen += 1
                    if self._seen > self.limits.entries:
                        raise _EnoughError(f"more than {self.limits.entries} files: the rest")
                    found.append(entry)
            if any(entry.name == "pyvenv.cfg" for entry in found):  # a virtual environment
                return
            if any(entry.name in CHART for entry in found):
                self._charts.add(path)
            for entry in sorted(found, key=lambda entry: entry.name):
                self._entry(fd, entry, f"{path}/{entry.name}" if path else entry.name, depth)
        finally:
            os.close(fd)

    def _entry(self, fd: int, entry: os.DirEntry[str], path: str, depth: int) -> None:
        try:
            if entry.is_symlink():
                self._link(path)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name in FOREIGN:
                    return
                if depth >= self.limits.depth:
                    self.skip(path, "folders inside each other too deeply")
                    return
                self.folder(os.open(entry.name, FOLDER, dir_fd=fd), path, depth + 1)
            elif kinds.by_name(path) != kinds.UNWANTED:
                self.file(fd, entry.name, path)
        except OSError as error:
            self.skip(path, f"cannot be read: {error.strerror}")

    def _link(self, path: str) -> None:
        """Remember where a link leads, if that is inside; what it leads to is read by itself."""
        target = os.path.realpath(f"{self.root}/{path}")
        if target.startswith(f"{self.root}/"):
            self.links[_shown(path)] = _shown(target[len(self.root) + 1 :])
        elif kinds.by_name(path) not in (kinds.UNWANTED, kinds.UNKNOWN):
            self.skip(path, "a link that leads out of the tree")

    def unread_links(self) -> None:
        """Say which links have a name that matters, and lead to what is not read as such."""
        told = {one.path for one in self.sources} | {one.place.path for one in self.skips}
        for path, target in self.links.items():
            if target not in told and kinds.by_name(path) not in (kinds.UNWANTED, kinds.UNKNOWN):
                self.skip(path, f"a link to {target}, which is not read under its own name")

    def file(self, folder: int, name: str, path: str, *, named: bool = False) -> None:
        """Read a file if it matters; `named`: somebody asked for this one."""
        fd = os.open(name, FILE, dir_fd=folder)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                self.skip(path, "not a file")
                return
            self._contents(fd, path, bool(status.st_mode & 0o111), named=named)
        finally:
            os.close(fd)

    def _contents(self, fd: int, path: str, executable: bool, *, named: bool) -> None:
        head = os.read(fd, HEAD)
        kind = kinds.by_name(path)
        if kind in (kinds.UNKNOWN, kinds.UNWANTED):
            start = decoded(head, path)
            text = start.text if isinstance(start, Source) else ""
            kind = kinds.by_text(path, text)
        if kind == kinds.UNWANTED:
            if named:
                self.skip(path, "not known what it is")
            return
        if kind in TEMPLATES:
            self.skip(path, TEMPLATES[kind])
            return
        self._keep(decoded(_all(fd, head), _shown(path)), kind, executable)

    def _template(self, source: Source, kind: str) -> str:
        """Return which template a file is, all of it being known."""
        parts = source.path.split("/")[:-1]
        above = ("/".join(parts[:at]) for at, name in enumerate(parts) if name == "templates")
        chart = any(folder in self._charts for folder in above)
        wanted = chart or kind in ("kubernetes", "compose")
        return kinds.template(source.text, chart=chart) if wanted else ""

    def _keep(self, read: Source | Skip, kind: str, executable: bool) -> None:
        if isinstance(read, Skip):
            self.skips.append(read)
            return
        if made := self._template(read, kind):
            self.skip(read.path, TEMPLATES[made])
            return
        self._bytes += len(read.text)
        if len(self.sources) >= self.limits.files or self._bytes > self.limits.bytes:
            raise _EnoughError(f"more than {len(self.sources)} files to read: the rest")
        self.sources.append(read.replace(kind=kind, executable=executable))


def _all(fd: int, head: bytes) -> bytes:
    """Return what there is, or one byte more than is read of any file."""
    parts, size = [head], len(head)
    while parts[-1] and size <= LARGEST:
        parts.append(os.read(fd, LARGEST + 1 - size))
        size += len(parts[-1])
    return b"".join(parts)


def _shown(path: str) -> str:
    """Return a path without bytes that are no characters."""
    return path.encode(errors="surrogateescape").decode(errors="replace")
