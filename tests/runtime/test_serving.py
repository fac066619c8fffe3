"""What the outside sees of a stop: health, drain delay, status, control, the report."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import subprocess
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load
from tests.ports import free_port
from tests.runtime.kept import BIN, DEADLINE_S, Kept

pytestmark = pytest.mark.process
Uwsgi = Callable[..., tuple[Kept, str]]
NOBODY = (ConnectionRefusedError, ConnectionResetError, http.client.RemoteDisconnected)


def get(url: str, path: str) -> tuple[int, dict[str, str], str]:
    """Return status, headers and body."""
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.netloc, timeout=DEADLINE_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def command(kept: Kept, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `gracekeeper ARGUMENTS` against a running one."""
    return subprocess.run(
        [str(BIN / "gracekeeper"), *arguments],
        env={**os.environ, "GRACEKEEPER_CONTROL": kept.control},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_health_while_all_workers_are_busy(uwsgi: Uwsgi) -> None:
    """Not ready from the moment of the signal; alive until the last child is gone."""
    health = f"http://127.0.0.1:{free_port()}"
    kept, url = uwsgi(keep=("--health", health.removeprefix("http://")))
    assert get(health, "/readyz")[0] == 200
    with Driver(Load(url + "/slow?s=0.6", clients=6, per_client=1)) as driver:
        driver.wait_in_flight(6)
        found = json.loads(get(health, "/status")[2])
        while found["in_request"] < 2:
            found = json.loads(get(health, "/status")[2])
        assert found["connections"]["queued"] == 4
        assert [worker["running"] for worker in found["workers"]] == [["GET /slow"]] * 2
        assert get(health, "/readyz")[0] == 200  # busy is not unready
        kept.ask()
        kept.wait_for("signal")
        statuses: list[tuple[int, int]] = []
        try:
            while True:
                statuses.append((get(health, "/livez")[0], get(health, "/readyz")[0]))
        except NOBODY:
            pass  # the container ends
        assert kept.end() == 143
        tally = driver.join(DEADLINE_S)
    assert (tally.answered, tally.lost) == (6, 0), tally.reasons()
    assert set(statuses) == {(200, 503)}
    assert len(statuses) > 20


def test_the_drain_delay_is_normal_service(uwsgi: Uwsgi) -> None:
    """Balancers look away meanwhile: who still comes is served, and told to close."""
    health = f"http://127.0.0.1:{free_port()}"
    keep = ("--health", health.removeprefix("http://"), "--drain-delay", "1")
    kept, url = uwsgi(keep=keep)
    assert "Connection" not in get(url, "/")[1]
    with Driver(Load(url + "/slow?s=0.05", clients=4, until_refused=20, max_s=20)) as driver:
        driver.wait_answered(4)
        asked = kept.ask()
        kept.wait_for("phase", phase="delaying")
        assert get(health, "/readyz")[::2] == (503, "delaying\n")
        status, headers, _ = get(url, "/")
        assert (status, headers["Connection"]) == (200, "close")
        kept.wait_for("phase", phase="quiescing")
        assert kept.end() == 143
        tally = driver.join(DEADLINE_S)
    assert tally.lost == 0, tally.reasons()
    within = [result for result in tally.results if asked < result.t_end < asked + 0.9]
    assert len(within) > 20
    assert {result.fate for result in within} == {"answered"}
    assert kept.report["budget"]["drain_delay_s"] == 1


def test_status_and_fifo_and_stop(uwsgi: Uwsgi, tmp_path: Path) -> None:
    """The clients find the running one by the same variable."""
    report = tmp_path / "report.json"
    kept, url = uwsgi(keep=("--report", str(report)))
    get(url, "/")
    found = json.loads(command(kept, "status", "--json").stdout)
    assert (found["phase"], found["pid"], found["requests"]) == ("serving", kept.pid, 1)
    assert found["service"]["pid"] == kept.wait_for("spawned")["pid"]
    assert "uwsgi is serving" in command(kept, "status").stdout
    assert command(kept, "fifo", "stats").stdout == "wrote stats\n"
    refused = command(kept, "fifo", "quit")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Use `gracekeeper stop`" in refused.stderr
    stopped = command(kept, "stop")
    assert stopped.returncode == 0, stopped.stderr
    assert kept.end() == 143
    assert kept.report["sender"]["via"] == "control"
    assert kept.report["sender"]["name"] == "gracekeeper"
    assert report.read_text() == kept.lines[-1] + "\n"
    assert command(kept, "status").returncode == 1


@pytest.mark.parametrize(
    ("number", "policy", "code"),
    [
        (signal.SIGTERM, "child", 0),
        (signal.SIGTERM, "zero", 0),
        (signal.SIGTERM, "signal", 143),
        (signal.SIGINT, "signal", 130),
        (signal.SIGQUIT, "signal", 131),
    ],
)
def test_exit_codes(uwsgi: Uwsgi, number: int, policy: str, code: int) -> None:
    """128 + signal, what uWSGI said, or nothing."""
    kept, _url = uwsgi(keep=("--exit-code", policy))
    kept.ask(number)
    assert kept.end() == code
    assert kept.report["exit_code"] == code
    assert kept.report["signal"] == signal.Signals(number).name


def test_the_keeper_is_light(uwsgi: Uwsgi, capsys: pytest.CaptureFixture[str]) -> None:
    """What the front imported is gone, and an idle keeper is never woken."""
    kept, _url = uwsgi()
    maps = Path(f"/proc/{kept.pid}/maps").read_text()
    for heavy in ("_ctypes", "_ssl", "pyexpat", "psutil", "_asyncio"):
        assert heavy not in maps
    process = os.pidfd_open(kept.pid)

    def passes(seconds: float) -> dict[str, int]:
        assert select.select([process], [], [], seconds)[0] == []
        return status_of(kept.pid)

    before, switches = status_of(kept.pid), -1
    while switches:  # "ready" was its last word, but it may not have lain down yet
        earlier, before = before, passes(0.1)
        switches = before["voluntary_ctxt_switches"] - earlier["voluntary_ctxt_switches"]
    after = passes(2.0)
    os.close(process)
    switches = after["voluntary_ctxt_switches"] - before["voluntary_ctxt_switches"]
    with capsys.disabled():
        print(f"\nkeeper: RssAnon {after['RssAnon']} KiB, RSS {after['VmRSS']} KiB,", end=" ")
        print(f"{switches} voluntary switches in 2 s")
    assert switches == 0
    assert after["Threads"] == 1
    assert after["RssAnon"] < 6000


def status_of(pid: int) -> dict[str, int]:
    """The numbers of proc(5), status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    pairs = (line.partition(":")[::2] for line in lines)
    return {
        name: int(words[0])
        for name, value in pairs
        if (words := value.split()) and words[0].isdigit()
    }
