"""Several services under one keeper: real processes, started and stopped in order."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.command import gracekeeper
from tests.runtime.fleets import SCHEMA, fleet, order, service

pytestmark = pytest.mark.process


def test_in_order_and_back(tmp_path: Path) -> None:
    """Each starts when what it needs is ready, and ends when nobody needs it."""
    services = (
        service("web", after='["app"]', ready='{ exec = ["true"] }'),
        service("app", "notify", after='["made", "db"]', ready="{ notify = true }"),
        service("db", ready='{ file = "db.here" }'),
        service("made", command='["sh", "-c", "echo making; touch db.here"]', task="true"),
    )
    with fleet(tmp_path, *services, top="grace = 5") as kept:
        kept.wait_for("ready", service="web")
        status = json.loads(gracekeeper(tmp_path, "status", "--json").out)
        kept.ask()
        code = kept.end()
    assert code == 143, kept.text
    assert (status["phase"], status["ready"]) == ("serving", True)
    assert sorted(order(kept, "spawned")[:2]) == ["db", "made"]
    assert order(kept, "spawned")[2:] == ["app", "web"]
    assert order(kept, "stopping") == ["web", "app", "db"]
    said = [line for line in kept.lines if line.endswith("ends")]
    assert said == ["web  | web ends", "app  | app ends", "db   | db ends"]
    assert "made | making" in kept.lines
    report = kept.report
    Draft202012Validator(SCHEMA).validate(report)
    assert [one["name"] for one in report["services"]] == ["web", "app", "db", "made"]
    assert report["seconds"] < 1
    assert "SIGTERM was answered" in report["verdict"]


def test_who_dies_ends_everything_with_its_code(tmp_path: Path) -> None:
    """In order, and the report says why."""
    services = (service("db"), service("app", after='["db"]'), service("web", after='["app"]'))
    with fleet(tmp_path, *services) as kept:
        pid = kept.wait_for("spawned", service="app")["pid"]
        kept.wait_for("ready", service="web")
        kept.wait_for_line("app is up")
        os.kill(pid, signal.SIGUSR1)
        assert kept.end() == 7, kept.text
    assert order(kept, "stopping") == ["web", "db"]
    assert "because app has ended with 7" in kept.report["verdict"]
    assert kept.report["sender"] is None


def test_who_stays_does_not_take_later_ones_for_its_own(tmp_path: Path) -> None:
    """A service is alone for a moment, when a task has ended and what waits for it not begun."""
    services = (
        service("db", restart='"always"'),
        service("migrate", command='["true"]', task="true", after='["db"]'),
        service("app", after='["migrate"]'),
    )
    with fleet(tmp_path, *services) as kept:
        kept.wait_for_line("app is up")
        kept.wait_for_line("db is up")
        os.kill(kept.wait_for("spawned", service="db")["pid"], signal.SIGUSR1)
        kept.wait_for("ready", service="db", generation=2)
        assert "app ends" not in kept.text
        os.kill(kept.wait_for("spawned", service="app")["pid"], signal.SIGUSR1)
        assert kept.end() == 7, kept.text
    assert kept.report["seconds"] < 2


def test_who_is_not_essential_may_die_and_comes_back(tmp_path: Path) -> None:
    """Its restarts are its own; nobody else notices."""
    services = (service("app"), service("cron", restart='"always"', essential="false"))
    with fleet(tmp_path, *services) as kept:
        kept.wait_for_line("cron is up")
        os.kill(kept.wait_for("spawned", service="cron")["pid"], signal.SIGUSR1)
        kept.wait_for("ready", service="cron", generation=2)
        kept.ask()
        assert kept.end() == 143, kept.text
    assert order(kept, "stopping") == ["app", "cron"]


def test_a_task_is_stopped_and_nothing_follows(tmp_path: Path) -> None:
    """A stop while it runs: what waits for it is never started."""
    task = service("init", command='["sleep", "1000"]', task="true")
    with fleet(tmp_path, task, service("app", after='["init"]')) as kept:
        kept.wait_for("spawned", service="init")
        kept.ask()
        assert kept.end() == 143
    assert order(kept, "spawned") == ["init"]
    assert [one["started"] for one in kept.report["services"]] == [True, False]


def test_a_daemon_that_got_away_ends_too(tmp_path: Path) -> None:
    """Nobody's child any more, in a session of its own: the last one's stop takes it along."""
    with fleet(tmp_path, service("one", "daemon"), service("two", after='["one"]')) as kept:
        kept.wait_for("ready", service="two")
        kept.wait_for_line("one is up")
        kept.wait_for_line("two is up")
        kept.ask()
        assert kept.end() == 143
    assert kept.report["services"][0]["processes"][0]["how"] == "exit 0"
    assert kept.report["seconds"] < 3
