"""A line of a log that calls itself a report is believed only when it is one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from supervisor.errors import UsageError
from supervisor.ops.case import Case
from supervisor.ops.causes.decide import cause
from supervisor.ops.containers import Container, State
from supervisor.ops.document import document as drawn
from supervisor.ops.explanation import of_case, of_document
from supervisor.ops.ownreport import report_in, unread
from supervisor.render.model import read
from supervisor.render.verdict import verdict
from tests.ops.made import die, ended, kill, log_of, oom, stopped
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
        ({one: OURS[one] for one in OURS if one != "sender"}, "`sender` is not there"),
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


OUTSIDE = {**OURS, "requests": {**OURS["requests"], "lost": None}, "door": "none", "series": []}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ("grace-over", "certain")),  # a keeper's
        ({"fix": "Give it more."}, ("grace-over", "likely")),
        ({"fix": "", "sender": None, "signal": None}, ("app-error", "possible")),
        ({"requests": {**OUTSIDE["requests"], "cut": "died"}},
         ("failed-while-stopping", "certain")),
        ({"fix": "", "cause": {"id": "of-tomorrow", "confidence": "certain"}},
         ("grace-over", "likely")),
        ({"fix": "", "cause": {"id": "held", "confidence": "certain"}}, ("held", "certain")),
    ],
)  # fmt: skip
def test_who_counted_nothing_is_not_certain(changes: dict[str, Any], told: tuple[str, str]) -> None:
    """A report that was made from outside, by an older or a newer version."""
    found = of_document({**OUTSIDE, **changes}, "x")["cause"]
    assert (found["id"], found["confidence"]) == told
    assert "Give it more." in found["fix"] or not changes.get("fix")


def test_a_keeper_s_report_has_the_same_remedy_everywhere() -> None:
    """`explain` and `report` read the same file, also one that does not tell of its door."""
    for found in (OURS, {one: OURS[one] for one in OURS if one != "door"}):
        told = of_document(found, "x")["cause"]
        judged = verdict(read(found, "x"))
        assert (told["id"], told["fix"]) == (judged.cause, judged.fix)


def alone(status: int, code: int) -> dict[str, Any]:
    """What a keeper writes whose service ended without being asked to."""
    requests = {**OURS["requests"], "lost": 0, "lost_requests": [], "cut": None}
    return {
        **OURS,
        "verdict": f"The service ended by itself. Exit {code}.",
        "sender": None,
        "signal": None,
        "exit_code": code,
        "service": {**OURS["service"], "status": status},
        "requests": requests,
    }


@pytest.mark.parametrize(
    ("status", "code", "line", "expected", "told"),
    [
        (1, 1, "ValueError: db lost", "app-error", "`ValueError: db lost`"),
        (1, 1, "", "app-error", "The service ended by itself"),
        (3, 3, "Worker failed to boot.", "boot-failed", "No worker could start"),
        (-9, 137, "", "child-killed", "The service ended by itself"),
        (-11, 139, "", "segfault", "It crashed (SIGSEGV)."),
        (-6, 134, "Aborted", "aborted", "It aborted: `Aborted`"),
    ],
)
def test_why_a_service_ended_is_in_its_own_words(
    status: int, code: int, line: str, expected: str, told: str
) -> None:
    """Its keeper knows the code; the log has the reason, and what is drawn has it, too."""
    report = alone(status, code)
    log = (line, json.dumps(report))
    case = log_of(ended(die(60, code), code=code, argv=("gracekeeper", "--", "gunicorn")), *log)
    case = case.replace(report=report)
    found = cause(case)
    assert (found.id, told in found.sentence) == (expected, True), found.sentence
    shown = verdict(read(drawn(case, found), "x"))
    assert (shown.cause, shown.told, shown.fix) == (found.id, found.sentence, found.fix)
    assert drawn(case, found)["phases"] == report["phases"]


def test_who_kills_is_looked_for() -> None:
    """Nobody does that to itself: the code's meanings are no help."""
    assert "`dmesg`" in verdict(read(alone(-9, 137), "x")).fix


def test_a_service_s_memory_is_not_its_keeper_s() -> None:
    """The keeper has passed the code on."""
    case = ended(oom(59.9), die(60), argv=("gracekeeper", "--", "app"))
    found = cause(case.replace(report=alone(-9, 137)))
    assert found.id == "child-out-of-memory"


def test_a_keeper_behind_a_shell_was_not_told() -> None:
    """It did not take too long: it never heard of the stop."""
    argv = ("sh", "-c", "gracekeeper run -- app; true")
    case = ended(kill(5, 15), kill(8, 9), die(8.1), stopped(8.2), argv=argv)
    assert cause(case).id == "shell-kept-signal"
    told = case.container.replace(argv=("sh", "-c", "exec gracekeeper run -- app"))
    assert cause(case.replace(container=told)).id == "keeper-cut-short"
