"""The Plan of several services survives its way through JSON."""

from __future__ import annotations

import json

from supervisor.address import Address
from supervisor.config.fleet import FleetPlan, Member, decode, encode
from supervisor.config.plan import Door, Plan
from supervisor.config.readiness import Readiness
from supervisor.core.fleet import Need, Part
from supervisor.core.policy import Policy
from supervisor.runtime import leanjson

BASE = Plan((), "", Policy(10.0), signal_fd=3, health_fd=4, control_fd=5)
APP = Plan(
    ("uwsgi",),
    "/bin/uwsgi",
    Policy(10.0, probes=True),
    name="app",
    log="prefix",
    label="app | ",
    cwd="/opt",
    user=(1000, 1000, 4),
    readiness=Readiness("exec", argv=("true",)),
    doors=(Door(Address("unix", path="/a"), "uwsgi", 7),),
    pass_fds=(6, 7),
    drain_fd=6,
)
FLEET = FleetPlan(
    BASE,
    (
        Member(APP, Part("app", (Need("db"), Need("init", "completed")), grace_s=3.0)),
        Member(APP.replace(name="db", readiness=None), Part("db", task=True, essential=False)),
    ),
)


def test_there_and_back() -> None:
    """By the front's JSON and the keeper's, every field and its type; infinity, too."""
    assert decode(leanjson.loads(json.dumps(encode(FLEET)))) == FLEET


def test_descriptors() -> None:
    """All of them, so that each survives the exec and none reaches a stranger."""
    assert set(FLEET.descriptors) == {3, 4, 5, 6, 7}
