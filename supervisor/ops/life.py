"""A container's lives, from its start to its end, as the engine's events tell them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from supervisor.core import signalnames
from supervisor.core.record import Record

KILL: Final = 9
NS: Final = 10**9
LATE_S: Final = 0.3  # of an engine that is busy
ATTACHED_NS: Final = NS  # an exec that began so shortly before an end may have asked for it


class Event(Record):
    """What the engine tells: `at` is its clock, nanoseconds since the epoch.

    `signal` of a kill, `code` of a die, `text` of what has more to say.
    """

    at: int
    action: str
    signal: int = 0
    code: int | None = None
    text: str = ""


class Life(Record):
    """One life. `started`: 0 when its beginning is not known. `stopped`: by `docker stop`."""

    started: int
    kills: tuple[Event, ...] = ()
    died: Event | None = None
    oom: tuple[int, ...] = ()
    execs: tuple[Event, ...] = ()
    stopped: bool = False
    destroyed: bool = False
    sick: bool = False
    unpaused: bool = False

    def asked(self, signal: int) -> Event | None:
        """Return the first stop signal that was sent; KILL asks nobody."""
        return next((one for one in self.kills if one.signal in (signal, 15, 2, 3)), None)

    @property
    def killed(self) -> Event | None:
        """Return the first KILL that the engine sent."""
        return next((one for one in self.kills if one.signal == KILL), None)

    def outlived(self, signal: int) -> bool:
        """Tell whether it was asked to stop, and killed because it had not."""
        asked, killed = self.asked(signal), self.killed
        return bool(asked and killed and killed.at > asked.at)

    def grace_s(self, signal: int) -> float | None:
        """Return how long it was waited for before the KILL; `-t` takes whole seconds."""
        asked, killed = self.asked(signal), self.killed
        if not asked or not killed or killed.at <= asked.at:
            return None
        measured = (killed.at - asked.at) / NS
        whole = round(measured)
        return float(whole) if whole and 0 <= measured - whole < LATE_S else round(measured, 3)

    @property
    def told(self) -> bool:
        """Tell whether the engine sent anything at all that may end it."""
        return bool(self.kills)

    def origin(self, signal: int) -> int:
        """Return the moment that times are told from: the request, else the end."""
        first = self.asked(signal) or self.killed or self.died
        return first.at if first else self.started


def read(found: dict[str, Any]) -> Event:
    """Read one event of the engine's stream."""
    action, _, text = str(found["Action"]).partition(": ")
    attributes = found["Actor"].get("Attributes") or {}
    code = attributes.get("exitCode")
    return Event(
        at=int(found["timeNano"]),
        action=action,
        signal=signalnames.number(attributes.get("signal") or "") or 0,
        code=int(code) if code and action == "die" else None,
        text=text,
    )


def lives(events: Iterable[Event]) -> tuple[Life, ...]:
    """Cut events into lives; what comes before the first known start is a life, too."""
    found: list[Life] = []
    group: list[Event] = []
    for event in sorted(events, key=lambda one: one.at):
        if event.action == "start" and any(one.action != "create" for one in group):
            found.append(_life(group))
            group = []
        group.append(event)
    return (*found, _life(group)) if group else tuple(found)


def _life(events: list[Event]) -> Life:
    died = next((one for one in events if one.action == "die"), None)
    actions = [one.action for one in events]
    kills = tuple(one for one in events if one.action == "kill")
    return Life(
        started=next((one.at for one in events if one.action == "start"), 0),
        kills=tuple(one for one in kills if not died or one.at <= died.at),
        died=died,
        oom=tuple(one.at for one in events if one.action == "oom"),
        execs=tuple(
            one
            for one in events
            if one.action == "exec_start" and died and 0 <= died.at - one.at < ATTACHED_NS
        ),
        stopped="stop" in actions,
        destroyed="destroy" in actions,
        sick="unhealthy" in [one.text for one in events if one.action == "health_status"],
        unpaused="unpause" in actions,
    )
