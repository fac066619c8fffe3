"""A `trap` as a script has it: which signals, and what it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.signalnames import name as signal_name
from supervisor.core.signalnames import number as signal_number
from supervisor.doctor.scripts.handler import handler_of
from supervisor.doctor.scripts.shellfacts import Trap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervisor.doctor.reading.shellnodes import Function, Simple

ESCAPED: Final = re.compile(r'\\([$`"\\])')


def trap_of(
    one: Simple,
    words: tuple[str, ...],
    functions: dict[str, Function],
    each: Mapping[str, tuple[str, ...]],
) -> Trap | None:
    """Read the words of a `trap`; `each`: the variables of the loops around, and their values."""
    while words and words[0] in ("--", "-p", "-l"):
        words = words[1:]
    if not words:
        return None
    text, named = words[0], words[1:]
    if not named:  # `trap TERM` takes it back
        text, named = "-", words
    named = tuple(name for word in named for name in _named(word, each))
    signals = tuple(_signal(word) for word in named)
    prefixed = any(word.upper().startswith("SIG") for word in named)
    handler = None
    if any(word.text == f'"{text}"' for word in one.words):  # the first reading takes these off
        text = ESCAPED.sub(r"\1", text)
    elif len(text) > 1 and text[0] == text[-1] == '"':  # it left them, for those inside of it
        text = ESCAPED.sub(r"\1", text[1:-1])
    if text not in ("-", ""):
        handler = handler_of(text, functions, one.place)
    return Trap(one.place, signals, handler, text == "", prefixed, one)


def _named(word: str, each: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return what a word with a loop's variable becomes: `for S in INT TERM; do trap x $S`."""
    for name, values in each.items():
        for written in (f"${name}", f"${{{name}}}"):
            if written in word:
                return tuple(word.replace(written, value) for value in values)
    return (word,)


def _signal(word: str) -> str:
    upper = word.upper().removeprefix("SIG")
    if upper in ("0", "EXIT"):
        return "EXIT"
    if upper.isdigit():
        known = signal_number(upper)
        return signal_name(known).removeprefix("SIG") if known else upper
    return upper
