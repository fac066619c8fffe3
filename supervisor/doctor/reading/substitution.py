"""Dockerfile variables: `$NAME`, `${NAME}`, `${NAME:-word}` (BuildKit, dockerfile/shell)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 4096  # characters of a value; `ENV A=$A$A`, often enough, would take all memory


def substituted(text: str, values: Mapping[str, str | None], escape: str = "\\") -> str:
    """Return a text without quotes, known variables put in; what isn't known stays as it is.

    What gets longer than LONGEST, and than it is written, stays as it is as well.
    """
    out: list[str] = []
    quote, at, size = "", 0, 0
    while at < len(text):
        char = text[at]
        if char == escape and quote != "'" and at + 1 < len(text):
            following = text[at + 1]
            if quote == '"' and following not in ('"', "$", escape):
                out.append(char)
            out.append(following)
            at += 2
        elif char == quote:
            quote, at = "", at + 1
        elif char in "'\"" and not quote:
            quote, at = char, at + 1
        elif char == "$" and quote != "'":
            value, at = _variable(text, at, values)
            out.append(value)
            size += len(value)
            if size > max(LONGEST, len(text)):
                return text
        else:
            out.append(char)
            at += 1
    return "".join(out)


def _variable(text: str, at: int, values: Mapping[str, str | None]) -> tuple[str, int]:
    """Return what stands for the variable at `$`, and where the text goes on."""
    braces = text[at + 1 : at + 2] == "{"
    start = end = at + 1 + braces
    while end < len(text) and (text[end] == "_" or (text[end].isascii() and text[end].isalnum())):
        end += 1
    name = text[start:end]
    if not braces:
        known = values.get(name)
        return (text[at:end] if known is None else known), end
    close = text.find("}", end)
    if close < 0:
        return text[at:], len(text)
    whole, operation = text[at : close + 1], text[end:close]
    known = values.get(name)
    if not operation:
        return (whole if known is None else known), close + 1
    if "$" in operation:  # a variable inside: what it gives is not known here
        return whole, close + 1
    sign, word = operation[:2], operation[2:]
    if not operation.startswith(":"):
        sign, word = operation[:1], operation[1:]
    missing = known is None if name not in values or not sign.startswith(":") else not known
    if sign in (":-", "-"):
        return (word if missing else known or ""), close + 1
    if sign in (":+", "+"):
        return ("" if missing else word), close + 1
    return whole, close + 1
