"""Command line options by their long names, without a table of every program's options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.reading.commandline import shlexed

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place

ALIASES: Final[dict[str, dict[str, str]]] = {
    "gunicorn": {
        **{"-c": "config", "-t": "timeout", "-k": "worker-class", "-w": "workers"},
        **{"-b": "bind", "-D": "daemon", "-n": "name", "-p": "pid", "-u": "user", "-g": "group"},
    },
    "celery": {
        **{"-A": "app", "-c": "concurrency", "-P": "pool", "-D": "detach", "-l": "loglevel"},
        **{"-Q": "queues", "-B": "beat", "-n": "hostname", "-s": "schedule"},
    },
    "hypercorn": {"-c": "config", "-b": "bind", "-w": "workers", "-k": "worker-class"},
    "flask": {"-h": "host", "-p": "port"},
    "nginx": {"-c": "c", "-g": "g"},
    "supervisord": {"-c": "configuration", "-n": "nodaemon"},
}
_FLAGS: Final = """
daemon detach beat debug reload noreload nodaemon preload preload-app no-sendfile insecure
nothreading without-gossip without-mingle without-heartbeat no-reload proxy-headers access-log
no-access-log use-colors spew check-config
"""
FLAGS: Final = frozenset(_FLAGS.split())


class Option(Record):
    """A value, empty for a flag, `?` if it is computed; and where it is set."""

    value: str
    place: Place


def options_of(
    args: tuple[str, ...], aliases: dict[str, str], place: Place
) -> tuple[dict[str, Option], tuple[str, ...]]:
    """Return options by name, and the other words: one behind an option is taken for its value."""
    found: dict[str, Option] = {}
    rest: list[str] = []
    words = list(args)
    while words:
        word = words.pop(0)
        if word == "--":
            rest += words
            break
        name, equals, value = word.partition("=")
        long = name[2:] if name.startswith("--") else aliases.get(name[:2], "")
        if not name.startswith("-") or len(name) < 2:
            rest.append(word)
            continue
        if not name.startswith("--") and len(name) > 2:
            value, equals = word[2:].removeprefix("="), "="  # -w4
        if not equals and long not in FLAGS and words and not words[0].startswith("-"):
            value = words.pop(0)
        found[long or name.lstrip("-")] = Option(value, place)
    return found, tuple(rest)


def words_of(text: str) -> tuple[str, ...]:
    """Cut a text as a shell would; nothing for one with an open quote."""
    return shlexed(text) or ()
