"""What a Docker Engine answers, if it is one: checked as a whole before anything is made of it.

TypeError, ValueError, LookupError or AttributeError for anything else.
"""

from __future__ import annotations

import re
from typing import Any

from supervisor.ops import containers
from supervisor.ops.containers import Container, State
from supervisor.ops.kinds import fits
from supervisor.ops.life import Event, read


def text(found: Any) -> str:
    """Return it if it is a text."""
    if not fits(found, str):
        raise TypeError(found)
    return str(found)


def version(found: Any) -> str:
    """Return the newest version of the API that an engine has."""
    newest = text(found["ApiVersion"])
    if not re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,3}", newest):
        raise ValueError(newest)
    return newest


def ids(found: Any) -> list[str]:
    """Return the ids of a list of containers."""
    return [text(one["Id"]) for one in found]


def container(found: Any) -> dict[str, Any]:
    """Return it if it can be read; what is named in sentences has to be one line."""
    one, now = containers.container(found), containers.state(found)
    named = (one.id, one.name, now.status)
    tty = found["Config"]["Tty"]  # the SDK reads a log by it
    whole = fits(one, Container) and fits(now, State) and fits(tty, bool)
    if not whole or not all(word and word.isprintable() for word in named):
        raise TypeError(found)
    return dict(found)


def event(found: Any) -> dict[str, Any]:
    """Return it if it can be read."""
    actor = found["Actor"]
    text(actor["ID"])
    if not fits(read(found), Event) or not fits(actor.get("Attributes") or {}, dict[str, str]):
        raise TypeError(found)
    return dict(found)


def rows(found: Any) -> list[list[str]]:
    """Return the table of `docker top` without its heads."""
    return [[text(word) for word in row] for row in found.get("Processes") or ()]


def moment(stamp: Any) -> int:
    """Return a time of day, nanoseconds since the epoch."""
    found = containers.moment(stamp)
    if found == containers.NEVER or not fits(found, int):
        raise ValueError(stamp)
    return found
