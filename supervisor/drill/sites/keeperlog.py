"""What a keeper says in its log while it does what it was told: one JSON line to an event."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from supervisor.drill.sites.hands import Hands
    from supervisor.drill.sites.vigil import Vigil

EVERY_S: Final = 0.02
QUIET_S: Final = 1.0  # after a recycled worker: the next one would have been told by then
LINES: Final = 500
SILENT: Final = "its log does not say so (it needs --log-format json)"


def said(hands: Hands, vigil: Vigil, within_s: float) -> Iterator[dict[str, Any]]:
    """Yield its events since the request until it has ended or time is over.

    An empty event follows each look, so that whoever reads can lose patience.
    """
    deadline, seen = time.monotonic() + within_s, 0
    while time.monotonic() < deadline:
        found = events(hands.engine.log(vigil.container.id, LINES, vigil.asked_s))
        yield from found[seen:]
        yield {"event": ""}
        seen = max(seen, len(found))
        if not hands.lives(vigil.container.id):
            yield from events(hands.engine.log(vigil.container.id, LINES, vigil.asked_s))[seen:]
            return
        time.sleep(EVERY_S)


def events(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the lines that are events of a keeper."""
    found = []
    for line in lines:
        if not line.startswith('{"event"'):
            continue
        try:
            one = json.loads(line)
        except ValueError:
            continue
        found.append(one)
    return found


class Heard:
    """Passes events on, and remembers when the last of those that end something came."""

    def __init__(self, said: Iterable[dict[str, Any]]) -> None:
        self._said = said
        self.last_s = 0.0  # by the container's clock

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for one in self._said:
            if one["event"] in ("recycled", "restart"):
                self.last_s = float(one.get("time") or 0.0)
            yield one


def restarted(said: Iterable[dict[str, Any]]) -> str:
    """Wait for a restart's outcome; return what was wrong with it, or nothing."""
    for one in said:
        if one["event"] == "restart-refused":
            return f"it can't be restarted: {one['why']}"
        if one["event"] == "restart":
            if one["outcome"] == "done":
                return str(one.get("why") or "")
            return f"the new generation was thrown away: {one.get('why') or one['outcome']}"
    return f"no restart was done: {SILENT}"


def recycled(said: Iterable[dict[str, Any]]) -> str:
    """Wait until as many workers were recycled as were asked to; return what was wrong."""
    begun, done, since = 0, 0, time.monotonic()
    for one in said:
        kind = one["event"]
        if kind in ("recycle-refused", "recycle-failed"):
            return f"its workers can't be recycled: {one['why']}"
        if kind == "restart":
            return "" if one["outcome"] == "done" else f"it was restarted in vain: {one['why']}"
        begun += kind == "recycle"
        done += kind == "recycled"
        if kind:
            since = time.monotonic()
        elif done and begun == done and time.monotonic() - since >= QUIET_S:
            return ""
    return f"{done} of {begun} workers were recycled" if begun else f"nothing: {SILENT}"
