"""The document of a drill, against its schema."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import supervisor.drill.document
from supervisor.drill.document import document
from supervisor.drill.outcome import Outcome, Shortfall
from supervisor.drill.tally import Tally
from supervisor.drill.verdict import Limits
from tests.drill.outcomes import answered, cut, failing, graceful, killed, outcome

SCHEMA = Path(supervisor.drill.document.__file__).with_name("drill.schema.json")


def documented(
    *outcomes: Outcome, limits: Limits | None = None, shortfall: Shortfall | None = None
) -> dict[str, Any]:
    """Return the document as it is read again, after its schema has been asked."""
    found = json.loads(json.dumps(document(outcomes, limits, shortfall)))
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    return dict(found)


@pytest.mark.parametrize("one", [graceful(), cut(), killed(), outcome()])
def test_every_outcome_fits_the_schema(one: Outcome) -> None:
    assert documented(one)["trials"][0]["seconds"] == one.seconds


def test_nothing_that_it_says_is_outside_of_the_schema() -> None:
    found = document([cut()])
    found["trials"][0]["surprise"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, json.loads(SCHEMA.read_text()))


def test_a_loss_is_told_by_its_moments_and_without_its_query() -> None:
    (trial,) = documented(cut())["trials"]
    inside = [one for one in trial["lost"] if one["accepted_s"] < 0]
    assert (len(inside), inside[0]["path"], inside[0]["lost_s"]) == (7, "/slow", 0.02)
    assert trial["requests"]["parts"]["inside"]["lost"] == 7
    assert sum(one["lost"] for one in trial["buckets"]) == 8
    assert trial["over_s"] == 0.06


def test_several_trials_have_totals_and_one_verdict() -> None:
    found = documented(graceful(), cut(), killed())
    assert found["totals"] == {"answered": 45, "turned_away": 1, "refused": 1, "lost": 16}
    assert [one["verdict"]["ok"] for one in found["trials"]] == [True, False, False]
    assert found["verdict"]["ok"] is False
    assert found["verdict"]["sentence"].startswith(
        "app:latest: 2 of 3 trials failed; the first of them: 8 requests were lost"
    )
    passed = documented(graceful(), graceful())["verdict"]
    assert passed["sentence"].startswith("app:latest: all of 2 trials passed; the last: nothing")


def test_of_trials_that_passed_the_one_with_a_remark_is_told() -> None:
    errors = outcome([*answered(2, -1, -0.5), *failing(1, 0.1, 0.2)])
    found = documented(errors, graceful())["verdict"]
    assert found["ok"]
    assert "; one of them: nothing was lost" in found["sentence"]
    assert found["sentence"].endswith("1 answer was 5xx, none before SIGTERM.")
    assert [one["kind"] for one in found["remarks"]] == ["errors"]


def test_a_pass_of_some_is_none_when_others_are_missing() -> None:
    missing = Shortfall(3, "cannot bring it up: no answer. Do something.")
    found = documented(graceful(), shortfall=missing)
    assert found["incomplete"] == {"done": 1, "wanted": 3, "why": missing.why}
    assert [found["verdict"]["ok"], *(one["verdict"]["ok"] for one in found["trials"])] == [
        False,
        True,
    ]
    assert found["verdict"]["sentence"].startswith(
        "app:latest: only 1 of 3 trials could be made; nothing was lost"
    )
    found = documented(cut(), graceful(), shortfall=missing)
    assert found["verdict"]["sentence"].startswith(
        "app:latest: only 2 of 3 trials could be made; 1 of 2 trials failed; the first of them: 8"
    )
    assert [one["kind"] for one in found["verdict"]["complaints"]] == ["lost"]
    assert documented(graceful())["incomplete"] is None


def test_the_slowest_stop_decides_where_it_fits() -> None:
    found = {one["name"]: one["fits"] for one in documented(graceful(), killed())["platforms"]}
    assert (found["Docker, Compose"], found["Kubernetes"]) == (False, None)
    assert documented(outcome(answered(1, -1, 0), action="restart"))["platforms"] == []


def test_what_it_was_asked_by_and_how_long_answers_took() -> None:
    (trial,) = documented(graceful())["trials"]
    assert (trial["signal"], trial["cause"]) == ("SIGTERM", None)
    assert trial["requests"]["p50_s"] == 0.5
    (trial,) = documented(outcome(signal=0))["trials"]
    assert (trial["signal"], trial["lost"], trial["buckets"]) == (None, [], [])
    assert (trial["over_s"], trial["requests"]["p50_s"]) == (None, None)
    assert documented(cut())["trials"][0]["cause"]["id"] == "no-handler"
    one = cut()  # of which nobody knows when it was asked
    unmarked = dataclasses.replace(one, tally=Tally(one.tally.results))
    (trial,) = documented(unmarked)["trials"]
    assert (trial["requests"]["lost"], trial["lost"], trial["buckets"]) == (8, [], [])
    with pytest.raises(ValueError, match="without an outcome"):
        document([])


def test_limits_are_part_of_it() -> None:
    found = documented(killed(), limits=Limits(fail_on=("slow",), seconds=20.0, codes=(137,)))
    assert found["verdict"]["ok"]
    assert found["limits"] == {"fail_on": ["slow"], "seconds": 20.0, "codes": [137]}
