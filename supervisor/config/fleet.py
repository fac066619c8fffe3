"""The Plan of several services in one container, as the keeper gets it."""

from __future__ import annotations

from supervisor.config.plan import Plan
from supervisor.core.fleet import Part
from supervisor.core.record import Record


class Member(Record):
    """One service: how it is kept, and what it waits for."""

    plan: Plan
    part: Part


class FleetPlan(Record):
    """Several services; `base` has what is the container's: sockets, report, policy, log."""

    base: Plan
    members: tuple[Member, ...]
