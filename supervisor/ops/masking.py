"""Masks secrets in what others wrote: command lines, and lines of a log."""

from __future__ import annotations

import re
from typing import Final

from supervisor.config.secrets import MASK, PASSWORD, TELLING

_VALUE: Final = r"(?:\"[^\"]*\"|'[^']*'|[^\s;&|]+)"
_NAME: Final = rf"[\w-]*(?:{TELLING.pattern})[\w-]*"
_PUBLIC: Final = r"(?:[\d.:,]+(?![^\s;&|])|[/.~$-])"  # after -p: ports, folders, another option
ASSIGNED: Final = re.compile(rf"({_NAME}=){_VALUE}", re.IGNORECASE)
_QUOTED: Final = re.compile(rf"(\"{_NAME}\"\s*:\s*)(?:\"(?:[^\"\\]|\\.)*\"|\d+)", re.IGNORECASE)
_OPTION: Final = re.compile(rf"((?<![\w-])--?{_NAME}\s+)(?!-){_VALUE}", re.IGNORECASE)
# A header's value ends with its line or at the quote around it; one after a `=` is its own.
_HEADER: Final = r"(?<![\w-])(?:(?:Proxy-)?Authorization|(?:Set-)?Cookie|X-[\w-]*(?:Key|Token))"
_PARTS: Final = r"(?:=\\?\"[^\"\\\n]*\\?\"|(?!\\?\")[^\n])+"
_HEADERS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"({_HEADER}[\"']\s*[:,]\s*b?([\"']))(?:\\.|(?!\2)[^\\])+",
        rf"((?<=')(?:{_HEADER}):[ \t]*)[^'\n]+",
        rf"((?<!')(?:{_HEADER}):[ \t]*){_PARTS}",
    )
)
_SHORT: Final = re.compile(rf"((?<![\w-])-p\s+)(?!{_PUBLIC}){_VALUE}")


def masked(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command line as it may be shown; a word can be a whole script."""
    pairs = zip(("", *argv), argv, strict=False)
    return tuple(_after(before, word) for before, word in pairs)


def masked_line(text: str) -> str:
    """Return a line of a log or of a script as it may be shown."""
    for pattern in (*_HEADERS, _QUOTED, ASSIGNED, _OPTION, _SHORT):
        text = pattern.sub(rf"\1{MASK}", text)
    return PASSWORD.sub(rf"\1{MASK}@", text)


def _after(before: str, word: str) -> str:
    """Mask a word that an option names as a secret; else what is secret inside of it."""
    line = f"{before} ''"  # one word, whatever is in it
    named = _OPTION.match(line) and not word.startswith("-")
    if named or (_SHORT.match(line) and not re.match(_PUBLIC, word)):
        return MASK
    return masked_line(word)
