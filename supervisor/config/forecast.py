"""Forecast: in which order a file's services start and stop, by the core's own decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from supervisor.config.declared import Declared
from supervisor.core import precedence
from supervisor.core.fleet import (
    BecameReady,
    Began,
    Ended,
    Fact,
    Fleet,
    Leave,
    Order,
    Part,
    Start,
    Started,
    Stop,
    StopAsked,
    TimePassed,
)


@dataclass(frozen=True)
class Stopping:
    """One service's stop, at the latest: seconds after the signal."""

    name: str
    asked_s: float
    over_s: float


def starts(declared: Declared) -> list[list[str]]:
    """Return who starts at the same time, step by step, if all of a step are ready together."""
    return _up(declared)[1]


def stops(declared: Declared) -> list[Stopping]:
    """Return who is stopped when, if everybody takes all the time that there is."""
    state, _levels = _up(declared)
    now, running = 0.0, dict[str, Stopping]()
    state, orders = precedence.decide(state, StopAsked(), now)
    found = []
    while not any(isinstance(order, Leave) for order in orders):
        for order in orders:
            if isinstance(order, Stop):
                running[order.name] = Stopping(order.name, now, now + order.grace_s)
                found.append(running[order.name])
        first = min(running.values(), key=lambda one: one.over_s, default=None)
        moment = precedence.deadline(state)
        if first and first.over_s <= moment:
            del running[first.name]
            now, fact = first.over_s, Ended(first.name, 0)
            state, orders = precedence.decide(state, fact, now)
        else:
            now = moment
            state, orders = precedence.decide(state, TimePassed(), now)
    return found


def _up(declared: Declared) -> tuple[Fleet, list[list[str]]]:
    """Return the fleet when everybody is ready, and the steps that led there."""
    state = precedence.initial(_parts(declared), declared.grace_s, declared.drain_delay_s)
    tasks = {service.name for service in declared.services if service.task}
    state, orders = precedence.decide(state, Began(), 0.0)
    levels = []
    while level := [order.name for order in orders if isinstance(order, Start)]:
        levels.append(level)
        facts = [Started(name) for name in level]
        state, orders = _all(state, [*facts, *(_up_fact(name, tasks) for name in level)])
    return state, levels


def _up_fact(name: str, tasks: set[str]) -> Fact:
    return Ended(name, 0) if name in tasks else BecameReady(name)


def _all(state: Fleet, facts: Iterable[Fact]) -> tuple[Fleet, tuple[Order, ...]]:
    """Let several facts come true at once; return all that follows."""
    orders: tuple[Order, ...] = ()
    for fact in facts:
        state, more = precedence.decide(state, fact, 0.0)
        orders = (*orders, *more)
    return state, orders


def _parts(declared: Declared) -> list[Part]:
    return [
        Part(one.name, one.after, one.task, one.essential, one.start_timeout_s, one.grace_s)
        for one in declared.services
    ]
