"""Servers that take our listener, stopped under load: nobody who was accepted is lost, exit 143."""

from __future__ import annotations

import contextlib
import itertools
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load, Request, SlowReader
from tests.ports import free_port
from tests.runtime.kept import APP, GRACEKEEPER, Kept, descendants, route
from tests.runtime.together import together

pytestmark = pytest.mark.process

WSGI = ("--pythonpath", str(APP.parent), "app:application")
COMMANDS: dict[str, tuple[str, ...]] = {
    "gunicorn": ("gunicorn", "--no-control-socket", *WSGI),
    "gthread": ("gunicorn", "--no-control-socket", "--threads", "4", *WSGI),
    "uvicorn": ("uvicorn", "--app-dir", str(APP.parent), "asgi:application"),
    "hypercorn": ("hypercorn", f"{APP.parent}/asgi:application"),
    "granian": (
        *("granian", "--working-dir", str(APP.parent)),
        *("--interface", "asgi", "asgi:application"),
    ),
    "granian-wsgi": (
        *("granian", "--working-dir", str(APP.parent), "--blocking-threads", "4"),
        *("--interface", "wsgi", "app:application"),
    ),
}
SERVERS = tuple(COMMANDS)
AT_A_TIME = 3
LINGER_S = 1.5  # from the last answer to the end, beside other cases


@contextlib.contextmanager
def serving(
    folder: Path,
    server: str,
    workers: int,
    *keep: str,
    unix: bool = False,
    more: tuple[str, ...] = (),
) -> Iterator[tuple[Kept, str]]:
    """Run the test's app on a server; yields keeper and base URL when it is ready."""
    address = f"{folder}/app.sock" if unix else f"127.0.0.1:{free_port()}"
    command = (*COMMANDS[server], "--workers", str(workers), *more)
    run = (*GRACEKEEPER, *keep, "--listen", address, "--", *command)
    with Kept(folder, *run) as kept:
        kept.wait_for("ready")
        yield kept, f"unix:{address}" if unix else f"http://{address}"


@pytest.mark.parametrize("server", SERVERS)
def test_a_stop_at_saturation_loses_nobody(tmp_path: Path, server: str) -> None:
    """Everybody accepted is answered; who comes later is turned away or refused."""

    def one(folder: Path, case: tuple[int, bool]) -> None:
        workers, unix = case
        with serving(folder, server, workers, unix=unix) as (kept, url):
            load = Load(route(url, "/slow?s=0.2"), clients=8, until_refused=20, max_s=20)
            with Driver(load) as driver:
                driver.wait_answered(8)
                driver.wait_in_flight(6)
                kept.ask()
                driver.mark("asked")
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert tally.lost == 0, (tally.reasons(), kept.text)
            assert tally.in_flight("asked").answered >= 4
            assert tally.turned_away + tally.refused > 0  # granian takes its path away, and fast
            assert kept.report["requests"]["lost"] in (0, None)
            assert kept.report["requests"]["turned_away"] == tally.turned_away

    together(tmp_path, itertools.product((1, 2), (False, True)), one, 4)


def hearing(kept: Kept) -> int:
    """How many of gunicorn's workers have handlers of their own; a TERM before that is lost.

    The master's, which they have until then, only note it; SIGABRT is caught by workers alone.
    """
    count = 0
    for pid in descendants(kept.pid):
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            caught = int(status.partition("SigCgt:")[2].split()[0], 16)
            count += caught >> (signal.SIGABRT - 1) & 1
    return count


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_accepted_is_finished(tmp_path: Path, workers: int) -> None:
    """Requests that run when the server is told to end: one worker has some, another may not."""

    def one(folder: Path, server: str) -> None:
        with serving(folder, server, workers) as (kept, url):
            load = Load(route(url, "/slow?s=1.2"), clients=3, per_client=1)
            if COMMANDS[server][0] == "gunicorn":
                hear = lambda: hearing(kept) == workers or None  # noqa: E731
                kept.wait_until(hear, "every worker to hear")
            with Driver(load) as driver:
                driver.wait_in_flight(3)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert (tally.answered, tally.lost) == (3, 0), (tally.reasons(), kept.text)
            assert kept.report["seconds"] < 1.2 * 3 + LINGER_S, kept.text

    together(tmp_path, SERVERS, one, AT_A_TIME)


def test_fifty_deep_in_the_backlog(tmp_path: Path) -> None:
    """Fifty requests that wait behind one worker are all answered."""

    def one(folder: Path, server: str) -> None:
        with serving(folder, server, 1) as (kept, url):
            load = Load(route(url, "/slow?s=0.05"), clients=50, per_client=1)
            with Driver(load) as driver:
                driver.wait_accepted(50)  # the first may be answered by then
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            counts = (tally.answered, tally.turned_away, tally.lost)
            assert counts == (50, 0, 0), (tally.reasons(), kept.text)

    together(tmp_path, SERVERS, one, AT_A_TIME)


def test_a_slow_reader_gets_everything(tmp_path: Path) -> None:
    """A response that is still being written is finished, and leaves the send buffer."""

    def one(folder: Path, server: str) -> None:
        with serving(folder, server, 2) as (kept, url):
            load = Load(
                route(url, "/"),
                clients=1,
                requests=(Request("/big?bytes=8000000", expect_bytes=8_000_000),),
                per_client=1,
                slow_reader=SlowReader(bytes_per_s=12e6),
            )
            with Driver(load) as driver:
                driver.wait_in_flight(1)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert (tally.answered, tally.lost) == (1, 0), (tally.reasons(), kept.text)

    together(tmp_path, SERVERS, one, AT_A_TIME)


def test_the_probe_leaves_no_trace(tmp_path: Path) -> None:
    """No server complains about it, or logs a request that nobody made."""

    def one(folder: Path, server: str) -> None:
        with serving(folder, server, 2) as (kept, _url):
            kept.ask()
            assert kept.end() == 143, kept.text
            report = kept.report
            assert report["service"]["was_ready"]
            assert (report["requests"]["turned_away"], report["requests"]["lost"]) == (0, 0)
            told = [line for line in kept.lines if not line.startswith(("{", "[WARNING] Config"))]
            trace = ("error", "warn", "exception", "traceback", "http/1", " 400 ")
            assert not [line for line in told if any(word in line.lower() for word in trace)], told

    together(tmp_path, SERVERS, one, AT_A_TIME)


def test_a_request_that_outlives_the_budget_is_not_denied(tmp_path: Path) -> None:
    """Nobody knows what ran when the server was killed, so that nothing is claimed."""

    def one(folder: Path, server: str) -> None:
        with serving(folder, server, 1, "--grace", "3") as (kept, url):
            with Driver(Load(route(url, "/endless?s=30"), clients=1, per_client=1)) as driver:
                driver.wait_in_flight(1)
                kept.ask()
                assert kept.end() == 143, kept.text
                assert driver.join(20).lost == 1
            requests = kept.report["requests"]
            assert (requests["lost"], requests["cut"]) == (None, "out-of-time"), kept.text
            assert kept.report["seconds"] <= 2.7

    together(tmp_path, ("gunicorn", "gthread", "granian"), one, AT_A_TIME)


def test_an_app_that_does_not_load(tmp_path: Path) -> None:
    """Our own probe waited in its queue, and is nobody who was turned away."""
    run = (*GRACEKEEPER, "--listen", f"127.0.0.1:{free_port()}", "--")
    with Kept(tmp_path, *run, *COMMANDS["gunicorn"], APP_FAILS="1") as kept:
        assert kept.end() == 3, kept.text
        assert kept.report["requests"]["turned_away"] == 0
        assert not kept.report["service"]["was_ready"]


def test_a_stop_while_the_app_loads(tmp_path: Path) -> None:
    """Nobody accepted our clients yet: they are turned away, not reset."""

    def one(folder: Path, server: str) -> None:
        address = f"127.0.0.1:{free_port()}"
        run = (*GRACEKEEPER, "--grace", "4", "--listen", address, "--")
        with Kept(folder, *run, *COMMANDS[server], APP_LOADS_S="30") as kept:
            kept.wait_for("spawned")
            load = Load(f"http://{address}/", clients=3, per_client=1)
            with Driver(load) as driver:
                driver.wait_in_flight(3)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert (tally.turned_away, tally.lost) == (3, 0), (tally.reasons(), kept.text)

    together(tmp_path, ("gunicorn", "gthread"), one, AT_A_TIME)
