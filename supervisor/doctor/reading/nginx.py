"""nginx's configuration, cut into words as ngx_conf_read_token does (src/core/ngx_conf_file.c).

One file only: an `include` stays a directive.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.finding import Place, Skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.reading.source import Source

DEEPEST: Final = 50
MOST: Final = 50_000  # words
TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+) | (?P<comment>\#[^\n]*) | (?P<sign>[{};])
    | "(?P<double>(?:\\.|[^"\\])*)" | '(?P<single>(?:\\.|[^'\\])*)'
    | (?P<word>(?:\\.|\$\{[^}\s]*\}?|[^\s;{}\\"']|\\$)(?:\\.|\$\{[^}\s]*\}?|[^\s;{\\]|\\$)*)""",
    re.VERBOSE | re.DOTALL,
)
LUA: Final = re.compile(r"""[{}]|--[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""")
QUOTED: Final = re.compile(r"\\([\"'\\])")


class Directive(Record):
    """`name args;` or `name args { block }`; `place` spans its block."""

    name: str
    args: tuple[str, ...]
    place: Place
    block: tuple[Directive, ...] | None = None

    def all(self, name: str) -> tuple[Directive, ...]:
        """Return the directives of that name in its block."""
        return tuple(each for each in self.block or () if each.name == name)


class _Unreadable(Exception):  # noqa: N818 - becomes a Skip
    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


def parse(source: Source) -> tuple[Directive, ...] | Skip:
    """Read a file's text; a Skip with its line where nginx would refuse it."""
    try:
        return _directives(source)
    except _Unreadable as error:
        return Skip(source.place(error.line), f"not nginx's: {error}")


def walk(directives: tuple[Directive, ...]) -> Iterator[Directive]:
    """Return all directives in order, outer ones first."""
    left = list(reversed(directives))
    while left:
        each = left.pop()
        yield each
        left.extend(reversed(each.block or ()))


def _directives(source: Source) -> tuple[Directive, ...]:
    blocks: list[list[Directive]] = [[]]
    opened: list[tuple[list[str], int]] = []
    words: list[str] = []
    first = line = 1
    for said, line, sign in _tokens(source.text):
        if not sign:
            first = first if words else line
            words.append(said)
        elif said == ";" and words:
            blocks[-1].append(Directive(words[0], tuple(words[1:]), source.place(first, line)))
            words = []
        elif said == "{" and words:
            if len(opened) >= DEEPEST:
                raise _Unreadable(line, "blocks inside each other too deeply")
            opened.append((words, first))
            blocks.append([])
            words = []
        elif said == "}" and opened and not words:
            done, (name, *args), begun = tuple(blocks.pop()), *opened.pop()
            blocks[-1].append(Directive(name, tuple(args), source.place(begun, line), done))
        elif said != ";":
            raise _Unreadable(line, f'unexpected "{said}"')
    if opened or words:
        raise _Unreadable(line, "its end is missing")
    return tuple(blocks[0])


def _tokens(text: str) -> Iterator[tuple[str, int, bool]]:
    """Return words and signs with their lines; what Lua says in a block is left out."""
    at, line, count, word = 0, 1, 0, ""
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise _Unreadable(line, "a quote is not closed")
        kind, said, at = match.lastgroup, match[match.lastgroup or 0], match.end()
        if kind == "sign":
            yield said, line, True
            if said == "{" and word.endswith("_by_lua_block"):
                start, at = at, _lua_end(text, at)
                line += text.count("\n", start, at)
        elif kind not in ("blank", "comment"):
            word = said if kind == "word" else QUOTED.sub(r"\1", said)
            yield word, line, False
        line += match[0].count("\n")
        count += 1
        if count > 2 * MOST:
            raise _Unreadable(line, f"more than {MOST} words")


def _lua_end(text: str, at: int) -> int:
    """Return where the brace is that closes a block of Lua."""
    depth = 1
    for match in LUA.finditer(text, at):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return len(text)
