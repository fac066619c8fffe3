"""A report is read with care: others wrote it, and clients chose what is in it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pytest

from supervisor.errors import UsageError
from supervisor.ops.explanation import of_document
from supervisor.render.html import html
from supervisor.render.model import read
from supervisor.render.svg import svg
from supervisor.render.terminal import terminal
from supervisor.render.verdict import verdict
from tests.render.samples import document, sample
from tests.report.endings import (
    crashed,
    died_while_stopping,
    drained,
    generic_stubborn,
    hurried,
    never_ready,
    not_found,
    out_of_time,
    out_of_time_blind,
    overslept,
)
from tests.report.lives import Life


@pytest.mark.parametrize(
    ("life", "kind", "cause", "fix"),
    [
        (drained, "good", "kept", ""),
        (out_of_time, "bad", "lost-requests", "Raise the grace period above 5 s"),
        (
            out_of_time_blind,
            "bad",
            "lost-requests",
            "make GET /a shorter: it still ran after 4.0 s",
        ),
        (hurried, "bad", "lost-requests", "ask once and wait"),
        (not_found, "bad", "start-failed", "Correct the command"),
        (crashed, "bad", "app-error", "Read its own last lines, and the kernel's"),
        (never_ready, "bad", "app-error", "the service's own last lines"),
        (overslept, "bad", "lost-requests", "Raise the grace period"),
        (generic_stubborn, "bad", "grace-over", "Raise the grace period"),
        (died_while_stopping, "bad", "lost-requests", "Read its own last lines, and the kernel's"),
    ],
)
def test_the_verdict(life: Callable[[], Life], kind: str, cause: str, fix: str) -> None:
    """What is not known is not called good, and what is bad has a remedy."""
    told = life().report()
    one = read(told, "x")
    judged = verdict(one)
    assert (judged.kind, judged.cause, judged.sure) == (kind, cause, "certain")
    assert (fix in judged.fix) if fix else not judged.fix
    assert judged.told == told["verdict"]
    assert svg(one)
    assert judged.word in html(one)


def test_a_killed_process_is_told_where_nothing_else_is_wrong() -> None:
    """Whoever did not end at SIGTERM is named."""
    process: dict[str, Any] = {"role": "descendant", "name": "sidekiq", "how": "killed"}
    one = read(drained().report(**process), "x")
    assert verdict(one).kind == "unknown"
    assert verdict(one).fix.startswith("Let sidekiq (descendant) end at SIGTERM")


@pytest.mark.parametrize(
    ("cause", "sure", "kind"),
    [
        ("cut-requests", "likely", "bad"),
        ("cut-requests", "possible", "unknown"),
        ("stopped", "certain", "unknown"),
    ],
)
def test_a_cause_is_judged(cause: str, sure: str, kind: str) -> None:
    """Who looked from outside counted nothing, and can know that it went wrong."""
    requests = {**document("clean")["requests"], "lost": None}
    named = {"id": cause, "confidence": sure}
    assert verdict(sample("clean", requests=requests, cause=named)).kind == kind


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lost": 3}, ("bad", "lost-requests", "possible")),
        ({"lost": None, "cut": "out-of-time"}, ("bad", "lost-requests", "possible")),
        ({"lost": 0}, ("good", "kept", "certain")),
    ],
)
def test_a_calm_cause_does_not_undo_what_was_counted(
    changes: dict[str, Any], told: tuple[str, ...]
) -> None:
    """Whoever wrote that all went well wrote the numbers, too."""
    requests = {**document("clean")["requests"], **changes}
    named = {"id": "kept", "confidence": "certain"}
    found = verdict(sample("clean", requests=requests, cause=named))
    assert (found.kind, found.cause, found.sure) == told


def test_nobody_knows_what_a_service_did_that_cannot_be_seen() -> None:
    """No loss was seen; that is less than nothing lost."""
    assert verdict(sample("fleet")).word == "No loss was seen"
    assert verdict(sample("clean")).word == "Nothing was lost"


def test_services_are_on_the_container_s_clock() -> None:
    """Each counts from its own end; a picture has one axis."""
    own = document("fleet")["services"][1]
    beat = sample("fleet").services[1]
    by = own["asked_at"] - document("fleet")["asked_at"]
    assert by > 3
    assert beat.processes[0].end == pytest.approx(own["processes"][0]["ended"] + by)
    assert beat.phases[-1].end == pytest.approx(own["phases"][-1]["end"] + by)


def test_an_older_report_has_no_series() -> None:
    """It is drawn without."""
    old = {k: v for k, v in document("lost").items() if k not in ("series", "moments")}
    assert read(old, "x").series == ()
    assert "in flight" not in svg(read(old, "x"))


def test_requests_are_counted_by_uri() -> None:
    """The same request twice is one line."""
    requests = {**document("lost")["requests"], "lost_requests": ["GET /b", "GET /a", "GET /b"]}
    assert sample("lost", requests=requests).requests.lost_by_uri == (("GET /b", 2), ("GET /a", 1))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema": 2}, "its schema is 2, and this gracekeeper knows 1"),
        ({"asked_at": None}, "`asked_at` is not a number"),
        ({"seconds": float("nan")}, "`seconds` is not a number"),
        ({"seconds": 1e308}, "`seconds` is not a number up to 1e+09"),
        ({"asked_at": 10**400}, "`asked_at` is not a number up to 1e+11"),
        ({"exit_code": True}, "`exit_code` is not a number"),
        ({"verdict": 3}, "`verdict` is not a text"),
        ({"budget": []}, "`budget` is not an object"),
        ({"phases": {}}, "`phases` is not a list"),
        ({"phases": [3]}, "`phases[0]` is not an object"),
        ({"series": [[1, 2]]}, "`series[0]` is not a list of four numbers"),
        ({"processes": [{"pid": "x"}]}, "`processes[0].pid` is not a number"),
    ],
)
def test_a_report_that_is_none(changes: dict[str, Any], told: str) -> None:
    """The field is named, and nothing is guessed."""
    with pytest.raises(UsageError) as error:
        sample("lost", **changes)
    assert told in str(error.value)
    assert str(error.value).startswith("cannot read the report in lost: ")


@pytest.mark.parametrize("budget", [{"grace_s": 0, "used_s": 0}, {"hurried_s": -5}])
def test_a_budget_of_nothing(budget: dict[str, float]) -> None:
    """It is drawn, and no KILL comes before the stop or after its grace period."""
    one = sample("lost", budget={**document("lost")["budget"], **budget})
    assert one.budget.kill_at == 0
    assert "first KILL at 0 s" in svg(one)
    assert list(terminal(one, 80))


def test_a_long_uri_does_not_fill_the_advice() -> None:
    """Its beginning is enough to find it; the table has all of it."""
    requests = {**document("lost")["requests"], "lost_requests": [f"GET /{'a' * 3000}"]}
    one = sample("lost", requests=requests)
    assert len(verdict(one).fix) < 300
    assert "a" * 3000 in html(one)


def test_what_a_terminal_would_obey_is_not_passed_on() -> None:
    """Escape sequences, other directions, broken characters: clients choose URIs."""
    requests = {
        **document("lost")["requests"],
        "lost_requests": ["GET /\x1b[2J\u202egpj.exe\ud800\n"],
    }
    ((told, _count),) = sample("lost", requests=requests).requests.lost_by_uri
    assert told.isprintable()
    assert told.encode()


def test_one_sentence_wherever_it_is_told() -> None:
    """As it was written: on the page, in the terminal, in an answer."""
    told = document("lost")["verdict"]
    one = sample("lost")
    first = next(iter(terminal(one, 80)))
    assert str(first) == f"Went wrong. {told}"
    assert f"<p class=cause>{escape(told)}</p>" in html(one)
    assert of_document(document("lost"), "x")["cause"]["sentence"] == told
