"""Several services, drawn for a person."""

from __future__ import annotations

from typing import Any

from supervisor.cli.ready import fine
from supervisor.cli.services import text

SEEN: dict[str, Any] = {
    "generation": 2,
    "phase": "serving",
    "ready": True,
    "service": {"server": "uwsgi", "pid": 12},
    "connections": {"queued": 1, "half_open": 2, "serving": 3},
    "in_request": 4,
    "requests": 1234,
    "workers": [{}],
}
FOUND: dict[str, Any] = {
    "phase": "serving",
    "pid": 1,
    "grace_s": 10.0,
    "budget_left_s": None,
    "services": [
        {"name": "migrate", "task": True, "stage": "over", "code": 0, "needs": []},
        {
            "name": "app",
            "task": False,
            "stage": "ready",
            "code": None,
            "needs": [{"name": "migrate", "condition": "completed"}],
            **SEEN,
        },
        {
            "name": "nginx",
            "task": False,
            "stage": "stopping",
            "code": None,
            "needs": [{"name": "app", "condition": "ready"}],
            **SEEN,
            "phase": "quiescing",
            "generation": 1,
            "in_request": None,
            "workers": [],
        },
        {"name": "cron", "task": False, "stage": "over", "code": 3, "needs": []},
        {"name": "late", "task": False, "stage": "over", "code": None, "needs": []},
    ],
}
TEXT = """\
5 services, serving (pid 1 gracekeeper)

  service  is                     pid  waiting  inside  answered  needs
  migrate  done
  app      serving, generation 2   12        3       4      1234  migrate completed
  nginx    quiescing               12        3       3            app ready
  cron     ended with 3
  late     never started

  the stop waits for
  nginx: 1 client in the accept queue
  nginx: 2 clients whose handshake goes on"""


def test_one_line_each() -> None:
    """Numbers to the right; what can't be known is left out."""
    assert text(FOUND) == TEXT


def test_the_time_that_is_left() -> None:
    """Never less than none."""
    ending = {**FOUND, "phase": "stopping", "budget_left_s": -0.1}
    assert text(ending).splitlines()[0].endswith("gracekeeper), 0.0 s of 10 s left")


def test_a_task_and_a_service_that_does_not_run() -> None:
    """A task is running until it is over; who only waits says so."""
    one = {"name": "init", "task": True, "stage": "ready", "code": None, "needs": [], **SEEN}
    two = {"name": "app", "task": False, "stage": "waiting", "code": None, "needs": []}
    shown = text({**FOUND, "services": [one, two]})
    assert "init     running, generation 2" in shown
    assert "app      waiting" in shown


def test_who_is_as_it_should_be() -> None:
    """A task is done; a service is ready."""
    assert [fine(one) for one in FOUND["services"]] == [True, True, True, False, False]
