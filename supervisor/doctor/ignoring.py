"""Comments that say: this one is meant. `# gracekeeper: ignore ID reason`."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.finding import INFO, LOW, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from supervisor.doctor.reading.source import Source

COMMENT: Final = re.compile(
    r"(?P<before>^|^.*?\s)(?:#|;|//)[ \t]*gracekeeper:[ \t]*ignore\b[ \t]*"
    r"(?P<ids>[a-z0-9-]+(?:[ \t]*,[ \t]*[a-z0-9-]+)*)?[ \t]*(?P<reason>.*)$"
)
UNUSED, REASONLESS = "ignore-unused", "ignore-no-reason"
ABOUT: Final = {  # what their pages say: no rule makes them
    REASONLESS: "A comment that lacks the rule's id or the reason silences nothing. Write"
    " `# gracekeeper: ignore ID REASON`: who reads it later has to know why. Severity: low.",
    UNUSED: "A comment names a rule that finds nothing there, or that does not exist: the next"
    " finding would go unseen. Remove the comment, or the id from it. Severity: info.",
}
WHOLE_LINES: Final = ("dockerfile", "procfile")  # where a # later in a line is part of it


class Ignore(Record):
    """One comment: what it silences on its own line, or on the next if nothing else is there."""

    place: Place
    ids: tuple[str, ...]
    reason: str
    alone: bool  # on its line

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding is on the line, or begins on the one below."""
        place = finding.place
        if finding.id not in self.ids or place.path != self.place.path:
            return False
        return place.line - self.alone <= self.place.line <= place.last


def ignores_of(source: Source) -> Iterator[Ignore]:
    """Find the comments of a file."""
    if "gracekeeper:" not in source.text:
        return
    python = _comments_of(source.text) if source.kind == "python" else None
    for number, line in enumerate(source.lines, 1):
        if python is not None and number not in python:
            continue
        found = COMMENT.match(line) if "gracekeeper:" in line else None
        if found is None:
            continue
        alone = not found["before"].strip()
        if not alone and source.kind in WHOLE_LINES:
            continue
        ids = tuple(one.strip() for one in (found["ids"] or "").split(",") if one.strip())
        yield Ignore(source.place(number), ids, found["reason"].strip(), alone)


def _comments_of(text: str) -> set[int] | None:
    """Return the lines of a Python file that have a comment: a string may speak of one."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return {one.start[0] for one in tokens if one.type == tokenize.COMMENT}
    except (tokenize.TokenError, SyntaxError):
        return None


def heeded(
    findings: Iterable[Finding],
    ignores: Iterable[Ignore],
    asked: Collection[str],
    known: Collection[str],
) -> tuple[list[Finding], int]:
    """Return what is left, with findings on the comments themselves, and how many are gone.

    `asked`: the rules that looked; of others nobody can tell whether a comment is needed.
    `known`: the ids of all rules.
    """
    ignores = tuple(ignores)
    used: set[tuple[Place, str]] = set()
    left: list[Finding] = []
    silenced = 0
    for one in findings:
        by = [each for each in ignores if each.reason and each.covers(one)]
        used |= {(each.place, one.id) for each in by}
        silenced += bool(by)
        if not by:
            left.append(one)
    for each in ignores:
        left += _of_comment(each, used, asked, known)
    return left, silenced


def _of_comment(
    one: Ignore, used: set[tuple[Place, str]], asked: Collection[str], known: Collection[str]
) -> Iterator[Finding]:
    if not one.ids or not one.reason:
        yield Finding(
            REASONLESS,
            LOW,
            one.place,
            "This comment silences nothing: it lacks "
            + ("the reason." if one.ids else "the rule's id."),
            "Write `gracekeeper: ignore ID reason`: who reads it later has to know why.",
        )
        return
    for name in one.ids:
        if name not in known:
            why = f"No rule is called `{name}`, so this silences nothing."
            todo = "`gracekeeper doctor --list` names them."
            yield Finding(UNUSED, INFO, one.place, why, todo)
        elif name in asked and (one.place, name) not in used:
            why = f"Nothing here is `{name}` any more, so the next one would go unseen."
            yield Finding(UNUSED, INFO, one.place, why, "Remove the comment, or the id from it.")
