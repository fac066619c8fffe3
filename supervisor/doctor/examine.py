"""Asks every rule about a house: findings in order, each once."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from supervisor.core.record import Record
from supervisor.doctor import rules
from supervisor.doctor.finding import ORDER, Finding, Place, Skip
from supervisor.doctor.house.guard import failure
from supervisor.doctor.house.house import House
from supervisor.doctor.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervisor.doctor.reading.source import Source


class Examination(Record):
    """What was found, and what was not looked at."""

    findings: tuple[Finding, ...]
    skips: tuple[Skip, ...] = ()


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, by id: a module of rules/ has one as RULE."""
    found = []
    for module in pkgutil.iter_modules(rules.__path__):
        made = getattr(import_module(f"{rules.__name__}.{module.name}"), "RULE", None)
        if isinstance(made, Rule):
            found.append(made)
    return tuple(sorted(found, key=lambda rule: rule.id))


def examine(
    sources: Iterable[Source], skips: Iterable[Skip] = (), chosen: Iterable[Rule] | None = None
) -> Examination:
    """Look at sources that were read; a rule that fails is a skip with its name."""
    return examined(House(sources, skips), chosen)


def examined(house: House, chosen: Iterable[Rule] | None = None) -> Examination:
    """Ask rules about a house."""
    found: dict[tuple[str, Place], Finding] = {}
    failed: list[Skip] = []
    for rule in all_rules() if chosen is None else chosen:
        try:
            for one in rule.check(house):
                key = (one.id, one.place)
                before = found.get(key)
                if before is None or ORDER[one.severity] < ORDER[before.severity]:
                    found[key] = one
        except Exception as error:
            failed.append(failure(f"the rule {rule.id}", Place(""), error))
    return Examination(
        tuple(sorted(found.values(), key=_order)),
        tuple(dict.fromkeys((*house.skips, *failed))),
    )


def _order(one: Finding) -> tuple[str, int, int, str]:
    return (one.place.path, one.place.line, ORDER[one.severity], one.id)
