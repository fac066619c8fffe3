"""A shell script cut into simple commands, as far as a stop is concerned.

This is no shell: conditions are not decided and nothing is expanded. What is asked of it is which
traps there are, what they do, and what follows a `wait`; see table 2 of the idioms in
tests/ops/test_shell.py, each of which was run.
"""

from __future__ import annotations

import re
from typing import Final

from supervisor.core.record import Record
from supervisor.core.signalnames import number as signal_number

OPENERS: Final = ("while", "until", "do", "then", "else", "elif", "if", "{", "(", "!", "time")
CLOSERS: Final = ("done", "fi", "esac", "}", ")")
FUNCTION: Final = re.compile(r"(?:^|[;\n&{]|\bfunction\s)\s*([A-Za-z_]\w*)\s*\(\s*\)\s*\{")
SEPARATORS: Final = ("&&", "||", ";;", "&", ";", "|", "\n")


class Simple(Record):
    """One command: its words, what stands behind it, how many loops and subshells it stands in."""

    words: tuple[str, ...]
    behind: str = ""
    loops: int = 0
    endless: bool = False  # the loop around it is `while true`
    inner: int = 0

    @property
    def name(self) -> str:
        """Return its first word."""
        return self.words[0] if self.words else ""


class Script(Record):
    """The commands of a script, its functions taken out."""

    commands: tuple[Simple, ...]
    functions: tuple[tuple[str, tuple[Simple, ...]], ...] = ()

    def handler(self, number: int) -> tuple[Simple, ...] | None:
        """Return what is done at a signal (0: at the end); None without a trap."""
        found: tuple[Simple, ...] | None = None
        for one in self._everywhere():
            words = one.words if one.name == "trap" and not one.inner else ()
            # One that is taken back is so further on, behind the `wait`.
            if len(words) > 2 and words[1] != "-" and _means(words[2:], number):
                found = self._called(parse(words[1]).commands)
        return found

    def _everywhere(self) -> tuple[Simple, ...]:
        return (*(c for _, body in self.functions for c in body), *self.commands)

    def _called(self, commands: tuple[Simple, ...]) -> tuple[Simple, ...]:
        """Put a function's own commands in its place."""
        bodies = dict(self.functions)
        found: list[Simple] = []
        for one in commands:
            found += bodies.get(one.name, (one,))
        return tuple(found)


def parse(text: str) -> Script:
    """Cut a script up."""
    text = text.replace("\\\n", " ")
    functions = []
    while match := FUNCTION.search(text):
        end = _closing(text, match.end())
        functions.append((match[1], tuple(_simples(text[match.end() : end]))))
        text = f"{text[: match.start(1)].removesuffix('function ')}:{text[end + 1 :]}"
    return Script(tuple(_simples(text)), tuple(functions))


def _closing(text: str, at: int) -> int:
    depth, quote = 1, ""
    while at < len(text):
        letter = text[at]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        else:
            depth += (letter == "{") - (letter == "}")
            if not depth:
                return at
        at += 1
    return at


def _simples(text: str) -> list[Simple]:
    """Return all simple commands in order; loops are counted, not run."""
    found: list[Simple] = []
    loops: list[bool] = []
    for piece, behind, inner in _pieces(text):
        words = _closed(_opened(piece, loops), loops)
        if words[:1] == ["for"]:
            loops.append("((" in "".join(words) and ";;" in "".join(words))
        elif words:
            found.append(Simple(tuple(words), behind, len(loops), any(loops), inner))
    return found


def _opened(words: list[str], loops: list[bool]) -> list[str]:
    """Take off what opens a construct; note whether a loop has an end."""
    while words and words[0] in OPENERS:
        if words[0] in ("while", "until"):
            loops.append(words[0] == "while" and words[1:2] in (["true"], [":"], ["1"]))
        words = words[1:]
    return words


def _closed(words: list[str], loops: list[bool]) -> list[str]:
    while words and words[0] in CLOSERS:
        if words[0] == "done" and loops:
            loops.pop()
        words = words[1:]
    return words


def _pieces(text: str) -> list[tuple[list[str], str, int]]:
    """Return (words, the separator behind them, subshells); no quotes and no comments."""
    pieces: list[tuple[list[str], str, int]] = []
    depth = inner = 0
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(text):
        letter = text[at]
        inner = inner if words or word is not None else depth
        mark = next((s for s in SEPARATORS if text.startswith(s, at)), "")
        if letter in "'\"":
            end = _unquoted(text, at)
            word, at = (word or "") + text[at + 1 : end], end + 1
        elif text.startswith("$(", at):
            end = _paired(text, at + 1)
            word, at = (word or "") + text[at:end], end
        elif letter == "\\":
            word, at = (word or "") + text[at + 1 : at + 2], at + 2
        elif letter == "#" and word is None:
            at = (text + "\n").index("\n", at)
        elif mark and not (
            mark == "&" and (text[at - 1 : at] == ">" or text[at + 1 : at + 2] == ">")
        ):
            words += [word] if word is not None else []
            if words:
                pieces.append((words, mark, inner))
            words, word, at = [], None, at + len(mark)
        elif letter in " \t()":
            words += [word] if word is not None else []
            word, at = None, at + 1
            depth = max(0, depth + (letter == "(") - (letter == ")"))
        else:
            word, at = (word or "") + letter, at + 1
    words += [word] if word is not None else []
    return [*pieces, (words, "", inner)] if words else pieces


def _unquoted(text: str, at: int) -> int:
    quote, end = text[at], at + 1
    while end < len(text) and text[end] != quote:
        end += 2 if quote == '"' and text[end] == "\\" else 1
    return end


def _paired(text: str, at: int) -> int:
    depth = 0
    for end in range(at, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if not depth:
            return end + 1
    return len(text)


def _means(words: tuple[str, ...], number: int) -> bool:
    for word in words:
        if word.upper() == "EXIT" or word == "0":
            if number == 0:
                return True
        elif signal_number(word) == number:
            return True
    return False
