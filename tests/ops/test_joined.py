"""One report of several containers: what holds for all is told once, trouble first."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from supervisor.cli.report import report
from supervisor.ops.case import Case, Sighting
from supervisor.ops.causes.decide import cause
from supervisor.ops.containers import State
from supervisor.ops.document import document, joined
from supervisor.ops.explanation import of_case, of_document
from supervisor.ops.life import NS
from supervisor.render import compare
from supervisor.render.html import html, html_pair
from supervisor.render.model import read
from supervisor.render.timeline import spender
from supervisor.render.verdict import verdict
from supervisor.report.causes import CALM, IDS
from tests.ops.made import T, die, ended, kill
from tests.ops.test_causes import REPORT
from tests.render.samples import document as sample


def made(case: Case, name: str, seconds: float) -> dict[str, Any]:
    """The report of one container, of which one process was seen to its end."""
    seen = Sighting(7, 1, name, (name,), T, T + int(seconds * NS))
    case = case.replace(sightings=(seen,))
    return document(case, cause(case))


DB = made(ended(kill(60, 15), kill(64, 9), die(64.1), argv=("sh", "-c", "x; y")), "sh", 64.1)
CACHE = made(
    ended(kill(60.2, 15), die(60.4, 0), code=0, argv=("redis-server",)), "redis-server", 60.4
)
JOB = made(ended(die(59, 3), code=3, argv=("python", "job.py")), "python", 59)
WEB = {**sample("lost"), "asked_at": T / NS + 60.05}  # its keeper's own report
MIXED = joined({"cache": CACHE, "web": WEB, "db": DB, "job": JOB})


def test_the_first_trouble_counts() -> None:
    """Not who ended last; and what one alone can say is left to it."""
    REPORT.validate(MIXED)
    assert (MIXED["exit_code"], MIXED["cause"]) == (3, JOB["cause"])
    names = [MIXED["verdict"].index(f"{name}: ") for name in ("job", "web", "db", "cache")]
    assert names == sorted(names)
    assert MIXED["verdict"].count("Exit") == 1
    assert (MIXED["signal"], MIXED["sender"], MIXED["service"]["status"]) == (None, None, None)
    assert (MIXED["asked_at"], MIXED["seconds"]) == (T / NS + 59, 5.1)


def test_a_forged_report_may_say_nothing() -> None:
    """Anybody can write one into a log, with a verdict of null."""
    found = joined({"web": {**WEB, "verdict": None}, "db": DB})
    assert "web: it says nothing." in found["verdict"]


def test_requests_are_summed() -> None:
    """Null where one of them is; what is known of some is told of these."""
    requests = WEB["requests"]
    assert MIXED["requests"] == {
        **requests, "served": None, "served_while_stopping": None, "lost": None, "refused": None,
    }  # fmt: skip
    twice = joined({"a": WEB, "b": WEB})["requests"]
    assert twice["lost"] == 2 * requests["lost"]
    assert twice["lost_requests"] == 2 * requests["lost_requests"]


def test_what_all_agree_on_is_told_once() -> None:
    """One signal, one sender; the budget is that of who had least left."""
    both = joined({"cache": CACHE, "db": DB})
    assert (both["signal"], both["sender"]) == ("SIGTERM", DB["sender"])
    assert (both["exit_code"], both["cause"]["id"]) == (137, DB["cause"]["id"])
    assert both["budget"] == DB["budget"]
    calm = joined({"a": CACHE, "b": CACHE})
    assert (calm["exit_code"], calm["cause"]) == (0, CACHE["cause"])
    asked = {"a": {**CACHE, "exit_code": 143}, "b": {**CACHE, "signal": "SIGQUIT"}}
    assert verdict(read(joined(asked), "x")).kind == "unknown"  # asked, but not alike


def test_it_is_drawn() -> None:
    """Whose budget it is, who asked whom, and no number that is of one alone."""
    one = read(MIXED, "x")
    assert spender(one).phases == read(DB, "x").phases
    assert "Shutdown report: 4 services, " in html(one)
    told = CliRunner().invoke(report, ["-", "--text"], input=json.dumps(MIXED)).output
    words = " ".join(told.split())
    assert words.startswith("Went wrong. job: It failed by itself, with 3")
    assert "Took 5.10 s Lost 2 or more Turned away 400" in words
    assert "; web: SIGTERM, by python (pid 19015, user 0); job: nobody" in words
    assert "budget of db" in told
    assert "\nphases" not in told


@pytest.mark.parametrize(("some", "code"), [((WEB, DB), 1), ((CACHE, DB), 0)])
def test_a_loss_of_one_service_is_a_loss(some: tuple[dict[str, Any], ...], code: int) -> None:
    """The sum is not known when another can't be looked at."""
    text = json.dumps(joined(dict(zip("ab", some, strict=True))))
    assert CliRunner().invoke(report, ["-", "--fail-on", "lost"], input=text).exit_code == code


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (ended(kill(60, 15), kill(64, 9), die(64.1)), 1),
        (ended(kill(60, 9), die(60.1)), 1),
        (ended(kill(60, 15), die(60.1, 143), code=143), 0),
    ],
)
def test_a_kill_that_only_the_engine_tells_of(case: Case, code: int) -> None:
    """Nobody has seen a process: the events are enough, alone and among others."""
    alone = document(case, cause(case))
    assert not alone["processes"]
    for found in (alone, joined({"db": alone, "cache": CACHE})):
        text = json.dumps(found)
        ran = CliRunner().invoke(report, ["-", "--text", "--fail-on", "killed"], input=text)
        assert ran.exit_code == code, ran.output
        assert ("1 or more, by the engine" in ran.output) == bool(code)


def test_it_is_explained() -> None:
    """By its cause, and with what to do about each."""
    told = of_document(MIXED, "x")["cause"]
    assert told["id"] == JOB["cause"]["id"]
    for name, fix in (("web", "Raise the grace period"), ("db", DB["fix"]), ("job", JOB["fix"])):
        assert f"{name}: {fix}" in told["fix"]


def test_what_nobody_saw_is_not_zero() -> None:
    """Events are forgotten after 256 others: then neither time nor kills are known of an end."""
    case = ended(finished=T + 60 * NS)
    found = document(case, cause(case))
    REPORT.validate(found)
    assert (found["seconds"], found["asked_at"]) == (None, T / NS + 60)
    one, web = read(found, "x"), read(WEB, "x")
    rows = {what: (was, now, told) for what, was, now, told, _ in compare.table(one, web)}
    assert rows["seconds used"] == ("not known", "3.27", "not known")
    assert rows["processes killed"][0] == "not known"
    told = "What was lost is not known before; how long it took is not known before."
    assert compare.sentence(one, web) == told
    assert "in both; how long it took is not known in both" in html_pair(one, one)
    told = CliRunner().invoke(report, ["-", "--text"], input=json.dumps(found)).output
    assert "Took not known" in " ".join(told.split())
    assert "? of 10 s" in told
    whole = joined({"web": WEB, "it": found})
    REPORT.validate(whole)
    assert whole["seconds"] is None


def test_what_has_not_ended_has_no_code() -> None:
    """Nor what a code could mean."""
    answer = of_case(ended(kill(5, 15)).replace(state=State("running", started=T)))
    assert (answer["code"], answer["meanings"]) == (None, [])
    assert of_case(ended(die(5)))["meanings"]


def test_calm_causes_are_causes() -> None:
    """One of another name would be trouble."""
    assert {*CALM} <= {*IDS}
