"""Who asked for a stop, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervisor.render.fields import Fields


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


def senders(services: Iterable[tuple[str, str]]) -> str:
    """Say who asked for which service; for each its name and who did."""
    asked: dict[str, list[str]] = {}
    for name, who in services:
        asked.setdefault(who, []).append(name)
    if len(asked) == 1:
        return next(iter(asked))
    return "; ".join(f"{', '.join(names)}: {who}" for who, names in asked.items())
