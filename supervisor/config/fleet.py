"""The Plan of several services in one container, as the keeper gets it."""

from __future__ import annotations

from supervisor.config import plan
from supervisor.config.plan import Plan
from supervisor.core.fleet import FOREVER, Need, Part
from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Member(Record):
    """One service: how it is kept, and what it waits for."""

    plan: Plan
    part: Part


class FleetPlan(Record):
    """Several services; `base` has what is the container's: sockets, report, policy, log."""

    base: Plan
    members: tuple[Member, ...]

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that is open for the keeper, or for one of the services."""
        own = self.base.descriptors
        return (*own, *(fd for member in self.members for fd in member.plan.descriptors))


def encode(fleet: FleetPlan) -> dict[str, Any]:
    """Turn it into what JSON can hold."""
    members = [
        {"plan": plan.encode(one.plan), "part": plan.encode(one.part)} for one in fleet.members
    ]
    for member in members:
        if member["part"]["grace_s"] == FOREVER:  # JSON has no infinity
            del member["part"]["grace_s"]
    return {"base": plan.encode(fleet.base), "members": members}


def decode(data: dict[str, Any]) -> FleetPlan:
    """Turn `encode`'s result, read back from JSON, into the Plan again."""
    return FleetPlan(
        plan.decode(data["base"]),
        tuple(Member(plan.decode(one["plan"]), _part(one["part"])) for one in data["members"]),
    )


def _part(data: dict[str, Any]) -> Part:
    needs = tuple(Need(**need) for need in data.pop("needs"))
    return Part(**data, needs=needs)
