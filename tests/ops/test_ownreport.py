"""A line of a log that calls itself a report is believed only when it is one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from supervisor.errors import UsageError
from supervisor.ops.case import Case
from supervisor.ops.containers import Container, State
from supervisor.ops.explanation import of_case, of_document
from supervisor.ops.ownreport import report_in, unread
from tests.render.samples import document

OURS = document("lost")


def lines(*found: dict[str, Any]) -> tuple[str, ...]:
    """A log with these lines, and one of somebody else."""
    return ("ready", *(json.dumps(one) for one in found))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"event": "report"}, "its schema is None"),
        ({**OURS, "requests": {}}, "`requests.lost` is not there"),
        ({**OURS, "budget": {**OURS["budget"], "grace_s": 10**400}}, "`budget.grace_s`"),
        ({one: OURS[one] for one in OURS if one != "door"}, "`door` is not there"),
    ],
)
def test_what_only_looks_like_one(line: dict[str, Any], told: str) -> None:
    """It hides nothing where there is a real one, is told where there is none, and refused."""
    log = lines(OURS, line)
    assert (report_in(log), unread(log)) == (OURS, [])
    log = lines(line)
    assert report_in(log) is None
    (hidden,) = unread(log)
    assert hidden.startswith("its log has a report that can't be read: ")
    assert told in hidden
    case = Case(Container("0" * 64, "web"), State("exited", 3), log=log, report=report_in(log))
    assert of_case(case)["cause"]
    with pytest.raises(UsageError) as error:
        of_document(line, "x.json")
    assert told in str(error.value)
