"""The report of every kind of life: what was lost, what is known, and one sentence for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import supervisor.report
from supervisor.core.events import Asked, DoorClosed
from supervisor.report.build import joined
from tests.report.endings import (
    A,
    B,
    asked_before_birth,
    crashed,
    died_while_stopping,
    drained,
    drained_by_control,
    generic,
    generic_done,
    generic_stubborn,
    hurried,
    hurried_at_once,
    left_to_finish,
    left_to_finish_too_long,
    never_looked_at,
    never_ready,
    not_found,
    out_of_time,
    out_of_time_blind,
    overslept,
    slow_to_leave,
    stopped_while_loading,
    stuck_while_loading,
    throttled,
    throttled_too_long,
)
from tests.report.lives import GENERIC, UWSGI, Life, busy, idle

ADDED = {"cause", "services", "series", "moments", "fix"}  # a report may be older than these
SCHEMA = json.loads((Path(supervisor.report.__file__).parent / "schema.json").read_text("utf-8"))


# life, exit code, lost, named, cut, verdict
EXPECTED: list[tuple[Callable[[], Life], int, int | None, list[str], str | None, str]] = [
    (drained, 143, 0, [], None,
     "SIGTERM was answered in 0.2 s: no request was lost."
     " 2 served while stopping, 3 turned away with a 503. Exit 143."),
    (drained_by_control, 143, 0, [], None,
     "SIGTERM was answered in 0.1 s: no request was lost. Exit 143."),
    (slow_to_leave, 143, 0, [], None,
     "SIGTERM was answered in 4.0 s: no request was lost. Exit 143."),
    (out_of_time, 143, 2, [A, B], "out-of-time",
     "Time ran out: 2 requests still ran (GET /a, POST /b) when the grace of 5 s was over, and were"
     " cut. Give more grace, or make them shorter. 1 turned away with a 503. Exit 143."),
    (out_of_time_blind, 143, None, [A], "out-of-time",
     "Time ran out: the service had not ended when the grace of 5 s was over, and was killed."
     " Exit 143."),
    (never_looked_at, 143, None, [], "out-of-time",
     "Time ran out: the service had not ended when the grace of 5 s was over, and was killed."
     " Exit 143."),
    (hurried, 143, None, [A, B], "hurried",
     "Hurried: the service had not ended when a second signal came, and was killed. Exit 143."),
    (hurried_at_once, 143, 1, [A], "hurried",
     "Hurried: 1 request still ran (GET /a) when a second signal came, and was cut. Exit 143."),
    (died_while_stopping, 143, 1, [A], "died",
     "The service died while it was stopping, by SIGKILL: 1 request still ran (GET /a). Its own"
     " last lines or the kernel's (out of memory?) say why. Exit 143."),
    (crashed, 139, None, [], "died",
     "The service ended by itself, by SIGSEGV; what it was running then is not known."
     " 2 turned away with a 503. Exit 139."),
    (never_ready, 22, 0, [], None,
     "The service ended by itself, with code 22, before it was ready; its own last lines say why."
     " Exit 22."),
    (stopped_while_loading, 143, 0, [], None,
     "SIGTERM was answered in 0.1 s, before the service was ready: no request was lost."
     " Exit 143."),
    (stuck_while_loading, 143, 0, [], None,
     "SIGTERM was answered in 4.1 s, before the service was ready: no request was lost."
     " Exit 143."),
    (not_found, 127, 0, [], None,
     "cannot run /bin/x: No such file or directory. 1 turned away with a 503. Exit 127."),
    (asked_before_birth, 143, 0, [], None,
     "SIGTERM was answered in 0.0 s, before the service was ready: no request was lost."
     " Exit 143."),
    (throttled, 143, 0, [], None,
     "SIGTERM was answered in 3.6 s: no request was lost. Exit 143."),
    (throttled_too_long, 143, None, [A], "out-of-time",
     "Time ran out: the service had not ended when the grace of 5 s was over, and was killed."
     " Exit 143."),
    (generic, 130, None, [], None,
     "SIGINT was answered in 0.1 s; what this server was doing can't be seen from outside."
     " Exit 130."),
    (generic_stubborn, 143, None, [], "out-of-time",
     "Time ran out: the service had not ended when the grace of 5 s was over, and was killed."
     " Exit 143."),
    (left_to_finish, 143, 0, [], None,
     "SIGTERM was answered in 2.0 s: no request was lost. Exit 143."),
    (left_to_finish_too_long, 143, None, [], "out-of-time",
     "Time ran out: the service had not ended when the grace of 5 s was over, and was killed."
     " Exit 143."),
    (generic_done, 0, None, [], None, "The service ended by itself, with code 0. Exit 0."),
]  # fmt: skip
LIVES = [row[0] for row in EXPECTED]


@pytest.mark.parametrize(
    ("life", "code", "lost", "named", "cut", "verdict"),
    EXPECTED,
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_what_it_says(
    life: Callable[[], Life],
    code: int,
    lost: int | None,
    named: list[str],
    cut: str | None,
    verdict: str,
) -> None:
    """What was lost is a number where it is known, null where it is not, and never a guess."""
    report = life().report()
    requests = report["requests"]
    assert report["exit_code"] == code
    assert (requests["lost"], requests["lost_requests"], requests["cut"]) == (lost, named, cut)
    assert report["verdict"] == verdict


@pytest.mark.parametrize("life", [*LIVES, overslept], ids=lambda life: life.__name__)
def test_the_schema_has_every_field(life: Callable[[], Life]) -> None:
    """Not one field more, and all of them every time."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(json.loads(json.dumps(life().report())))


def test_the_schema_is_one() -> None:
    """It describes itself, and everything in it."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def check(part: dict[str, Any], path: str) -> None:
        for name, field in part.get("properties", {}).items():
            here = f"{path}.{name}"
            plain = field.get("type") not in ("object", "array")
            assert field.get("description") or "$ref" in field or not plain, here
            check(field, here)
            check(field.get("items", {}), f"{here}[]")
        if "properties" in part:
            optional = {n for n, f in part["properties"].items() if "$ref" in f} | ADDED
            assert {*part["properties"]} - {*part["required"]} <= optional, path
            assert part["additionalProperties"] is False, path

    check(SCHEMA, "report")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("exit_code", 300), ("seconds", -1), ("door", "open"), ("extra", 1), ("phases", [{}])],
)
def test_the_schema_refuses(field: str, wrong: object) -> None:
    """A schema that lets everything through would document nothing."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**drained().report(), field: wrong}, SCHEMA)


def test_times_count_from_when_the_end_began() -> None:
    """What came before is negative, also for processes; the moment itself is a time of day."""
    report = drained().report(asked=[(1010.25, 15)], ended=None, how="still there")
    assert [(p["name"], p["start"]) for p in report["phases"]][:3] == [
        ("starting", -10.0), ("serving", -10.0), ("quiescing", 0.0),
    ]  # fmt: skip
    assert [p["end"] for p in report["phases"]][-1] == report["seconds"]
    assert all(p["start"] <= p["end"] for p in report["phases"])
    assert report["asked_at"] == 1_700_000_000.0 - report["seconds"]
    (process,) = report["processes"]
    assert (process["started"], process["asked"], process["ended"]) == (
        -10.0, [{"t": 0.25, "signal": 15}], None,
    )  # fmt: skip


def test_the_budget() -> None:
    """What there was, what was used, and when a second signal cut it down."""
    budget = hurried_at_once().report()["budget"]
    assert budget["hurried_s"] == pytest.approx(budget["used_s"] - 0.1, abs=0.002)
    assert budget["used_s"] + budget["left_s"] == pytest.approx(UWSGI.grace_s)
    assert drained().report()["budget"]["hurried_s"] is None


@pytest.mark.parametrize(
    ("asked", "sender"),
    [
        (Asked(15, 42, 1000), {"pid": 42, "uid": 1000, "name": None, "via": "signal"}),
        (Asked(15), {"pid": None, "uid": None, "name": None, "via": "signal"}),
        (Asked(15, 42, 0, "control"), {"pid": 42, "uid": 0, "name": None, "via": "control"}),
    ],
)
def test_the_sender(asked: Asked, sender: dict[str, object]) -> None:
    """As far as the kernel tells."""
    assert Life().tell(asked, DoorClosed(0)).report()["sender"] == sender


def test_requests_that_are_served() -> None:
    """In all, and since the signal; a worker that was replaced does not make it negative."""
    requests = drained().report()["requests"]
    assert (requests["served"], requests["served_while_stopping"]) == (7, 2)
    life = Life().shut().look(idle(9), idle(1), idle(1)).end()
    assert life.report()["requests"]["served_while_stopping"] == 0


def test_a_long_list_is_cut_short_in_words_only() -> None:
    """The sentence names five; the list has them all."""
    many = [f"GET /{n}" for n in range(8)]
    life = Life().shut().wait_for("stopping", busy(*many)).end()
    report = life.report()
    assert report["requests"]["lost_requests"] == many
    assert "(GET /0, GET /1, GET /2, GET /3, GET /4 and 3 more)" in report["verdict"]


def test_the_door() -> None:
    """How newcomers were kept away."""
    assert drained().report()["door"] == "steered"
    assert throttled().report()["door"] == "throttled"
    assert crashed().report()["door"] == "none"


def test_a_death_that_nobody_saw() -> None:
    """It died before it could be looked at: then nothing is claimed."""
    report = Life().shut().end(-9, after_s=0.01).report()
    assert report["requests"]["lost"] is None
    assert "by SIGKILL: what it was running is not known." in report["verdict"]


def test_a_service_that_somebody_killed() -> None:
    """Nobody does that to itself, and its keeper had no reason to."""
    told = Life(GENERIC).serve().end(-9).report()["verdict"]
    assert told == "The service was killed (SIGKILL), and not by gracekeeper. Exit 137."


def test_an_end_without_a_status() -> None:
    """The keeper had no time to learn it."""
    assert overslept().report()["service"]["status"] is None


def test_generations_that_leave_together_are_added_up() -> None:
    """Whoever had them, they are lost; what is unknown of one is unknown of all."""
    last = drained().report()
    cut = out_of_time().report()["requests"]
    both = joined(last, [cut])
    assert last["requests"]["lost"] == 0
    assert both["requests"]["lost"] == cut["lost"] > 0
    assert both["requests"]["lost_requests"] == cut["lost_requests"]
    assert both["verdict"].startswith("Time ran out: ")
    jsonschema.validate(both, SCHEMA)
    unknown = never_looked_at().report()["requests"]
    assert joined(last, [cut, unknown])["requests"]["lost"] is None
