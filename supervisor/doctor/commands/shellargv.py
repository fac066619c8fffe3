"""The words of a command in a script, as far as they are known without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Script, Simple, Word, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

TAKES_A_NAME: Final = ("-a",)


class Argv(Record):
    """A command's words without `exec` and `command`; `execs`: it had `exec`."""

    words: tuple[str, ...]
    execs: bool = False


class Variables:
    """What variables are worth that are given a value once, and nowhere else."""

    def __init__(self, script: Script, environment: Mapping[str, str]) -> None:
        """Count who is given values."""
        self._times: dict[str, int] = {}
        self._values: dict[str, str] = dict(environment)
        for one in walk(script.body):
            for given in one.assignments if isinstance(one, Simple) else ():
                self._times[given.name] = self._times.get(given.name, 0) + 1
                self._values.pop(given.name, None)

    def note(self, one: Simple) -> None:
        """Remember what a command gives a value that has only this one."""
        for given in one.assignments:
            if self._times.get(given.name) == 1 and given.value.literal is not None:
                self._values[given.name] = given.value.literal

    def value(self, word: Word) -> str | None:
        """Return what `$NAME` or `"${NAME}"` is worth; None if nobody can tell."""
        text = word.text.strip('"')
        if not text.startswith("$"):
            return None
        name = text[1:].removeprefix("{").removesuffix("}")
        return self._values.get(name) if name.isidentifier() else None


def argv_of(one: Simple, variables: Variables | None = None) -> Argv:
    """Return a command's words; what stays unknown stands as it is written, without its quotes."""
    words: list[str] = []
    for at, word in enumerate(one.words):
        known = variables.value(word) if variables and word.literal is None else None
        if known is None:
            words.append(shown(word))
        elif word.quoted:
            words.append(known)
        else:
            split = shell.words(known)
            literal = [w.literal or w.text for w in split] if split else known.split()
            words.extend(literal if at == 0 or split else [known])
    execs = False
    while words[:1] and words[0] in ("exec", "command", "builtin", "eval"):
        if words[0] == "command" and words[1:2] in (["-v"], ["-V"]):
            break
        if words[0] == "eval" and (len(words) < 2 or "$(" in words[1] or " " in words[1]):
            break
        execs = execs or words[0] == "exec"
        del words[0]
        while execs and words[:1] and words[0] in ("-a", "-c", "-l", "-cl", "--"):
            del words[: 2 if words[0] in TAKES_A_NAME else 1]
    return Argv(tuple(words), execs)


def shown(word: Word) -> str:
    """Return a word without its quotes, or as it is written."""
    if word.literal is not None:
        return word.literal
    text = word.text
    if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    return text
