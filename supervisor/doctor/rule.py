"""A rule: what it is called, what it looks for, and files that prove that it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.record import Record
from supervisor.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from supervisor.doctor.house.house import House


class Example(Record):
    """Files of a project, `(path, text)` each.

    `at`        of a bad one: where the finding is, `path:line`
    `severity`  what it must have; empty: the rule's own
    `fixed`     of the file that the finding's edits change: its text afterwards; empty: not asked
    `by_hand`   the finding must have no edits: they would break something
    """

    files: tuple[tuple[str, str], ...]
    at: str = ""
    severity: str = ""
    fixed: str = ""
    by_hand: bool = False


class Rule(Record):
    """One rule; a module of supervisor/doctor/rules has it as RULE, and the module's name as id.

    `severity`  the highest that it gives; a finding may be less where less is known
    `why`       the page's paragraph: what happens, and what was measured
    `evidence`  threads and sources: `owner/name#number`, or a URL
    """

    id: str
    severity: str
    title: str
    why: str
    fix: str
    check: Callable[[House], Iterator[Finding]]
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    evidence: tuple[str, ...] = ()
