"""The report of several services: added up, and in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from supervisor.core import precedence
from supervisor.core.fleet import Ended, Fleet, Need, Part, StopAsked
from supervisor.report.fleet import build

REQUESTS: dict[str, Any] = {
    "served": 10,
    "served_while_stopping": 2,
    "lost": 0,
    "lost_requests": [],
    "cut": None,
    "turned_away": 1,
    "refused": None,
}
CUT: dict[str, Any] = {"lost": 1, "lost_requests": ["GET /slow"], "cut": "out-of-time"}
BLIND: dict[str, Any] = {"served": None, "served_while_stopping": None, "lost": None}


def told(verdict: str = "Fine. Exit 143.", **requests: Any) -> dict[str, Any]:
    """One service's own report, as far as it matters here."""
    service = {"status": 0, "was_ready": True, "why": "", "cluster": None}
    code = int(verdict.rpartition(" ")[2].rstrip("."))
    own = {"schema": 1, "verdict": verdict, "exit_code": code, "service": service}
    return {**own, "requests": {**REQUESTS, **requests}}


def fleet(*facts: Any) -> Fleet:
    """Three services, after these facts."""
    parts = [Part("init", task=True), Part("app", (Need("init", "completed"),)), Part("web")]
    state = precedence.initial(parts, 10.0, 0.5)
    for fact in facts:
        state, _ = precedence.decide(state, fact, 1.0)
    return state


def built(state: Fleet, seconds: float = 2.0, **reports: dict[str, Any]) -> dict[str, Any]:
    """The container's report."""
    return build(
        state,
        reports,
        143,
        sender=None,
        signal="SIGTERM",
        reserve_s=1.0,
        seconds=seconds,
        asked_at=100.0,
    )


def test_all_was_well() -> None:
    """Requests are added up; who can't be seen is named."""
    report = built(fleet(StopAsked()), app=told(), web=told(**BLIND), init=told(**BLIND))
    assert report["verdict"] == (
        "SIGTERM was answered in 2.0 s: no request was lost by app. What web did can't be seen from"
        " outside. Exit 143."
    )
    assert (report["requests"]["lost"], report["requests"]["turned_away"]) == (0, 3)
    assert [one["name"] for one in report["services"]] == ["init", "app", "web"]
    assert [one["start"] for one in report["phases"]] == [0.0, 0.5]
    assert report["service"]["was_ready"]


def test_two_can_be_seen() -> None:
    """Nothing has to be said of others."""
    report = built(fleet(StopAsked()), app=told(), web=told(), init=told(**BLIND))
    assert "no request was lost by app and web. Exit 143." in report["verdict"]


def test_one_has_lost_something() -> None:
    """Its own words tell what, and the sum counts it."""
    own = "Time ran out: 1 request still ran (GET /slow). Exit 137."
    report = built(fleet(StopAsked()), app=told(own, **CUT), web=told())
    assert report["verdict"] == (
        "SIGTERM was answered in 2.0 s. app: Time ran out: 1 request still ran (GET /slow)."
        " Exit 143."
    )
    assert report["requests"]["lost"] == 1
    assert report["requests"]["lost_requests"] == ["GET /slow"]
    assert report["requests"]["cut"] == "out-of-time"


def test_one_was_killed_and_nothing_was_lost() -> None:
    """Each of its requests was answered: that is no loss, here as in its own report."""
    late = told("SIGTERM was answered in 9.5 s: no request was lost. Exit 143.", cut="out-of-time")
    report = built(fleet(StopAsked()), app=late, web=told())
    assert "no request was lost by app and web" in report["verdict"]


def test_nobody_can_be_seen() -> None:
    """Then nothing is claimed."""
    report = built(fleet(StopAsked()), web=told(**BLIND))
    assert report["verdict"] == "SIGTERM was answered in 2.0 s. Exit 143."
    assert report["requests"]["lost"] is None
    assert not report["service"]["was_ready"]  # the app never ran


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (Ended("web", 3), "Everything was stopped, because web has ended with 3"),
        (Ended("init", 0), "All services have ended by themselves"),
    ],
)
def test_nobody_asked(fact: Ended, why: str) -> None:
    """The cause comes first."""
    report = built(fleet(fact), web=told())
    assert report["verdict"].startswith(why)
    assert [phase["name"] for phase in report["phases"]] == ["stopping"]


def test_a_delay_that_was_cut_short() -> None:
    """Is as long as it was."""
    report = built(fleet(StopAsked()), seconds=0.2)
    assert [phase["end"] for phase in report["phases"]] == [0.2, 0.2]
