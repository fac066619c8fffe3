"""What goes wrong around a stop: it still ends inside the budget, with the right code."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load
from supervisor.runtime.frontdoor import BODY, TURNED_AWAY
from tests.ports import free_port
from tests.runtime.kept import GRACEKEEPER, Kept
from tests.runtime.turning import GET

pytestmark = pytest.mark.process
Uwsgi = Callable[..., tuple[Kept, str]]
Start = Callable[..., Kept]


def test_the_fifo_is_deleted(uwsgi: Uwsgi, tmp_path: Path) -> None:
    """We hold its writing end, so the master still hears us."""
    kept, _url = uwsgi()
    (tmp_path / "fifo").unlink()
    kept.ask()
    assert kept.end() == 143
    assert kept.report["seconds"] < 1
    assert kept.report["service"]["status"] == 0


def test_the_master_is_stopped(uwsgi: Uwsgi) -> None:
    """A SIGSTOPped master hears nothing; it is killed when the budget says so, and named."""
    kept, _url = uwsgi(keep=("--grace", "3"))
    master = kept.wait_for("spawned")["pid"]
    os.kill(master, signal.SIGSTOP)
    kept.ask()
    assert kept.end() == 143
    assert 1.9 < kept.report["seconds"] < 2.7
    told = {process["role"]: process["how"] for process in kept.report["processes"]}
    assert told["main"] == "signal 9"


def test_who_is_at_the_door_when_time_is_over(uwsgi: Uwsgi) -> None:
    """They linger, or have said half of what they want: all are answered, and counted."""
    kept, url = uwsgi(keep=("--grace", "3"))
    port = int(url.rpartition(":")[2])
    os.kill(kept.wait_for("spawned")["pid"], signal.SIGSTOP)
    kept.ask()
    kept.wait_for("phase", phase="stopping")
    with contextlib.ExitStack() as clients:
        came: list[socket.socket] = []

        def come() -> bool | None:
            if any(event.get("phase") == "closing" for event in kept.events):
                return True
            with contextlib.suppress(OSError):  # the door closes in this moment
                one = socket.create_connection(("127.0.0.1", port), timeout=0.2)
                came.append(clients.enter_context(one))
                one.sendall(GET if len(came) % 2 else GET[:-2])
            return None

        kept.wait_until(come, "the end of its time")
        assert kept.end() == 143, kept.text
        told = [answer(one) for one in came]
    assert all(text == TURNED_AWAY + BODY for text in told), told
    assert len(told) > 10
    assert kept.report["requests"]["turned_away"] == len(told)
    assert kept.report["seconds"] < 3


def answer(client: socket.socket) -> bytes:
    """All that it was sent, until the end."""
    client.settimeout(5)
    text = b""
    while data := client.recv(4096):
        text += data
    return text


def test_stdout_is_closed(uwsgi: Uwsgi, tmp_path: Path) -> None:
    """Nobody reads our log any more; the stop and the report's file don't care."""
    # uWSGI's workers write about SIGPIPE to the broken pipe, for ever: they have to be killed.
    kept, _url = uwsgi(keep=("--grace", "3", "--report", str(tmp_path / "report.json")))
    kept.mute()
    kept.ask()
    assert kept.end() == 143
    assert '"exit_code": 143' in (tmp_path / "report.json").read_text()


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (1, 2), (0, 1, 2)], ids=str)
def test_standard_streams_are_closed_from_the_start(tmp_path: Path, closed: tuple[int]) -> None:
    """No socket gets the number of one, or logs would be written to it."""
    sh = ("sh", "-c", 'exec "$@" ' + " ".join(f"{number}>&-" for number in closed), "sh")
    report = tmp_path / "report.json"
    ready = Path(f"{tmp_path}/ready")
    script = f"ls -l /proc/self/fd > {tmp_path}/fds; touch {ready}; sleep 600 & wait"
    health = f"127.0.0.1:{free_port()}"
    command = (*sh, *GRACEKEEPER, "--health", health, "--report", str(report))
    with Kept(tmp_path, *command, "--", "/bin/sh", "-c", script) as kept:
        kept.wait_until(lambda: ready.exists() or None, "the child")
        for number in closed:
            assert Path(f"/proc/{kept.pid}/fd/{number}").readlink() == Path(os.devnull)
        kept.ask()
        assert kept.end() == 143
    assert "socket" not in (tmp_path / "fds").read_text()
    assert '"exit_code": 143' in report.read_text()


def test_stdout_is_not_read(start: Start, tmp_path: Path) -> None:
    """A full pipe that nobody empties holds up the service's own output, but not the stop."""
    report = tmp_path / "report.json"
    kept = start("--report", str(report), "--grace", "3", "--", "/bin/sh", "-c", "sleep 60 & wait")
    kept.wait_for("ready")
    kept.fill_stdout()
    kept.ask()
    assert kept.process.wait(5) == 143
    assert '"exit_code": 143' in report.read_text()


def test_the_disk_of_the_report_is_full(uwsgi: Uwsgi) -> None:
    """The report still goes to stdout, and says so."""
    kept, _url = uwsgi(keep=("--report", "/dev/full"))
    kept.ask()
    assert kept.end() == 143
    kept.wait_for("report-failed", path="/dev/full", why="No space left on device")
    assert kept.report["exit_code"] == 143


def test_the_app_does_not_load(uwsgi: Uwsgi) -> None:
    """uWSGI's own code for it is reported and returned."""
    kept, _url = uwsgi(wait=False, APP_FAILS="1")
    assert kept.end() == 22
    assert kept.report["service"]["status"] == 22
    assert kept.report["sender"] is None


def test_a_crash_turns_away_who_waits(uwsgi: Uwsgi) -> None:
    """The master is killed from outside: whoever is queued still gets an answer."""
    kept, url = uwsgi(workers=1)
    load = Load(url + "/slow?s=5", clients=5, per_client=1)
    with Driver(load) as driver:
        driver.wait_in_flight(5)
        master = kept.wait_for("spawned")["pid"]
        os.kill(master, signal.SIGKILL)
        assert kept.end() == 137, kept.text
        tally = driver.join(20)
    assert tally.turned_away == 4, (tally.reasons(), kept.text)


def test_a_second_signal_hurries(uwsgi: Uwsgi) -> None:
    """Asked twice, a while apart: who waits is turned away, what runs is cut, and named."""
    kept, url = uwsgi(workers=1, keep=("--grace", "30"))
    load = Load(url + "/slow?s=20", clients=3, per_client=1)
    with Driver(load) as driver:
        driver.wait_in_flight(3)
        kept.ask()
        kept.wait_for("phase", phase="quiescing")
        first = kept.wait_for("signal")
        assert first
        driver_wait_s(1.1)
        kept.ask()
        assert kept.end() == 143
        tally = driver.join(20)
    assert kept.report["seconds"] < 3
    assert (tally.lost, tally.turned_away) == (1, 2), tally.reasons()
    assert kept.report["requests"]["lost_requests"] == ["GET /slow"]


def driver_wait_s(seconds: float) -> None:
    """Let the debounce pass: the one thing here that only time can bring."""
    signal.sigtimedwait([], seconds)


@pytest.mark.parametrize("mode", ["http", "ini-http"])
@pytest.mark.parametrize("lazy", [(), ("lazy-apps = true",)], ids=str)
def test_a_stop_while_the_app_loads(uwsgi: Uwsgi, mode: str, lazy: tuple[str, ...]) -> None:
    """Nobody is owed anything, so it does not wait for an app that takes ten seconds to load."""
    kept, _url = uwsgi(*lazy, mode=mode, wait=False, APP_LOADS_S="10")
    kept.wait_for_line("Python main interpreter initialized")
    kept.ask()
    assert kept.end() == 143
    assert kept.report["seconds"] < 2.5, kept.text
    assert kept.report["requests"]["lost"] == 0


def test_a_stop_while_the_app_loads_and_somebody_waits(uwsgi: Uwsgi) -> None:
    """Who came in before the app was ready is served by it."""
    kept, url = uwsgi(wait=False, APP_LOADS_S="1.5")
    kept.wait_for_line("Python main interpreter initialized")
    with Driver(Load(url + "/", clients=2, per_client=1)) as driver:
        driver.wait_in_flight(2)
        kept.ask()
        assert kept.end() == 143
        tally = driver.join(20)
    assert tally.answered == 2, (tally.reasons(), kept.text)


SEED = 20
MOMENTS = 200
AT_A_TIME = 8  # most of a moment's time is a refused client's second in the kernel


@pytest.mark.timeout(300)
def test_signals_at_random_moments(tmp_path: Path) -> None:
    """From the front's first instruction to a service under load: nobody lost, 143 or 130."""

    def one(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        moment(folder, random.Random(SEED + number))

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for done in [pool.submit(one, number) for number in range(MOMENTS)]:
            done.result()


def moment(folder: Path, chance: random.Random) -> None:
    """One service, one moment between the exec and a second of service, one or two signals."""
    port = free_port()
    ini = folder / "uwsgi.ini"
    app = Path(__file__).parent / "app.py"
    mode = chance.choice(["http", "http-socket"])
    lazy = chance.choice(["true", "false"])
    ini.write_text(
        f"[uwsgi]\nwsgi-file={app}\nmaster=true\nprocesses=2\nlazy-apps={lazy}\nmax-requests=3\n"
        f"min-worker-lifetime=0\n{mode}=127.0.0.1:{port}\nmaster-fifo={folder}/fifo\n"
    )
    environment = {"APP_LOADS_S": chance.choice(["0", "0.2"])}
    after = chance.uniform(0, 0.8)
    signals = chance.choice([(15,), (15, 15), (15, 2), (2, 15)])
    load = Load(f"http://127.0.0.1:{port}/?s=0.01", clients=4, until_refused=40, max_s=10)
    with Kept(folder, *GRACEKEEPER, "--", "uwsgi", "--ini", str(ini), **environment) as kept:
        kept.wait_for_block()
        with Driver(load) as driver:
            signal.sigtimedwait([], after)
            for number in signals:
                kept.ask(number)
            code = kept.end()
            tally = driver.stop()
        assert code in ({143} if set(signals) == {15} else {143, 130}), kept.text
        assert kept.report["seconds"] < 10, kept.text  # the grace: then the platform kills
        assert tally.lost == 0, (after, signals, tally.reasons(), kept.text)
