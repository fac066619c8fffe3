"""docker/compose.yaml: comes up in order, stops in reverse, keeps what it has confirmed."""

from __future__ import annotations

import time

import pytest

from benchmarks import ledger
from benchmarks.ledgers.stack import SERVICES, Stack
from tests.images.loader import Loader

pytestmark = pytest.mark.docker

EXPORT = "http://127.0.0.1:8080/api/export?pace_s=0.3"


def test_what_was_created_stays_and_is_there_once(stack: Stack, app_image: str) -> None:
    """Clerks send the same thought with the same key until they are told 201, whatever happens."""
    stack.up()
    result = ledger.measure(stack, app_image, ledger.HAPPENINGS, rounds=1)
    assert not ledger.bad(result), result
    assert result["created"] >= 5 * ledger.MORE
    assert result["open"] == 0


def test_a_stop_under_load(stack: Stack, app_image: str) -> None:
    """nginx first, the database last, and it is shut down."""
    stack.up()
    with Loader(app_image, stack.container("nginx"), EXPORT) as loader:
        stack.wait_for_line("app", "/api/export")
        asked = time.monotonic()
        stack.compose("stop")
        tally = loader.tally(asked=asked)
    states = {service: stack.state(service) for service in SERVICES}
    assert {name: state["ExitCode"] for name, state in states.items()} == dict.fromkeys(
        SERVICES, 143
    )
    assert sorted(states, key=lambda name: states[name]["FinishedAt"]) == list(SERVICES)
    assert stack.state("migrate")["ExitCode"] == 0
    assert tally.lost == 0, tally.reasons()
    assert set(tally.statuses()) == {200}, tally.statuses()
    assert tally.in_flight("asked").answered >= 1
    assert stack.cut() == 0
    assert stack.cluster_state() == "shut down"


def test_the_sample_app_s_own_tests_run_in_the_image(stack: Stack, tests_image: str) -> None:
    """On a PostgreSQL of their own; here only some of them."""
    some = ("-k", "postgresql and test_healthy")
    told = stack.compose("run", "--rm", "test-postgresql", "-q", *some)
    assert " passed" in told, told
