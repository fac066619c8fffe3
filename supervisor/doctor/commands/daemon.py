"""Whether a command stays in front of the shell that starts it, or leaves it."""

from __future__ import annotations

from supervisor.core.record import Record
from supervisor.doctor.commands.wrapping import base, peel, program_of
from supervisor.doctor.knowledge.daemons import DAEMONS, HELPERS

MOST_WRAPPERS = 8


class Daemonized(Record):
    """`name`: the program, or the service of an init script; `helper`: no requests come to it."""

    name: str
    helper: bool = False


def daemonized(argv: tuple[str, ...]) -> Daemonized | None:
    """Return what a command surely sends to the background by itself."""
    argv = bare(argv)
    words = list(argv[1:])
    name = base(argv[0]) if argv else ""
    if name in ("service", "rc-service") and words[1:] and words[1] in ("start", "restart"):
        return Daemonized(words[0], words[0] in HELPERS)
    if "/etc/init.d/" in (argv[0] if argv else "") and words[:1] in (["start"], ["restart"]):
        return Daemonized(name, name in HELPERS)
    if name == "systemctl" and words[:1] == ["start"] and words[1:]:
        return Daemonized(words[1], words[1] in HELPERS)
    name = program_of(argv)[0]
    known = DAEMONS.get("php-fpm" if name.startswith("php-fpm") else name)
    if known is None or stays_in_front(argv):
        return None
    back = any(_said(option, words) for option in known.back)
    return Daemonized(name, known.helper) if back or known.default else None


def stays_in_front(argv: tuple[str, ...]) -> bool:
    """Tell whether a command surely is in front until it ends; a stranger is taken to be."""
    argv = bare(argv)
    name = program_of(argv)[0] if argv else ""
    known = DAEMONS.get("php-fpm" if name.startswith("php-fpm") else name)
    if known is None:
        return True
    words = argv[1:]
    if any(_said(option, words) for option in known.front):
        return True
    return known.default is False and not any(_said(option, words) for option in known.back)


def bare(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Take all wrappers off a command."""
    for _ in range(MOST_WRAPPERS):
        peeled = peel(argv)
        if peeled is None or not peeled.inner:
            break
        argv = peeled.inner
    return argv


def _said(option: str, words: tuple[str, ...] | list[str]) -> bool:
    """Tell whether an option is among the words; one of two words is looked for in the line."""
    if " " in option:
        return option in " ".join(words)
    return any(
        word == option or (option.startswith("--") and word.startswith(f"{option}="))
        for word in words
    )
