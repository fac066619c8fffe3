"""Policies as the drivers make them, and the moments that tests start at."""

from __future__ import annotations

from supervisor.core.policy import Policy, Rung

KILL = Rung("kill", signal=9, target="tree")
LADDER = (Rung("quit", command="q", patience_s=1.5, nudge=2), Rung("interrupt", signal=2), KILL)
UNREADY = (
    Rung("interrupt", signal=2, patience_s=0.5),
    Rung("quit", signal=3, patience_s=1.0),
    KILL,
)
FORCED = (
    Rung("kill busy", signal=9, target="busy", patience_s=0.02),
    Rung("interrupt", signal=2),
    KILL,
)

UWSGI = Policy(
    grace_s=3.0,
    forward=(12,),
    looks=True,
    ladder=LADDER,
    unready_ladder=UNREADY,
    forced_ladder=FORCED,
)
DELAYED = UWSGI.replace(drain_delay_s=1.0)
GENERIC = Policy(grace_s=3.0, forward=(1,), ladder=(Rung("terminate", signal=15), KILL))
GENERIC_DELAYED = GENERIC.replace(drain_delay_s=1.2, exit_code="child")
STUBBORN = GENERIC.replace(hurry=False, exit_code="zero")
FINISHING = GENERIC.replace(looks=True, finishes=True, unready_ladder=GENERIC.ladder)
PASSING = GENERIC.replace(
    forward=(1, 12),
    passes=True,
    rewrite=((15, 3), (12, 0)),
    success=(143,),
    ladder=(Rung("pass it on", passes=True), KILL),
)
INIT = PASSING.replace(group=True, awaits=False, stops=(), exit_code="child")
SELF_SHUTTING = UWSGI.replace(
    shut_signal=15,
    quiesce_s=1.2,
    ladder=(Rung("fast", signal=2), Rung("immediate", signal=3), KILL),
)
EVERY = (
    *(UWSGI, DELAYED, GENERIC, GENERIC_DELAYED, STUBBORN, FINISHING, PASSING, INIT),
    SELF_SHUTTING,
)

START = 100.0
