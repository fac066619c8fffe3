"""How long platforms wait before they kill, by default, and which of them a stop fits in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ROOM: Final = 0.9  # of the grace period: a loaded host is slower than this one


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform, its default grace period in seconds, and what changes that."""

    name: str
    grace_s: float
    setting: str


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a stop fits; None: it was cut at a shorter grace, so that nobody can tell."""

    platform: Platform
    fits: bool | None
    tight: bool = False  # it fits, and has less than a tenth left


# Each platform's documentation, as of 2025; docs/reference has the links.
PLATFORMS: Final = (
    Platform("Fly.io", 5.0, "kill_timeout"),
    Platform("Nomad", 5.0, "kill_timeout"),
    Platform("Docker, Compose", 10.0, "stop_grace_period, --stop-timeout"),
    Platform("Docker Swarm", 10.0, "stop_grace_period"),
    Platform("Cloud Run", 10.0, ""),
    Platform("Kubernetes", 30.0, "terminationGracePeriodSeconds"),
    Platform("Amazon ECS", 30.0, "stopTimeout"),
    Platform("Heroku", 30.0, ""),
    Platform("Render", 30.0, "maxShutdownDelaySeconds"),
    Platform("systemd", 90.0, "TimeoutStopSec"),
)


def forecast(seconds: float, *, killed: bool) -> tuple[Fit, ...]:
    """Return for each platform whether a stop that took so long fits in its grace period.

    One that was `killed` would have taken longer, and nobody knows how long.
    """
    return tuple(_fit(one, seconds, killed=killed) for one in PLATFORMS)


def _fit(one: Platform, seconds: float, *, killed: bool) -> Fit:
    if killed:
        return Fit(one, False if seconds >= one.grace_s else None)
    return Fit(one, seconds < one.grace_s, one.grace_s > seconds >= ROOM * one.grace_s)
