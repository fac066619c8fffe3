"""Causes are decided from evidence alone: recorded from real ends, whole or with parts missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from supervisor.ops import codes, explanation
from supervisor.ops.case import Case, from_json, to_json
from supervisor.ops.causes.decide import cause
from supervisor.ops.containers import State
from supervisor.ops.document import document, joined
from supervisor.ops.life import NS, Event
from supervisor.report.causes import IDS
from tests.ops.endings import ALL, Ending
from tests.ops.made import T, die, ended, kill, log_of, oom, stopped

PACKAGE = Path(explanation.__file__).parents[1]
SCHEMA = json.loads((PACKAGE / "ops/explanation.schema.json").read_text())
ANSWER = Draft202012Validator(SCHEMA)
REPORT = Draft202012Validator(json.loads((PACKAGE / "report/schema.json").read_text()))


def recorded() -> Iterator[tuple[Ending, str, Case]]:
    """Every end that tests/ops/test_endings.py staged, as it was seen once."""
    endings = {one.name: one for one in ALL}
    for line in (Path(__file__).parent / "cases.jsonl").read_text().splitlines():
        found = json.loads(line)
        yield endings[found["name"]], found["kind"], from_json(found["case"])


RECORDED = tuple(recorded())


def test_every_end_was_recorded() -> None:
    """As who watched it saw it, and afterwards where that is less."""
    assert [one.name for one, kind, _ in RECORDED if kind == "watched"] == [a.name for a in ALL]


@pytest.mark.parametrize("one, kind, case", RECORDED, ids=lambda value: getattr(value, "name", ""))
def test_recorded(one: Ending, kind: str, case: Case) -> None:
    """The cause, an answer and a report as their schemas say; and evidence survives JSON."""
    found = cause(case)
    assert found.id == (one.cause if kind == "watched" else one.after)
    assert found.facts
    assert from_json(json.loads(json.dumps(to_json(case)))) == case
    answer = explanation.of_case(case)
    ANSWER.validate(answer)
    REPORT.validate(answer["report"])
    assert explanation.again(answer, "it") == answer


def test_one_that_is_being_stopped() -> None:
    """Ctrl-C while it stops: what is known so far, and no end that wasn't."""
    case = ended(kill(5, 15)).replace(state=State("running", started=T))
    answer = explanation.of_case(case)
    assert answer["cause"]["sentence"].startswith("It was asked to stop, and has not ended")
    assert (answer["code"], answer["report"]) == (None, None)


def test_several_are_services_of_one_report() -> None:
    """A project's containers, each with its own times."""
    reports = {one.name: document(case, cause(case)) for one, _, case in RECORDED[:3]}
    whole = joined(reports)
    REPORT.validate(whole)
    assert [one["name"] for one in whole["services"]] == list(reports)


@pytest.mark.parametrize(
    "case, expected",
    [
        (ended(kill(5, 15), kill(15, 9), die(15.1)), "grace-over"),
        (ended(kill(5, 9), die(5.1)), "killed-by-request"),
        (ended(kill(5, 9), die(5.1), Event(T + 6 * NS, "destroy")), "removed-by-force"),
        (ended(die(5)), "killed-from-host"),
        (ended(oom(4.8), die(5)), "out-of-memory"),
        (ended(), "unknown"),
        (ended(oom=True), "out-of-memory"),
        (ended(kill(5, 15), die(5.2, 0), code=0, oom=True), "child-out-of-memory"),
        (ended(kill(5, 1), die(9, 3), code=3, argv=("gunicorn", "app")), "boot-failed"),
        (ended(kill(5, 15), die(5.2, 1), code=1), "failed-while-stopping"),
        (ended(kill(5, 15), die(5.2)), "killed-from-host"),
        (ended(oom(4), die(5)), "killed-from-host"),
        (ended(oom(4), kill(5, 15), kill(15, 9), die(15.1), oom=True), "grace-over"),
        (ended(kill(5, 15), kill(15, 9), die(15, 0), stopped(15.1), code=0), "stopped"),
        (ended(kill(5, 9), die(5.1), Event(T + 60 * NS, "destroy")), "killed-by-request"),
        (ended(kill(5, 1), die(5.1, 129), code=129), "killed-by-request"),
        (ended(kill(5, 1), die(60, 129), code=129), "signalled-from-host"),
        (ended(kill(5, 15), die(60, 1), code=1), "app-error"),
        (ended(kill(5, 15), die(60, 1), stopped(60.1), code=1), "failed-while-stopping"),
    ],
)
def test_patterns(case: Case, expected: str) -> None:
    """What the engine's events say where nothing else does."""
    assert cause(case).id == expected


def test_what_a_container_does_by_itself_is_nobodys_request() -> None:
    """`--rm` removes it without force, and a stop signal of KILL is a stop."""
    case = ended(kill(5, 9), die(5.1), Event(T + 6 * NS, "destroy"))
    removes = case.replace(container=case.container.replace(removes=True))
    assert cause(removes).id == "killed-by-request"
    at_once = case.replace(container=case.container.replace(signal=9))
    assert cause(at_once).sentence.startswith("Its stop signal is SIGKILL")


def test_a_life_before_counts_when_it_runs_again() -> None:
    """`docker restart`: the end that was, not the life that is."""
    case = ended(kill(5, 15), kill(7, 9), die(7.1), Event(T + 8 * NS, "start"))
    running = case.replace(state=State("running", 0, started=T + 8 * NS))
    assert cause(running).id == "grace-over"
    assert running.code == 137


@settings(max_examples=60)
@given(st.data())
def test_less_evidence_is_no_failure(data: st.DataObject) -> None:
    """Whatever is missing: one of the known causes, and a report that can be drawn."""
    _, _, whole = data.draw(st.sampled_from(RECORDED))
    parts = {
        "events": st.lists(st.sampled_from(whole.events), unique=True) if whole.events else None,
        "sightings": st.just(tuple(one.replace(argv=()) for one in whole.sightings)) | st.just(()),
        "container": st.just(whole.container.replace(argv=())),
        "log": st.just(()),
        "report": st.none(),
        "foretold": st.none(),
    }
    less = {
        name: data.draw(strategy)
        for name, strategy in parts.items()
        if strategy is not None and data.draw(st.booleans())
    }
    case = whole.replace(**less)
    case = case.replace(events=tuple(case.events))
    assert cause(case).id in IDS
    ANSWER.validate(explanation.of_case(case))
    REPORT.validate(document(case, cause(case)))


def test_the_schema_lists_the_causes() -> None:
    """All of them, in order."""
    listed = SCHEMA["properties"]["cause"]["oneOf"][1]["properties"]["id"]["enum"]
    assert listed == list(IDS)


def test_every_code_means_something() -> None:
    """And how to tell."""
    for code in range(256):
        assert codes.meanings(code)
        ANSWER.validate(explanation.of_code(code))


def test_a_report_counts_whoever_asked() -> None:
    """A stop from inside leaves no signal with the engine; what the keeper counted stands."""
    case = next(case for one, _, case in RECORDED if one.name == "keeper, slow request")
    asked = cause(case)
    unheard = case.replace(events=tuple(one for one in case.events if one.action != "kill"))
    assert asked.id == cause(unheard).id == "lost-requests"
    assert asked.fix == cause(unheard).fix


def test_events_that_begin_later() -> None:
    """A `docker stop` asks first, though the engine has forgotten that, or nobody watched yet."""
    whole = ended(kill(5, 9), die(5.1), stopped(5.2))
    seen = cause(whole)
    assert (seen.id, seen.confidence) == ("grace-over", "possible")
    forgotten = cause(whole.replace(events=whole.events[1:]))
    assert (forgotten.id, forgotten.confidence) == ("grace-over", "likely")
    by_hand = cause(whole.replace(events=whole.events[1:3]))
    assert (by_hand.id, by_hand.confidence) == ("killed-by-request", "likely")
    ends = ended(die(5.1, 0), stopped(5.2), code=0)
    assert cause(ends.replace(events=ends.events[1:])).id == "stopped"


def test_memory_that_ends_a_stop() -> None:
    """It had been asked to."""
    case = ended(kill(5, 15), oom(6), die(6.1))
    assert cause(case).id == "out-of-memory"
    assert "Nobody asked" not in cause(case).sentence
    assert "the container's limit" not in cause(case).sentence  # it has none


def test_code_2_is_no_mistake_in_the_arguments() -> None:
    """Unless it says so."""
    case = ended(die(5, 2), code=2)
    assert cause(case).id == "app-error"
    told = log_of(case, "usage: app [-h]", "app: error: unrecognized arguments: -x")
    assert cause(told).id == "usage"


@pytest.mark.parametrize(
    "error, expected",
    [
        ('exec: "/app": stat /app: no such file or directory', "not-found"),
        ('error mounting "/a": not a directory', "start-failed"),
        ('chdir to cwd ("/app"): permission denied', "start-failed"),
    ],
)
def test_what_never_started(error: str, expected: str) -> None:
    """The engine's code is the same for a mount that failed."""
    case = ended(code=127).replace(state=State("created", 127, error=error))
    assert cause(case).id == expected


@pytest.mark.parametrize(
    "log, hidden, told",
    [
        ((), (), "with 3, and said nothing"),
        ((), ("the log is hidden: its driver does not read",), "with 3; what it said can't be"),
        ((), ("the container was removed: its log is gone",), "with 3; what it said can't be"),
        (("bye",), ("the events are hidden: no",), "with 3: `bye`"),
        (('GET / HTTP/1.1" 200',), (), "with 3."),
    ],
)
def test_what_it_said(log: tuple[str, ...], hidden: tuple[str, ...], told: str) -> None:
    """Nobody is called silent whom nobody could hear; also of who was asked to stop."""
    for asked in ((), (kill(4, 15),)):
        case = ended(*asked, die(5, 3), code=3).replace(log=log, hidden=hidden)
        assert told in cause(case).sentence
