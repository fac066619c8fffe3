"""One word of a shell: what is left without its quotes (POSIX.1-2017, XCU 2.2)."""

from __future__ import annotations

from typing import Final

ANSI_C: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f"}


def unquoted(text: str) -> tuple[str | None, bool]:
    """Return a word without quotes, None if it is expanded, and whether it had quotes.

    Patterns (`*.pid`) and `~` stay as they are: without the files nobody knows what they give.
    """
    out: list[str] = []
    quoted, at = False, 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
            if text[at : at + 1] != "\n":
                out.append(text[at : at + 1])
                quoted = True
        elif char in "'\"":
            part, at = (_single if char == "'" else _double)(text, at + 1)
            quoted = True
            if part is None:
                return None, True
            out.append(part)
        elif char == "$" and text[at + 1 : at + 2] == "'":
            part, at = _ansi(text, at + 2)
            quoted = True
            out.append(part)
        elif char == "`" or (char == "$" and _expands(text, at)):
            return None, quoted or '"' in text
        elif char in "<>" and text[at + 1 : at + 2] == "(":
            return None, quoted
        else:
            out.append(char)
        at += 1
    return "".join(out), quoted


def _expands(text: str, at: int) -> bool:
    following = text[at + 1 : at + 2]
    return (following.isascii() and following.isalnum()) or (
        following != "" and following in '_{(@*#?$!-"'
    )


def _single(text: str, at: int) -> tuple[str, int]:
    end = text.find("'", at)
    end = end if end >= 0 else len(text)
    return text[at:end], end


def _double(text: str, at: int) -> tuple[str | None, int]:
    out: list[str] = []
    while at < len(text) and text[at] != '"':
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("$", "`", '"', "\\", "\n"):
            at += 1
            if text[at] != "\n":
                out.append(text[at])
        elif char == "`" or (char == "$" and text[at + 1 : at + 2] != '"' and _expands(text, at)):
            return None, at
        else:
            out.append(char)
        at += 1
    return "".join(out), at


def _ansi(text: str, at: int) -> tuple[str, int]:
    out: list[str] = []
    while at < len(text) and text[at] != "'":
        if text[at] == "\\":
            at += 1
            out.append(ANSI_C.get(text[at : at + 1], text[at : at + 1]))
        else:
            out.append(text[at])
        at += 1
    return "".join(out), at
