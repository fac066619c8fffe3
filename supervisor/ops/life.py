"""A container's lives, from its start to its end, as the engine's events tell them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from supervisor.core import signalnames
from supervisor.core.record import Record
from supervisor.ops.containers import Container
from supervisor.ops.masking import masked_line

KILL: Final = 9
ASKING: Final = (15, 2, 3)  # what people send instead of a container's own stop signal
NS: Final = 10**9
LATE_S: Final = 0.3  # of an engine that is busy
ROOM_S: Final = 5.0  # an end may come so long after the grace period, and be due to its request
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
    """One life. `started`: 0 when its beginning is not known. `stopped`: by `docker stop`.

    `destroyed`: when it was removed, 0 for not.
    """

    started: int
    kills: tuple[Event, ...] = ()
    died: Event | None = None
    oom: tuple[int, ...] = ()
    execs: tuple[Event, ...] = ()
    stopped: bool = False
    destroyed: int = 0
    sick: bool = False
    unpaused: bool = False

    def asked(self, container: Container, now: int = 0) -> Event | None:
        """Return the request that its end answers, the first of those that were repeated.

        The container's own stop signal is one, unless a KILL came that nobody's grace period led
        to; TERM, INT and QUIT are where the end is near, else they dump threads or reopen logs.
        A `docker stop` has asked by whatever it sent, `--signal`, and its `-t` is not told.
        `now` is the end of one that lives: 0 when that is not known. KILL asks nobody.
        """
        end, patience = self._until(now), _patience(container)
        sent = [one for one in self.kills if one.signal != KILL and (not end or one.at <= end)]
        own = [one for one in sent if one.signal == container.signal]
        others = [one for one in sent if one.signal in ASKING and one not in own]
        if self.stopped:
            return _begun(own or others or sent, patience)
        near = (told for told in (own, others) if told and end and end - told[-1].at <= patience)
        return _begun(next(near, [] if self.killed else own), patience)

    @property
    def killed(self) -> Event | None:
        """Return the first KILL that the engine sent."""
        return next((one for one in self.kills if one.signal == KILL), None)

    def outlived(self, container: Container) -> bool:
        """Tell whether it was asked to stop, and killed because it had not.

        One that ends in the moment of the KILL was not: its code is its own.
        """
        asked, killed = self.asked(container), self.killed
        code = self.died.code if self.died else None
        return bool(asked and killed and killed.at > asked.at) and code in (None, 128 + KILL)

    def grace_s(self, container: Container) -> float | None:
        """Return how long it was waited for before the KILL; `-t` takes whole seconds."""
        asked, killed = self.asked(container), self.killed
        if not asked or not killed or killed.at <= asked.at:
            return None
        measured = (killed.at - asked.at) / NS
        whole = round(measured)
        return float(whole) if whole and 0 <= measured - whole < LATE_S else round(measured, 3)

    @property
    def told(self) -> bool:
        """Tell whether the engine sent anything at all that may end it."""
        return bool(self.kills)

    def origin(self, container: Container) -> int:
        """Return the moment that times are told from: the request, else the end."""
        first = self.asked(container) or self.killed or self.died
        return first.at if first else self.started

    def _until(self, now: int) -> int:
        end = self.killed or self.died
        return end.at if end else now


def _patience(container: Container) -> float:
    """Return for how many nanoseconds a request may be what led to an end."""
    return (container.grace_s + ROOM_S) * NS if container.grace_s >= 0 else math.inf


def _begun(sent: list[Event], patience: float) -> Event | None:
    """Return the first of the last run: people repeat what takes too long for them."""
    first = None
    for one in reversed(sent):
        if first and first.at - one.at > patience:
            break
        first = one
    return first


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
        text=masked_line(text),  # an exec's is a command line
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
        destroyed=next((one.at for one in events if one.action == "destroy"), 0),
        sick="unhealthy" in [one.text for one in events if one.action == "health_status"],
        unpaused="unpause" in actions,
    )
