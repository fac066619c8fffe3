"""A checkup as a document; doctor.schema.json describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from supervisor.doctor.explaining import urls
from supervisor.doctor.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervisor.doctor.checkup import Checkup, Item
    from supervisor.doctor.finding import Place, Skip
    from supervisor.doctor.rule import Rule

SCHEMA: Final = 1


def data(found: Checkup, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """Return everything that was found as values of JSON."""
    return {
        "event": "doctor",
        "schema": SCHEMA,
        "counts": {name: found.count(name) for name in SEVERITIES},
        "files": found.files,
        "services": found.services,
        "ignored": found.ignored,
        "hidden": found.hidden,
        "known": found.known,
        "findings": [_finding(item, rules) for item in found.items],
        "skips": [skipped(one) for one in found.skips],
    }


def _finding(item: Item, rules: Mapping[str, Rule]) -> dict[str, Any]:
    one, rule = item.finding, rules.get(item.finding.id)
    return {
        "id": one.id,
        "severity": one.severity,
        "title": rule.title if rule else "",
        **place(one.place),
        "source": [text for _, text in item.lines],
        "why": one.why,
        "fix": one.fix,
        "edits": [{**place(edit.place), "text": edit.text} for edit in one.edits],
        "facts": list(one.facts),
        "evidence": list(rule.evidence) if rule else [],
        "links": urls(rule.evidence) if rule else [],
    }


def skipped(skip: Skip) -> dict[str, Any]:
    """Return what was not read, and why."""
    return {**place(skip.place), "why": skip.why}


def place(where: Place) -> dict[str, Any]:
    """Return lines of a file."""
    return {"path": where.path, "line": where.line, "end_line": where.last}
