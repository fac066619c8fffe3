"""Restarts of other servers that take our listener: under load, nobody notices."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load
from tests.runtime.kept import route
from tests.runtime.test_other_servers import serving
from tests.runtime.test_restart import loaded, nothing_lost, restart, told
from tests.runtime.together import together

pytestmark = pytest.mark.process

SERVERS = ("gunicorn", "gthread", "uvicorn", "hypercorn")
TIMES = 3
AT_A_TIME = 4  # all of them


@pytest.mark.parametrize("server", SERVERS)
def test_restarts_at_saturation_lose_nobody(tmp_path: Path, server: str) -> None:
    """One worker and two, over TCP and a unix socket."""

    def one(folder: Path, case: tuple[int, bool]) -> None:
        workers, unix = case
        with serving(folder, server, workers, unix=unix) as (kept, url):
            driver: Driver
            with loaded(url) as driver:
                driver.wait_answered(8)
                for number in range(2, 2 + TIMES):
                    ended = restart(kept)
                    assert ended.returncode == 0, ended.stderr + kept.text
                    assert f"generation {number} serves, alone" in ended.stderr
                tally = driver.stop()
            nothing_lost(tally, kept)
            kept.ask()
            assert kept.end() == 143, kept.text

    together(tmp_path, itertools.product((1, 2), (False, True)), one, AT_A_TIME)


def test_a_request_that_is_longer_than_a_stop_may_last(tmp_path: Path) -> None:
    """A restart has more time: the server's own patience must not cut it."""

    def one(folder: Path, server: str) -> None:
        with serving(folder, server, 1, "--grace", "3") as (kept, url):
            request = Load(route(url, "/slow?s=4"), clients=1, per_client=1)
            with Driver(request) as driver:
                driver.wait_in_flight(1)
                rows = lambda: told(kept)["connections"]["serving"] or None  # noqa: E731
                kept.wait_until(rows, "the request to be inside")
                ended = restart(kept)
                assert ended.returncode == 0, ended.stderr + kept.text
                nothing_lost(driver.join(20), kept)
            kept.ask()
            assert kept.end() == 143, kept.text

    together(tmp_path, ("gunicorn", "uvicorn", "hypercorn"), one, 3)


def test_granian_is_refused(tmp_path: Path) -> None:
    """Each of its workers binds for itself, and would get newcomers before it is ready."""
    with serving(tmp_path, "granian", 1) as (kept, _url):
        ended = restart(kept)
        assert ended.returncode == 1
        assert "granian itself listens" in ended.stderr
        kept.ask()
        assert kept.end() == 143
