"""The programs that take a listener from us, and which of them a command runs."""

from __future__ import annotations

import os

from supervisor.servers import granian, gunicorn, hypercorn, nginx, uvicorn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from supervisor.servers.program import Program

TAKES_VALUE = "XW"  # of Python's own options


def find(command: Sequence[str]) -> tuple[Program, int] | None:
    """Return the program that a command runs, and how many words name it; None for a stranger."""
    name = os.path.basename(command[0])
    if name.startswith(("python", "pypy")):
        name, length = _module(command)
    else:
        length = 1
    found = (one for one in known() if name in (one.name, *one.other_names))
    return next(((one, length) for one in found), None)


def known() -> tuple[Program, ...]:
    """Return all programs."""
    return (gunicorn.PROGRAM, uvicorn.PROGRAM, hypercorn.PROGRAM, granian.PROGRAM, nginx.PROGRAM)


def _module(command: Sequence[str]) -> tuple[str, int]:
    """Return the module of `python [OPTION ...] -m MODULE`, and where the arguments begin."""
    at = 1
    while at < len(command):
        word = command[at]
        at += 1
        if not word.startswith("-") or word.startswith("--"):
            break
        for place, letter in enumerate(word[1:], 2):
            rest = word[place:]
            if letter == "m":
                return (rest, at) if rest else ("".join(command[at : at + 1]), at + 1)
            if letter in TAKES_VALUE:
                at += not rest
                break
    return "", 0
