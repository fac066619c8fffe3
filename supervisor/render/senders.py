"""Who asked for a stop, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.render.fields import Fields

if TYPE_CHECKING:
    from supervisor.render.model import Shutdown


def sender(fields: Fields) -> str:
    """Say who asked, in words."""
    if not fields.has("sender"):
        return "nobody"
    who = fields.inner("sender")
    via, pid, uid = who.text("via"), who.count("pid"), who.count("uid")
    if via == "fleet":
        return "the end of another service, or the container's"
    how = "gracekeeper stop" if via == "control" else fields.text("signal") or "a signal"
    if pid is None:
        return f"{how}, from outside of the container's processes (docker stop, kubelet, Ctrl-C)"
    whose = "" if uid is None else f", user {uid}"
    return f"{how}, by {who.text('name') or 'a process that is gone'} (pid {pid}{whose})"


def senders(services: tuple[Shutdown, ...]) -> str:
    """Say who asked for which service."""
    asked: dict[str, list[str]] = {}
    for one in services:
        asked.setdefault(one.sender, []).append(one.name)
    if len(asked) == 1:
        return next(iter(asked))
    return "; ".join(f"{', '.join(names)}: {who}" for who, names in asked.items())
