"""Causes are decided from evidence alone: recorded from real ends, whole or with parts missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from supervisor.ops import codes, explanation
from supervisor.ops.case import Case, from_json, to_json
from supervisor.ops.causes.cause import IDS
from supervisor.ops.causes.decide import cause
from supervisor.ops.containers import Container, State
from supervisor.ops.document import document, joined
from supervisor.ops.life import NS, Event
from tests.ops.endings import ALL, Ending

PACKAGE = Path(explanation.__file__).parents[1]
SCHEMA = json.loads((PACKAGE / "ops/explanation.schema.json").read_text())
ANSWER = Draft202012Validator(SCHEMA)
REPORT = Draft202012Validator(json.loads((PACKAGE / "report/schema.json").read_text()))
T = 1_800_000_000 * NS


def recorded() -> Iterator[tuple[Ending, str, Case]]:
    """Every end that tests/ops/test_endings.py staged, as it was seen once."""
    endings = {one.name: one for one in ALL}
    for line in (Path(__file__).parent / "cases.jsonl").read_text().splitlines():
        found = json.loads(line)
        yield endings[found["name"]], found["kind"], from_json(found["case"])


RECORDED = tuple(recorded())


def ended(*events: Event, code: int = 137, argv: tuple[str, ...] = ("app",), **state: Any) -> Case:
    """A container that ended, with a start before."""
    own = {"started": T, **state}
    return Case(
        Container("0" * 64, "web", argv=argv),
        State("exited", code, **own),
        events and (Event(T, "start"), *events),
    )


def kill(seconds: float, signal: int) -> Event:
    return Event(T + int(seconds * NS), "kill", signal)


def die(seconds: float, code: int = 137) -> Event:
    return Event(T + int(seconds * NS), "die", code=code)


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
        (ended(Event(T + 4 * NS, "oom"), die(5)), "out-of-memory"),
        (ended(), "unknown"),
        (ended(oom=True), "out-of-memory"),
        (ended(kill(5, 15), die(5.2, 0), code=0, oom=True), "child-out-of-memory"),
        (ended(kill(5, 1), die(9, 3), code=3, argv=("gunicorn", "app")), "boot-failed"),
        (ended(kill(5, 15), die(5.2, 1), code=1), "failed-while-stopping"),
        (ended(kill(5, 15), die(5.2)), "killed-from-host"),
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
