"""All that is wrong in a file: collected, so that it is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from supervisor.config.located import Path
from supervisor.errors import UsageError


class UnfitError(Exception):
    """A value that can't be used: why, and what to do instead of what its kind says."""

    def __init__(self, why: str, todo: str = "") -> None:
        """Keep both halves apart: who knows the key puts them together."""
        super().__init__(why)
        self.why, self.todo = why, todo

    def told(self, what: str, wanted: str = "") -> str:
        """Return the whole sentence; `wanted` is what the kind says."""
        todo = self.todo or f"Write {wanted}"
        return f"cannot use {what}: {self.why}. {todo}{'' if todo.endswith('?') else '.'}"


class Mistakes:
    """The mistakes of one file, each with its line."""

    def __init__(self, file: str, lines: Mapping[Path, int]) -> None:
        """Begin with none."""
        self._file, self._lines = file, lines
        self._told: dict[tuple[int, str], None] = {}
        self._paths: set[Path] = set()

    def add(self, path: Path, told: str) -> None:
        """Note one: "cannot X: why. Do Y."."""
        line = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in told)
        self._told[self.line(path), line] = None
        self._paths.add(path)

    def at(self, path: Path) -> bool:
        """Tell whether a key has one, so that what follows from it is not told as well."""
        return path in self._paths

    def line(self, path: Path) -> int:
        """Return the line of a key, or of the nearest table around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def where(self, path: Path) -> str:
        """Return FILE:LINE."""
        return f"{self._file}:{self.line(path)}"

    def refuse(self) -> None:
        """Raise UsageError with all of them in the order of their lines, if there are any."""
        told = [f"{self._file}:{line}: {text}" for line, text in sorted(self._told)]
        if len(told) > 1:
            told.insert(0, f"cannot use {self._file}: it has {len(told)} mistakes. Correct them:")
        if told:
            raise UsageError("\n".join(told))


def shown(path: Path) -> str:
    """Name a key as a user would: `grace`, `ready.http` of web."""
    if len(path) > 1 and path[0] == "services":
        inner = shown(path[2:])
        return f"{inner} of {path[1]}" if inner else f"service {path[1]}"
    name = "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in path)
    return f"`{name.removeprefix('.')}`" if name else ""


def near(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean X?" for the likeliest of what is known; else nothing."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean `{found[0]}`?" if found else ""
