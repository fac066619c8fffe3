"""The words of a command in a script, as far as they are known without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.reading import shell

if TYPE_CHECKING:
    from supervisor.doctor.reading.shellnodes import Simple, Word

TAKES_A_NAME: Final = ("-a",)


class Argv(Record):
    """A command's words without `exec` and `command`; `execs`: it had `exec`."""

    words: tuple[str, ...]
    execs: bool = False


def argv_of(one: Simple) -> Argv:
    """Return a command's words; what stays unknown stands as it is written, without its quotes."""
    return taken(tuple(shown(word) for word in one.words))


def taken(given: tuple[str, ...]) -> Argv:
    """Take `exec`, `command` and `eval` off a command's words."""
    words, execs = list(given), False
    while words[:1] and words[0] in ("exec", "command", "builtin", "eval"):
        if words[0] == "command" and words[1:2] in (["-v"], ["-V"]):
            break
        if words[0] == "eval":
            line = _evaluated(words[1:])
            if not line:
                break
            words = ["", *line]
        execs = execs or words[0] == "exec"
        del words[0]
        while execs and words[:1] and words[0] in ("-a", "-c", "-l", "-cl", "--"):
            del words[: 2 if words[0] in TAKES_A_NAME else 1]
    return Argv(tuple(words), execs)


def _evaluated(words: list[str]) -> list[str]:
    """Return the words of the only command that `eval` runs; nothing if it may be any."""
    text = " ".join(words)
    if "$(" in text or "`" in text:
        return []
    if " " not in text:
        return words
    found = shell.words(text)
    return [word.text if word.literal is None else word.literal for word in found or ()]


def shown(word: Word) -> str:
    """Return a word without its quotes, or as it is written."""
    if word.literal is not None:
        return word.literal
    text = word.text
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    return text
