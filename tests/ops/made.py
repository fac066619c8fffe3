"""Cases that nobody staged, built from the engine's events."""

from __future__ import annotations

from typing import Any

from supervisor.ops.case import Case
from supervisor.ops.containers import Container, State
from supervisor.ops.life import NS, Event

T = 1_800_000_000 * NS
DAY = 86400.0


def ended(*events: Event, code: int = 137, argv: tuple[str, ...] = ("app",), **state: Any) -> Case:
    """A container that ended, with a start before."""
    own = {"started": T, **state}
    return Case(
        Container("0" * 64, "web", argv=argv),
        State("exited", code, **own),
        events and (Event(T, "start"), *events),
    )


def log_of(case: Case, *lines: str) -> Case:
    """The same with a log."""
    return case.replace(log=lines)


def said_at(case: Case, *told: tuple[float, str]) -> Case:
    """The same with a log of which it is known when each line was written."""
    written = tuple(T + int(seconds * NS) for seconds, _ in told)
    return case.replace(log=tuple(line for _, line in told), written=written)


def kill(seconds: float, signal: int) -> Event:
    return Event(T + int(seconds * NS), "kill", signal)


def die(seconds: float, code: int = 137) -> Event:
    return Event(T + int(seconds * NS), "die", code=code)


def oom(seconds: float) -> Event:
    return Event(T + int(seconds * NS), "oom")


def stopped(seconds: float) -> Event:
    """What a `docker stop` leaves when it is done."""
    return Event(T + int(seconds * NS), "stop")
