"""The files of a tree by their paths and names, each parsed once, when somebody asks."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final, TypeVar

from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import (
    dockerfile,
    fly,
    ini,
    nginx,
    python,
    shell,
    uwsgiformats,
    yaml,
)
from supervisor.doctor.reading.dockernodes import Dockerfile
from supervisor.doctor.reading.pythonnodes import Python
from supervisor.doctor.reading.shellnodes import Script
from supervisor.doctor.reading.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from supervisor.doctor.reading.uwsgiformats import Section
    from supervisor.doctor.scripts.shellfacts import ShellFacts
    from supervisor.doctor.services.image import Image

_T = TypeVar("_T")
MOST_NAMESAKES: Final = 64  # beyond, only a file beside the Dockerfile is meant


class Files:
    """Sources that were read; whatever can't be parsed is told once, as a Skip."""

    def __init__(self, sources: Iterable[Source]) -> None:
        """Take sources in."""
        self.by_path = {source.path: source for source in sources}
        self.skips: list[Skip] = []
        self._named: dict[str, list[str]] = {}
        self._parsed: dict[tuple[str, str], object] = {}
        self._sections: dict[tuple[str, Source], tuple[Section, ...] | Skip] = {}
        self._folders: dict[str, list[str]] = {}
        self._holding: set[str] | None = None
        self.built: dict[tuple[str, str], tuple[Image, ...]] = {}  # images by Dockerfile, context
        self.homes: dict[str, str] = {}  # of Compose files that others include; see including.py
        self.facts: dict[object, ShellFacts] = {}  # of scripts, by all that they depend on
        for path in sorted(self.by_path):
            self._folders.setdefault(posixpath.dirname(path), []).append(path)
            self._named.setdefault(posixpath.basename(path), []).append(path)

    def __iter__(self) -> Iterator[Source]:
        """Return them in order of their paths."""
        return (self.by_path[path] for path in sorted(self.by_path))

    def get(self, path: str) -> Source | None:
        """Return a source by its path in the tree."""
        return self.by_path.get(posixpath.normpath(path)) if path else None

    def home(self, path: str) -> str:
        """Return the folder that paths in a Compose file start from."""
        return self.homes.get(path, posixpath.dirname(path))

    def named(self, name: str, near: str = "") -> Source | None:
        """Return the only file of that name; of several, the only one in or below `near`."""
        base = posixpath.basename(name)
        paths = self._named.get(base, [])
        if len(paths) > 1:
            beside = self.by_path.get(posixpath.join(near, base))
            if beside is not None or not near or len(paths) > MOST_NAMESAKES:
                return beside
            paths = [path for path in paths if path.startswith(f"{near}/")]
        return self.by_path[paths[0]] if len(paths) == 1 else None

    def has(self, *names: str) -> bool:
        """Tell whether a file of one of these names is anywhere."""
        return any(name in self._named for name in names)

    def holds(self, folder: str) -> bool:
        """Tell whether there is a folder with anything in it, or in folders in it."""
        if self._holding is None:
            self._holding = set()
            left = list(self._folders)
            while left:
                one = left.pop()
                if one not in self._holding:
                    self._holding.add(one)
                    left.append(posixpath.dirname(one))
        return folder in self._holding

    def inside(self, folder: str) -> tuple[str, ...]:
        """Return the paths of a folder's files, those of folders in it left out."""
        return tuple(self._folders.get(folder, ()))

    def dockerfile(self, path: str) -> Dockerfile | None:
        """Return a Dockerfile."""
        return self._once("dockerfile", path, dockerfile.parse, Dockerfile)

    def script(self, path: str) -> Script | None:
        """Return a shell script."""

        def parse(source: Source) -> Script | Skip:
            return shell.parse(source.text, path=source.path)

        return self._once("shell", path, parse, Script)

    def documents(self, path: str) -> tuple[yaml.Node, ...]:
        """Return a YAML file's documents."""
        return self._once("yaml", path, yaml.parse, tuple) or ()

    def ini(self, path: str, dialect: str) -> ini.Ini | None:
        """Return an ini file; `dialect` as for reading/ini.py."""

        def parse(source: Source) -> ini.Ini | Skip:
            return ini.parse(source, dialect)

        return self._once(f"ini {dialect}", path, parse, ini.Ini)

    def uwsgi(self, source: Source, form: str) -> tuple[Section, ...] | Skip:
        """Return the sections of uWSGI's YAML, JSON or XML; of a here-document, too."""
        key = (form, source)
        if key not in self._sections:
            found = self._sections[key] = uwsgiformats.parse(source, form)
            if isinstance(found, Skip):
                self.skips.append(found)
        return self._sections[key]

    def fly(self, path: str) -> fly.Fly | None:
        """Return a fly.toml."""
        return self._once("fly", path, fly.parse, fly.Fly)

    def nginx(self, path: str) -> tuple[nginx.Directive, ...]:
        """Return an nginx file's directives."""
        return self._once("nginx", path, nginx.parse, tuple) or ()

    def python(self, path: str) -> Python | None:
        """Return a Python file that can say anything about its end."""
        source = self.get(path)
        if source is None or not python.telling(source):
            return None
        return self._once("python", path, python.parse, Python)

    def _once(
        self, kind: str, path: str, parse: Callable[[Source], object], wanted: type[_T]
    ) -> _T | None:
        source = self.get(path)
        if source is None:
            return None
        key = (kind, source.path)
        if key not in self._parsed:
            found = parse(source)
            if isinstance(found, Skip):
                self.skips.append(found)
            self._parsed[key] = found
        value = self._parsed[key]
        return value if isinstance(value, wanted) else None
