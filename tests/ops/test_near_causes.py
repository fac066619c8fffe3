"""Ends that look like others: what tells them apart is in one event, or in one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from supervisor.ops.case import Case
from supervisor.ops.causes.decide import cause
from supervisor.ops.containers import Container, State
from supervisor.ops.explanation import of_case
from supervisor.ops.life import NS, Event, read
from tests.ops.made import T, die, ended, kill, log_of, stopped
from tests.rules.sources import ROOT

SCHEMA = Draft202012Validator(
    json.loads((ROOT / "supervisor/ops/explanation.schema.json").read_text())
)
HEALTH = "/bin/sh -c curl -f http://127.0.0.1:8000/health"


def ran(seconds: float, command: str) -> Event:
    """A `docker exec`, or a health check."""
    return Event(T + int(seconds * NS), "exec_start", text=command)


@pytest.mark.parametrize(
    ("command", "code", "expected"),
    [
        ("sh -c kill -TERM 1", 0, ("signalled-from-host", "likely")),
        ("nginx -s quit", 0, ("signalled-from-host", "likely")),
        (HEALTH, 0, ("ended", "likely")),
        ("sh -c kill 1", 143, ("signalled-from-host", "likely")),
        (HEALTH, 143, ("signalled-from-host", "possible")),
    ],
)
def test_what_was_run_in_it_just_before(command: str, code: int, expected: tuple[str, str]) -> None:
    """A health check comes before many an end, and asks for none."""
    found = cause(ended(ran(8.7, command), die(9, code), code=code))
    assert (found.id, found.confidence) == expected


def test_what_was_run_in_it_is_masked() -> None:
    """An event of the engine has the whole command line."""
    attributes: dict[str, Any] = {"Attributes": {}}
    told = {"Action": "exec_start: psql --password=hunter2", "Actor": attributes, "timeNano": T}
    assert "hunter2" not in read(told).text
    assert read(told).text.startswith("psql")


@pytest.mark.parametrize(
    "line",
    [
        "[1] [ERROR] Connection in use: ('', 8000)",
        "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
        "Error: listen EADDRINUSE: address already in use :::3000",
        "OSError: [Errno 98] Address already in use",
    ],
)
def test_an_address_that_is_taken(line: str) -> None:
    """The last line seldom names it."""
    case = log_of(ended(die(5, 1), code=1), line, "[1] [ERROR] Can't connect to ('', 8000)")
    found = cause(case)
    assert (found.id, line in found.sentence) == ("app-error", True)
    assert "another port" in found.fix


def test_a_code_that_no_first_process_dies_of() -> None:
    """128 + 13 is a shell's word for what it ran."""
    found = cause(log_of(ended(die(5, 141), code=141), "y"))
    assert (found.id, found.confidence) == ("app-error", "possible")
    assert "SIGPIPE ended what it ran" in found.sentence
    assert "`y`" not in found.sentence
    own = cause(log_of(ended(die(5, 141), code=141), "ValueError: no"))
    assert "`ValueError: no`" in own.sentence


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (8.02, "The grace period of 3 s ran out"),
        (7.964, "It had not ended 3 s after SIGTERM"),
        (6.5, "It had not ended 1.5 s after SIGTERM"),
    ],
)
def test_a_grace_period_takes_whole_seconds(at: float, told: str) -> None:
    """A KILL at another moment of a `docker stop` is somebody's who would not wait."""
    case = ended(kill(5, 15), kill(at, 9), die(at + 0.1), stopped(at + 0.2))
    assert cause(case).sentence.startswith(told)


@pytest.mark.parametrize(("status", "rests"), [("exited", False), ("restarting", True)])
def test_a_loop_that_has_given_up_needs_no_rest(status: str, rests: bool) -> None:
    """`on-failure:2` ends by itself."""
    case = ended(die(5, 1), code=1, restarts=2)
    container = case.container.replace(policy="on-failure")
    found = cause(case.replace(container=container, state=case.state.replace(status=status)))
    assert (found.id, "docker update" in found.fix) == ("restart-loop", rests)


def created(*events: Event) -> Case:
    """A container that was removed, of which only these events are left."""
    return Case(Container("0" * 64, "web"), State("removed"), events)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (Case(Container("0" * 64, "web"), State("created")), "not-started"),
        (created(Event(T, "create"), Event(T + NS, "destroy")), "not-started"),
        (created(Event(T, "destroy")), "unknown"),
        (created(kill(5, 15), Event(T + 9 * NS, "destroy")), "unknown"),
    ],
)
def test_no_end_has_no_code(case: Case, expected: str) -> None:
    """Nothing ran, or nobody knows: a 0 would be made up, and a report of it."""
    answer = of_case(case)
    SCHEMA.validate(answer)
    assert (answer["cause"]["id"], answer["code"], answer["report"]) == (expected, None, None)
    assert answer["meanings"] == []
