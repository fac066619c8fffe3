"""Findings as a comment on a pull request: a table, and the details of each folded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.explaining import linked
from supervisor.doctor.output.text import changed, summary
from supervisor.render.fields import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from supervisor.doctor.checkup import Change, Checkup, Item
    from supervisor.doctor.rule import Rule

SPECIAL: Final = re.compile(r"([\\*_\[\]<>|~#@])")
MOST: Final = 100  # a comment of GitHub's has 65,536 characters at most


def markdown(found: Checkup, rules: Mapping[str, Rule]) -> Iterator[str]:
    """Yield lines."""
    yield "### gracekeeper doctor"
    yield ""
    yield escaped(summary(found).plain)
    if found.items:
        yield ""
        yield "| severity | rule | where | why |"
        yield "|---|---|---|---|"
        for item in found.items[:MOST]:
            one = item.finding
            yield f"| {one.severity} | {one.id} | {code(str(one.place))} | {cell(one.why)} |"
        if len(found.items) > MOST:
            yield ""
            yield f"{len(found.items) - MOST} more are not shown."
        yield ""
        for item in found.items[:MOST]:
            yield from _details(item, rules.get(item.finding.id))


def _details(item: Item, rule: Rule | None) -> Iterator[str]:
    one = item.finding
    yield f"<details><summary>{one.id}, {escaped(str(one.place))}</summary>"
    yield ""
    yield from _fenced([harmless(line) for _, line in item.lines], "")
    yield escaped(one.fix)
    yield ""
    for change in item.changes:
        yield from _fenced(list(_diff(change)), "diff")
    if one.facts:
        yield from (f"- {escaped(fact)}" for fact in one.facts)
        yield ""
    if rule and rule.evidence:
        yield f"Evidence: {', '.join(map(linked, rule.evidence))}"
        yield ""
    yield "</details>"
    yield ""


def _diff(change: Change) -> Iterator[str]:
    yield f"@@ {harmless(str(change.place))} @@"
    yield from (f"{line[0]}{harmless(line[1:].expandtabs(4))}" for line in changed(change))


def _fenced(lines: list[str], language: str) -> Iterator[str]:
    """Put lines between fences that are longer than any inside."""
    if not lines:
        return
    ticks = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, ticks + 1)
    yield f"{fence}{language}"
    yield from lines
    yield fence
    yield ""


def cell(text: str) -> str:
    """Return a sentence for a table's cell; spans of code stay spans."""
    parts = harmless(text).split("`")
    if len(parts) % 2 == 0:
        return SPECIAL.sub(r"\\\1", "'".join(parts))
    shown = (
        f"`{part.replace('|', chr(92) + '|')}`" if at % 2 else SPECIAL.sub(r"\\\1", part)
        for at, part in enumerate(parts)
    )
    return "".join(shown)


def escaped(text: str) -> str:
    """Return a sentence outside of tables."""
    return cell(text).replace("\n", " ")


def code(text: str) -> str:
    """Return a path as a span of code, also one with backticks or bars in it."""
    shown = harmless(text).replace("|", "\\|")
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"
