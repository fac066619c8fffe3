"""Stops of a real uWSGI under load: nobody who was accepted is lost, exit 143.

Stops that do not disturb each other run at the same time: most of one is waiting.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load, Request, SlowReader
from tests.runtime.kept import route, serving
from tests.runtime.together import together

pytestmark = pytest.mark.process

MODES = ("http", "http-router", "ini-http", "ini-http-socket", "unix")
WORKERS = (1, 2, 4)
OPTIONS: tuple[tuple[str, ...], ...] = ((), ("threads = 2",), ("lazy-apps = true",))
AT_A_TIME = 4
LINGER_S = 1.0  # from the last answer to the end; 0.3 on a machine of its own


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_stop_at_saturation_loses_nobody(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Everybody accepted is answered; who comes later is turned away or refused.

    Each mode meets each number of workers, and each option each of both.
    """
    cases = [
        (mode, workers)
        for at, mode in enumerate(MODES)
        for number, workers in enumerate(WORKERS)
        if OPTIONS[(at + number) % len(OPTIONS)] == options
    ]
    took: list[float] = []

    def one(folder: Path, case: tuple[str, int]) -> None:
        mode, workers = case
        with serving(folder, *options, mode=mode, workers=workers) as (kept, url):
            load = Load(route(url, "/slow?s=0.2"), clients=8, until_refused=20, max_s=20)
            with Driver(load) as driver:
                driver.wait_answered(8)
                driver.wait_in_flight(6)
                kept.ask()
                driver.mark("asked")
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert tally.lost == 0, (tally.reasons(), kept.text)
            early = tally.in_flight("asked")
            assert early.answered + early.turned_away >= 4
            assert tally.turned_away > 0
            assert kept.report["requests"]["lost"] == 0
            assert kept.report["requests"]["turned_away"] == tally.turned_away
            assert tally.last_answer
            took.append(kept.ended - tally.last_answer)

    together(tmp_path, cases, one, AT_A_TIME)
    print("from the last answer to the end, ms:", *(f"{s * 1000:.0f}" for s in sorted(took)))
    assert max(took) < LINGER_S


def test_fifty_deep_in_the_backlog(tmp_path: Path) -> None:
    """Fifty requests that wait behind one worker are all answered."""

    def one(folder: Path, mode: str) -> None:
        with serving(folder, mode=mode, workers=1) as (kept, url):
            load = Load(route(url, "/slow?s=0.05"), clients=50, per_client=1)
            with Driver(load) as driver:
                driver.wait_accepted(50)  # the first may be answered by then
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            counts = (tally.answered, tally.turned_away, tally.lost)
            assert counts == (50, 0, 0), (tally.reasons(), kept.text)

    together(tmp_path, MODES, one, AT_A_TIME)


def test_a_slow_reader_gets_everything(tmp_path: Path) -> None:
    """A response that is still being written is finished, and leaves the send buffer."""
    sizes = (30_000_000, 30_000_000, 8_000_000, 8_000_000, 8_000_000)

    def one(folder: Path, case: tuple[str, int]) -> None:
        mode, size = case
        with serving(folder, mode=mode) as (kept, url):
            load = Load(
                route(url, "/"),
                clients=1,
                requests=(Request(f"/big?bytes={size}", expect_bytes=size),),
                per_client=1,
                slow_reader=SlowReader(bytes_per_s=12e6),
            )
            with Driver(load) as driver:
                driver.wait_in_flight(1)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert (tally.answered, tally.lost) == (1, 0), (tally.reasons(), kept.text)

    together(tmp_path, zip(MODES, sizes, strict=True), one, 2)


def test_keep_alive_clients_that_never_pause(tmp_path: Path) -> None:
    """The middleware says `Connection: close`, so that a kept connection ends between requests."""

    def one(folder: Path, case: tuple[str, str]) -> None:
        mode, option = case
        with serving(folder, option, mode=mode, workers=4) as (kept, url):
            load = Load(
                route(url, "/slow?s=0.05"), clients=4, keep_alive=True, until_refused=20, max_s=20
            )
            with Driver(load) as driver:
                driver.wait_answered(20)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert tally.lost == 0, (tally.reasons(), kept.text)
            assert kept.report["seconds"] < 3

    cases = [("http-router", "http-keepalive = 5"), ("ini-http11-socket", "")]
    together(tmp_path, cases, one, 2)


def test_a_budget_that_is_too_small(tmp_path: Path) -> None:
    """Who can't be served is turned away; only what runs is lost, and named."""

    def one(folder: Path, mode: str) -> None:
        with serving(folder, mode=mode, keep=("--grace", "5")) as (kept, url):
            load = Load(route(url, "/slow?s=0.5"), clients=120, per_client=1)
            with Driver(load) as driver:
                driver.wait_in_flight(120)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert kept.report["seconds"] <= 4.7
            assert tally.lost == 0, (tally.reasons(), kept.text)
            assert tally.turned_away > 80
            assert tally.answered > 10

    together(tmp_path, ("http", "http-router", "ini-http"), one, 3)


def test_a_request_that_outlives_the_budget_is_named(tmp_path: Path) -> None:
    """Two that run too long are lost; the others are turned away; the report says which."""

    def one(folder: Path, mode: str) -> None:
        with serving(folder, mode=mode, keep=("--grace", "3")) as (kept, url):
            # A control character in the path must not make uWSGI's stats unreadable.
            load = Load(route(url, "/endless%01?s=30"), clients=6, per_client=1)
            with Driver(load) as driver:
                driver.wait_in_flight(6)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            report = kept.report
            assert report["seconds"] <= 2.7
            if mode != "ini-http-socket":
                assert tally.lost == 2, (tally.reasons(), kept.text)
            assert report["requests"]["lost"] == 2, kept.text
            assert report["requests"]["lost_requests"] == ["GET /endless\x01"] * 2

    together(tmp_path, ("http", "http-router", "ini-http", "ini-http-socket"), one, AT_A_TIME)
