"""What can be said of a ladder, and of the signals of a policy, without living a life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.budget import CLOSING_S, TREE_S, Budget
from supervisor.testing.server import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.core.policy import Policy, Rung
    from supervisor.testing.server import Manners

TARGETS = ("main", "group", "busy", "tree")
HELD_BY_NOBODY = (9, 19)  # KILL and STOP (signal(7))
LAST = 64


def faults(policy: Policy, manners: Manners) -> Iterator[str]:
    """Yield what is wrong with a policy as it stands, each as one sentence."""
    ladders = {"ladder": policy.ladder}
    if policy.looks:
        ladders |= {"unready_ladder": policy.unready_ladder, "forced_ladder": policy.forced_ladder}
    for name, ladder in ladders.items():
        # Who never served is not waited for until balancers have noticed.
        within = policy if name == "ladder" else policy.replace(drain_delay_s=0.0)
        for fault in _ladder_faults(ladder, within, forced=name == "forced_ladder"):
            yield f"{name}: {fault}"
    yield from _signal_faults(policy, manners, [one for many in ladders.values() for one in many])


def _ladder_faults(ladder: tuple[Rung, ...], policy: Policy, *, forced: bool) -> Iterator[str]:
    if not ladder:
        yield "there is no rung, so nobody is told to end. Have one that asks and one that kills"
        return
    names = [rung.name for rung in ladder]
    if len(set(names)) < len(names) or "" in names:
        yield f"the names of its rungs are not unique: {', '.join(map(repr, names))}"
    last = ladder[-1]
    if not (last.kills and last.target == "tree"):
        yield f"its last rung, {last.name!r}, does not kill the tree: what is deaf would stay"
    whole = [rung.name for rung in ladder[:-1] if rung.kills and rung.target != "busy"]
    gentle = [rung for rung in ladder if not rung.kills]
    if whole or not gentle:
        yield f"{(whole or names)[0]!r} kills before anybody was asked to end"
    if not forced and ladder[0].kills and not whole and gentle:
        yield f"its first rung, {ladder[0].name!r}, kills"
    for rung in ladder:
        yield from (f"rung {rung.name!r} {fault}" for fault in _rung_faults(rung))
    yield from _patience_faults(ladder, policy, forced=forced)


def _rung_faults(rung: Rung) -> Iterator[str]:
    ways = sum((bool(rung.command), bool(rung.signal), rung.passes))
    if ways != 1:
        yield "has to be one of a command, a signal, or what passes on the signal that asked"
    if not (0 <= rung.signal <= LAST and 0 <= rung.nudge <= LAST):
        yield f"sends what is no signal: {rung.signal or rung.nudge}"
    if rung.target not in TARGETS:
        yield f"has the target {rung.target!r}; there are {', '.join(TARGETS)}"
    if rung.patience_s is not None and rung.patience_s <= 0:
        yield f"has a patience of {rung.patience_s:g} s. Write None for all the time there is"


def _patience_faults(ladder: tuple[Rung, ...], policy: Policy, *, forced: bool) -> Iterator[str]:
    """Hold each rung's turn against the budget: before the first KILL, or in what is left then."""
    budget = Budget(0.0, policy.grace_s, policy.drain_delay_s, policy.reserve_s)
    room_s, left_s = budget.kill_at - budget.delay_until, budget.close_at - budget.kill_at
    used_s, after_s, late = 0.0, 0.0, forced
    for rung in ladder[:-1]:
        if late:
            after_s += TREE_S if rung.patience_s is None else min(TREE_S, rung.patience_s)
        elif rung.patience_s is None:
            late = True  # what follows comes when the time is over
        else:
            used_s += rung.patience_s
            if used_s > room_s:
                yield (
                    f"patience up to rung {rung.name!r} is {used_s:g} s, and there are"
                    f" {room_s:g} s before the first KILL"
                )
                late = True
    if after_s > left_s:
        yield (
            f"the rungs after the first KILL's deadline need {after_s:g} s, and the door is closed"
            f" {CLOSING_S:g} s before the end: only {left_s:g} s are left"
        )


def _signal_faults(policy: Policy, manners: Manners, rungs: list[Rung]) -> Iterator[str]:
    """Hold what is forwarded, what asks for a stop, and what rungs send against each other."""
    if not policy.stops:
        yield "no signal asks for a stop (stops)"
    for number in (*policy.forward, *policy.stops):
        if number in HELD_BY_NOBODY or not 0 < number <= LAST:
            yield f"{spelled(number)} can't be heard by anybody (forward, stops)"
    if policy.passes:
        return  # it gets every signal, whatever it is
    for number in dict.fromkeys(policy.forward):
        if policy.forward.count(number) > 1:
            yield f"{spelled(number)} is forwarded twice"
        if number in policy.stops:
            yield f"{spelled(number)} asks for a stop, so it is never forwarded"
        sends = [rung.name for rung in rungs if number in (rung.signal, rung.nudge)]
        if sends or number == policy.shut_signal:
            yield (
                f"{spelled(number)} is forwarded while it serves, and stops it on rung"
                f" {next(iter(sends), 'shut_signal')!r}: the stop would be nobody's"
            )
        if number in (*manners.drains, *manners.cuts, *manners.shuts):
            meaning = manners.meaning(number)
            yield f"{spelled(number)} is forwarded while it serves, and it means {meaning}"
