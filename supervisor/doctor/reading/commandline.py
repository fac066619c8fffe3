"""One command's text as the words that a shell, or shlex, makes of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Simple

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 64 * 1024  # characters


class Command(Record):
    """A command without what only a shell does.

    `argv`      its words; one that is expanded stays as written (`$PORT`)
    `env`       `NAME=value` before it
    `execs`     whether `exec` puts it in the shell's place
    `expanded`  positions in `argv` whose words the shell expands
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    execs: bool = False
    expanded: tuple[int, ...] = ()
    redirected: bool = False


def simple(text: str) -> Command | None:
    """Return the command of a shell's line; None for more than one, or none at all."""
    script = shell.parse(text)
    if isinstance(script, Skip) or script.has_error or len(script.body) != 1:
        return None
    only = script.body[0]
    return command(only) if isinstance(only, Simple) and not only.background else None


def command(node: Simple) -> Command | None:
    """Return a simple command of a script without `exec` and its options; None without words."""
    words = list(node.words)
    execs = bool(words) and words[0].literal == "exec"
    if execs:
        words = words[_exec_options([word.text for word in words]) :]
    if not words:
        return None
    return Command(
        argv=tuple(word.text if word.literal is None else word.literal for word in words),
        env=tuple(
            (each.name, each.value.text if each.value.literal is None else each.value.literal)
            for each in node.assignments
        ),
        execs=execs,
        expanded=tuple(at for at, word in enumerate(words) if word.literal is None),
        redirected=bool(node.redirects),
    )


def _exec_options(texts: Sequence[str]) -> int:
    """Return where the program of `exec [-cl] [-a name] [--] program` is."""
    at = 1
    while at < len(texts) and texts[at].startswith("-"):
        if texts[at] == "--":
            return at + 1
        at += 2 if texts[at].endswith("a") else 1
    return at


def shlexed(text: str) -> tuple[str, ...] | None:
    """Return the words as supervisord and GUNICORN_CMD_ARGS cut them; None if a quote is open."""
    if len(text) > LONGEST:
        return None
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return None
