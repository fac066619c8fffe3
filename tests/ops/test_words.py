"""A line of a log is a hint: whose words it has, and when it was said, is looked at first."""

from __future__ import annotations

import pytest

from supervisor.ops.causes import words
from supervisor.ops.causes.decide import cause
from tests.ops.made import die, ended, kill, log_of, said_at, stopped

AGENT = "lost 3 requests; WORKER TIMEOUT"
ACCESS = (
    f'10.0.0.1 - - [23/Nov/2026:19:12:11 +0000] "GET / HTTP/1.1" 200 5 "-" "{AGENT}"',
    f'web:80 10.0.0.1 - bob [23/Nov/2026:19:12:11 +0000] "-" 400 0 "-" "{AGENT}"',
    f'10.0.0.1 - - [23/Nov/2026 19:12:11] "GET /{AGENT} HTTP/1.1" 200 -',
    'INFO:     10.0.0.1:5 - "GET /lost 3 requests HTTP/1.1" 200 OK',
    "[pid: 9|app: 0|req: 1/1] 10.0.0.1 () {28 vars in 300 bytes} [Mon Nov 23 19:12:11 2026]"
    " GET /?lost 3 requests => generated 1 bytes in 0 msecs (HTTP/1.1 200) 1 headers",
    f'{{"remote_addr": "10.0.0.1", "user_agent": "{AGENT}", "status": 200}}',
)
CLEAN = ended(kill(5, 15), die(6, 0), stopped(6.1), code=0)
KILLED = ended(kill(5, 15), kill(15, 9), die(15.1), stopped(15.2))


@pytest.mark.parametrize("line", ACCESS)
def test_what_a_client_says_does_not_count(line: str) -> None:
    """It is not the program's word, and what the program says before it is."""
    assert not words.said((line,), words.LOSSES)
    assert words.last(("ready", line)) == "ready"
    assert cause(log_of(CLEAN, line)).id == "stopped"
    assert cause(log_of(KILLED, line)).id == "grace-over"


@pytest.mark.parametrize(
    "line, lost",
    [
        ("3 requests were lost", True),
        ("2026-11-23 10:00:00,123 INFO 10 in-flight requests were dropped", True),
        ("requests were lost while stopping", True),
        ("error: lost 3 requests", True),
        ("Cancel 2 running task(s), timeout graceful shutdown exceeded", True),
        ("process 'ForkPoolWorker-1' pid:8 exited with 'signal 15 (SIGTERM)'", True),
        ("0 requests were lost", False),
        ("0 of 12 requests were lost", False),
        ("No in-flight requests were lost", False),
        ("None of the requests were lost", False),
        ("done, no client was cut, none", False),
        ("requests were lost: 0", False),
        ("lost 0 requests", False),
        ("Cancel 0 running task(s), timeout graceful shutdown exceeded", False),
    ],
)
def test_losses(line: str, lost: bool) -> None:
    """A number that is none is no loss; and what rests on a line is never certain."""
    found = cause(log_of(CLEAN, line))
    assert (found.id == "lost-requests") == lost
    assert found.confidence != "certain"


def test_only_what_was_said_since_the_stop_began() -> None:
    """A loss, or a worker that hung, of another day is not about this end."""
    heard = "[2026-11-23 19:12:11 +0000] [1] [INFO] Handling signal: term"
    hung = "[2026-11-22 19:12:11 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:8)"
    assert cause(log_of(KILLED, hung)).id == "hung-worker"  # it does not say when
    assert cause(log_of(KILLED, hung, heard)).id == "busy"
    assert cause(log_of(KILLED, heard, hung)).id == "hung-worker"
    assert cause(log_of(CLEAN, "3 requests were lost", heard)).id == "stopped"


@pytest.mark.parametrize(
    "line, before, after",
    [
        ("3 requests were lost", "stopped", "lost-requests"),
        ("Handling signal: int", "stopped", "cut-requests"),
    ],
)
def test_a_line_from_before_a_stop_is_no_evidence_of_it(line: str, before: str, after: str) -> None:
    """Its time tells, also where nobody says that he has heard; an engine's own is a bit late."""
    assert cause(said_at(CLEAN, (4, line))).id == before
    assert cause(said_at(CLEAN, (4.8, line))).id == after
    assert cause(said_at(CLEAN, (5.5, line))).id == after


@pytest.mark.parametrize(
    "line, after",
    [
        ("[CRITICAL] WORKER TIMEOUT (pid:8)", "hung-worker"),
        ("...brutally reloading uWSGI", "reloaded"),
        ("got SIGTERM", "busy"),
        ("gracefully shutting down", "busy"),
    ],
)
def test_nor_of_why_it_was_still_there(line: str, after: str) -> None:
    """What it said an hour, or a second, before it was asked."""
    assert cause(said_at(KILLED, (4, line))).id == "grace-over"
    assert cause(said_at(KILLED, (9, line))).id == after


def test_an_error_of_another_day_is_not_why_it_failed() -> None:
    """Neither while it stopped, nor at an end that nobody asked for."""
    failed = ended(kill(95, 15), die(96, 1), code=1)
    found = cause(said_at(failed, (90, "ValueError: old"), (95.5, "bye")))
    assert "with 1: `bye`" in found.sentence
    alone = ended(die(99, 1), code=1)
    found = cause(said_at(alone, (9, "ValueError: old"), (98, "bye")))
    assert (found.confidence, "with 1: `bye`" in found.sentence) == ("possible", True)
    found = cause(said_at(alone, (98, "ValueError: new"), (98.5, "bye")))
    assert (found.confidence, "`ValueError: new`" in found.sentence) == ("likely", True)
    assert cause(said_at(ended(die(99)), (9, "Killed"))).id == "killed-from-host"
    assert cause(said_at(ended(die(99)), (98, "Killed"))).id == "child-killed"


@pytest.mark.parametrize(
    "line, program, code, expected",
    [
        ('Could not import module "x"', "python3", 1, "app-error"),
        ('Could not import module "x"', "uvicorn", 1, "boot-failed"),
        ('Could not import module "x"', "uvicorn", 0, "ended"),
        ("Failed to load application", "python3", 1, "app-error"),
        ("Failed to load application", "gunicorn", 1, "load-failed"),
        ("Killed 5 zombies", "app", 137, "killed-from-host"),
        ("Worker (pid:8) was sent SIGKILL! Perhaps out of memory?", "app", 137, "child-killed"),
        ("Killed", "sh", 137, "child-killed"),
        ("[Warning] Aborted connection 5 to db", "app", 139, "segfault"),
        ("Aborted (core dumped)", "app", 139, "aborted"),
    ],
)
def test_whose_line_it_is(line: str, program: str, code: int, expected: str) -> None:
    """The same words mean something else of another program."""
    found = cause(log_of(ended(die(5, code), code=code, argv=(program,)), line))
    assert found.id == expected
    assert found.confidence != "certain"
