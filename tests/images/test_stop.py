"""SIGTERM in the middle of a load, on real Docker: nothing that was accepted is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.tally import Tally
from supervisor.drill.traffic import Load
from tests.images.loader import Loader
from tests.images.sample import APP_PORT, HEALTH_PORT, Ending, Sample
from tests.images.watch import Watch

pytestmark = pytest.mark.docker

SLOW = "/api/export?pace_s=0.5"
CLIENTS = 8
INSIDE = f"http://127.0.0.1:{APP_PORT}{SLOW}"


def assert_nothing_lost(tally: Tally, ending: Ending) -> None:
    """Who was in flight got an answer; who came later was turned away or refused."""
    assert tally.lost == 0, f"{tally.reasons()}\n{ending.told_log()}"
    in_flight, after = tally.in_flight("asked"), tally.after("told")
    assert in_flight.answered >= CLIENTS - 1  # one may be between two requests
    assert set(tally.before("told").statuses() + in_flight.statuses()) == {200}
    assert after.answered == 0, after.statuses()
    assert after.turned_away + after.refused > 0


@pytest.mark.parametrize(
    ("ini", "options"),
    [
        pytest.param(None, {}, id="classic"),
        pytest.param("http-socket.ini", {}, id="http-socket"),
        pytest.param(
            None, {"user": "root", "cap_drop": [], "security_opt": []}, id="classic-as-root"
        ),
    ],
)
def test_stop_under_load(app_image: str, ini: str | None, options: dict[str, Any]) -> None:
    """The main promise: 143, nothing lost, not ready from the moment of the signal."""
    with (
        Sample(app_image, ini=ini, **options) as sample,
        Watch(sample.host, sample.port(HEALTH_PORT), "/readyz") as ready,
        Watch(sample.host, sample.port(HEALTH_PORT), "/livez") as alive,
        Loader(app_image, sample.id, INSIDE, clients=CLIENTS) as loader,
    ):
        sample.wait_for_line("/api/export")
        ending = sample.end()
        tally = loader.tally(asked=ending.asked, told=ending.told)

    assert ending.code == 143, ending.told_log()
    assert_nothing_lost(tally, ending)
    assert ready.statuses(until=ending.asked) == {200}
    assert ready.statuses(since=ending.told) == {503}
    assert alive.statuses() == {200}
    assert ending.report["exit_code"] == 143
    assert ending.report["requests"]["lost"] == 0
    assert ending.report["requests"]["turned_away"] == tally.turned_away


def test_without_gracekeeper_the_same_drill_finds_losses(app_image: str) -> None:
    """The control: the measure sees what uWSGI alone loses."""
    bare = ["/opt/venv/bin/uwsgi", "--ini", "/opt/uwsgi/uwsgi.ini", "--die-on-term"]
    with (
        Sample(app_image, ready=(APP_PORT, "/healthz"), entrypoint=bare) as sample,
        Loader(app_image, sample.id, INSIDE, clients=CLIENTS) as loader,
    ):
        sample.wait_for_line("/api/export")
        ending = sample.end()
        tally = loader.tally(asked=ending.asked)

    assert ending.code == 0, ending.told_log()
    assert tally.lost >= CLIENTS - 1


def test_published_port(app_image: str) -> None:
    """The same through Docker's own forwarding, as few real clients come."""
    with Sample(app_image) as sample:
        load = Load(sample.url(SLOW), clients=2, until_refused=6, max_s=60)
        with Driver(load) as driver:
            driver.wait_answered(1)
            driver.wait_in_flight(2)
            driver.mark("asked")
            ending = sample.stop(timeout_s=10)
            tally = driver.join(timeout_s=60)

    assert ending.code == 143, ending.told_log()
    # What the forwarder accepts when the container is gone was never the server's.
    accepted_by_server = tally.in_flight("asked")
    assert accepted_by_server.lost == 0, accepted_by_server.reasons()
    assert accepted_by_server.answered >= 1


def test_termination_log(app_image: str, tmp_path: Path) -> None:
    """Kubernetes reads why a container ended from a file of at most 4096 bytes."""
    log = tmp_path / "termination-log"
    log.touch()
    log.chmod(0o666)
    with Sample(app_image).share(log, "/dev/termination-log") as sample:
        ending = sample.end()
    assert ending.code == 143, ending.told_log()
    text = log.read_bytes()
    assert 0 < len(text) <= 4096
    assert "143" in text.decode()


def test_queue_larger_than_the_budget(app_image: str) -> None:
    """What cannot be served in time is turned away; only what really ran is lost, and named."""
    long = f"http://127.0.0.1:{APP_PORT}/api/export?pace_s=20"
    with (
        Sample(app_image).env(GRACEKEEPER_GRACE="4") as sample,
        Loader(app_image, sample.id, long, clients=CLIENTS) as loader,
    ):
        sample.wait_connected(APP_PORT, CLIENTS)
        ending = sample.stop(timeout_s=4)
        tally = loader.tally(asked=ending.asked, told=ending.told)

    assert ending.code == 143, ending.told_log()
    assert tally.lost <= 1, tally.reasons()
    assert tally.in_flight("asked").turned_away >= CLIENTS - 1
    requests = ending.report["requests"]
    assert requests["lost"] == tally.lost
    assert requests["turned_away"] == tally.turned_away
    assert all("/api/export" in name for name in requests["lost_requests"])
    assert len(requests["lost_requests"]) == tally.lost
