"""Lines: where each key of a TOML document stands, which tomllib does not tell."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Path = tuple[str | int, ...]  # names of keys, and numbers of a list's items

SPACE = re.compile(r"[ \t]*")
BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
BARE = re.compile(r"[A-Za-z0-9_-]+")
STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\])*"' r"|'[^']*'", re.DOTALL
)
SCALAR = re.compile(r"[^,\]}\n#]+")
MOST_PARTS = 100  # of a path: tomllib and `lines` keep each beginning of it: memory by the square
TEXT = re.compile(  # also one that does not end, so that looking for them all is one walk
    r'"""(?:\\.|(?!""")[^\\])*+(?:"{3,5})?'
    r"|'''(?:(?!''')[\s\S])*+(?:'{3,5})?"
    r"""|"(?:\\.|[^"\\\n])*+"?|'[^'\n]*+'?|#[^\n]*+""",
    re.DOTALL,
)
BETWEEN = re.compile(r"[=,\[\]{}\n]")


def load(text: str) -> tuple[dict[str, Any], dict[Path, int]]:
    """Return a document, and its lines; RecursionError for what is too deep to be read."""
    for piece in BETWEEN.split(TEXT.sub("", text)):
        if piece.count(".") >= MOST_PARTS:  # more than any value has
            raise RecursionError("keys inside each other too deeply")
    return tomllib.loads(text), lines(text)


def lines(text: str) -> dict[Path, int]:
    """Return the line of every key and item of a document that tomllib has taken.

    RecursionError if one stands too deeply, as tomllib raises for values.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Scanner:
    """Walks over a document that is known to be right, so it looks at little."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self._tables: dict[Path, int] = {}  # arrays of tables, and how many they have

    def document(self) -> None:
        """Read it from the first line to the last."""
        here: Path = ()
        while self._skip(BLANK) < len(self.text):
            if self.text[self.at] == "[":
                here = self._header()
            else:
                self._pair(here)

    def _header(self) -> Path:
        """Read `[a.b]` or `[[a.b]]`; return the path of the table that it opens."""
        line = self._line()
        several = self.text.startswith("[[", self.at)
        self.at += 1 + several
        *parents, name = self._key()
        self._skip(SPACE)
        self.at += 1 + several
        path: Path = ()
        for parent in parents:
            path += (parent,)
            self.lines.setdefault(path, line)
            if path in self._tables:
                path += (self._tables[path] - 1,)
        path += (name,)
        if several:
            self.lines.setdefault(path, line)
            self._tables[path] = self._tables.get(path, 0) + 1
            path += (self._tables[path] - 1,)
        self.lines[path] = line
        return path

    def _pair(self, here: Path) -> None:
        """Read `a.b = value`."""
        line = self._line()
        for name in self._key():
            here += (name,)
            self.lines.setdefault(here, line)
        self._skip(SPACE)
        self.at += 1  # the equals sign
        self._skip(SPACE)
        self._value(here)

    def _key(self) -> list[str]:
        names: list[str] = []
        while True:
            self._skip(SPACE)
            pattern = STRING if self.text[self.at] in "\"'" else BARE
            word = self._take(pattern)
            names.append(tomllib.loads(f"x={word}")["x"] if pattern is STRING else word)
            _bounded(names)
            self._skip(SPACE)
            if self.text[self.at] != ".":
                return names
            self.at += 1

    def _value(self, path: Path) -> None:
        _bounded(path)
        first = self.text[self.at]
        if first in "\"'":
            self._take(STRING)
        elif first == "[":
            self._items(path)
        elif first == "{":
            self.at += 1
            while self.text[self._skip(BLANK)] != "}":
                self._pair(path)
                self._comma()
            self.at += 1
        else:
            self._take(SCALAR)

    def _items(self, path: Path) -> None:
        self.at += 1
        number = 0
        while self.text[self._skip(BLANK)] != "]":
            item = (*path, number)
            self.lines[item] = self._line()
            self._value(item)
            self._comma()
            number += 1
        self.at += 1

    def _comma(self) -> None:
        if self.text[self._skip(BLANK)] == ",":
            self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _take(self, pattern: re.Pattern[str]) -> str:
        start = self.at
        return self.text[start : self._skip(pattern)]

    def _line(self) -> int:
        return bisect_left(self._breaks, self.at) + 1


def _bounded(path: Sequence[str | int]) -> None:
    if len(path) > MOST_PARTS:
        raise RecursionError("keys inside each other too deeply")
