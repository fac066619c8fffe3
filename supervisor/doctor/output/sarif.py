"""Findings as SARIF 2.1.0 (OASIS standard of 2020), as GitHub's code scanning reads it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from supervisor.doctor import baseline, explaining

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervisor.doctor.checkup import Change, Checkup, Item
    from supervisor.doctor.finding import Place
    from supervisor.doctor.rule import Rule

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS: Final = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
RANKS: Final = {"critical": 100.0, "high": 75.0, "medium": 50.0, "low": 25.0, "info": 0.0}


def sarif(found: Checkup, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """Return a log with one run."""
    ids = sorted({item.finding.id for item in found.items})
    driver = {
        "name": "gracekeeper doctor",
        "semanticVersion": _version(),
        "rules": [_rule(name, rules.get(name)) for name in ids],
    }
    notes = [
        {"level": "note", "message": {"text": skip.why}, "locations": _locations(skip.place)}
        for skip in found.skips
    ]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
                "results": [_result(item, ids) for item in found.items],
            }
        ],
    }


def _version() -> str:
    try:
        return version("gracekeeper")
    except PackageNotFoundError:
        return "0.0.0"


def _rule(name: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix, "markdown": explaining.page(rule)},
        "defaultConfiguration": {"level": LEVELS[rule.severity], "rank": RANKS[rule.severity]},
    }


def _result(item: Item, ids: list[str]) -> dict[str, Any]:
    one = item.finding
    result: dict[str, Any] = {
        "ruleId": one.id,
        "ruleIndex": ids.index(one.id),
        "level": LEVELS[one.severity],
        "rank": RANKS[one.severity],
        "message": {"text": f"{one.why} {one.fix}"},
        "locations": _locations(one.place, "\n".join(text for _, text in item.lines)),
        "partialFingerprints": {"lineText/v1": baseline.fingerprint(item, str(Path.cwd()))},
        "properties": {"severity": one.severity, "facts": list(one.facts)},
    }
    if item.changes:
        changes = [_change(change) for change in item.changes]
        result["fixes"] = [{"description": {"text": one.fix}, "artifactChanges": changes}]
    return result


def _locations(place: Place, snippet: str = "") -> list[dict[str, Any]]:
    if not place.path:
        return []
    region: dict[str, Any] = {"startLine": place.line, "endLine": place.last}
    if snippet:
        region["snippet"] = {"text": snippet}
    return [{"physicalLocation": {"artifactLocation": _artifact(place), "region": region}}]


def _artifact(place: Place) -> dict[str, str]:
    return {"uri": quote(place.path)}


def _change(change: Change) -> dict[str, Any]:
    """Replace whole lines without the end of the last."""
    last = change.before[-1] if change.before else ""
    region = {
        "startLine": change.place.line,
        "startColumn": 1,
        "endLine": change.place.last,
        "endColumn": len(last) + 1,
    }
    inserted = {"text": "\n".join(change.after)}
    return {
        "artifactLocation": _artifact(change.place),
        "replacements": [{"deletedRegion": region, "insertedContent": inserted}],
    }
