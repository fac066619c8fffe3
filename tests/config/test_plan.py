"""The Plan survives its way through JSON."""

from __future__ import annotations

import json

from supervisor.address import Address
from supervisor.config.plan import Door, Plan, decode, encode
from supervisor.core.policy import Policy, Rung
from supervisor.runtime import leanjson

LADDER = (Rung("quit", command="q", patience_s=1.5, nudge=2), Rung("kill", signal=9, target="tree"))
POLICY = Policy(
    grace_s=9.5, ladder=LADDER, unready_ladder=LADDER, forced_ladder=LADDER, forward=(1,)
)
PLAN = Plan(
    argv=("uwsgi", "--ini", "ä\udcff"),
    executable="/bin/uwsgi",
    policy=POLICY,
    environment=(("A", "1"),),
    doors=(
        Door(Address("inet", "", 80), fd=3),
        Door(Address("unix", path="/a"), "uwsgi", None, 1000, backend=True),
    ),
    stats="\0s\0",
    pass_fds=(3, 4),
    notes=("a note",),
)


def test_there_and_back() -> None:
    """By the front's JSON and the keeper's, every field and its type."""
    assert decode(leanjson.loads(json.dumps(encode(PLAN)))) == PLAN


def test_defaults() -> None:
    """A plan of almost nothing, too."""
    plan = Plan(argv=("true",), executable="/bin/true", policy=Policy(grace_s=10.0))
    assert decode(json.loads(json.dumps(encode(plan)))) == plan


def test_records_become_plain() -> None:
    """Nothing but what JSON has."""
    assert encode(Address("inet", "h", 1)) == {"family": "inet", "host": "h", "port": 1, "path": ""}
