"""The load around a stop: marks, ends, refusals, and a tally whose parts make the whole."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from supervisor.drill.load import Driver, Fate, Load, Request, Result, Tally, main
from tests.drill.scripted import DEADLINE_S, OK, OK_CLOSE, TURN_AWAY, Peer, Scripted

ROOT = Path(__file__).parents[2]


def answer(peer: Peer) -> None:
    peer.read_head()
    peer.send(OK)


def result(fate: Fate, start: float, connected: float | None, end: float) -> Result:
    return Result(fate, 200, "", "/", 0, start, connected, end, 0)


def test_a_mark_splits_the_tally_in_three() -> None:
    before = result(Fate.ANSWERED, 1, 2, 3)
    in_flight = result(Fate.LOST, 2, 3, 5)
    connecting = result(Fate.ANSWERED, 3, 5, 6)
    late_refusal = result(Fate.REFUSED, 3, None, 5)
    tally = Tally((before, in_flight, connecting, late_refusal), {"asked": 4.0})
    assert tally.before("asked").results == (before,)
    assert tally.in_flight("asked").results == (in_flight,)
    assert tally.after("asked").results == (connecting, late_refusal)
    assert (tally.answered, tally.lost, tally.refused, tally.accepted) == (2, 1, 1, 3)
    assert tally.lost_results() == (in_flight,)
    assert tally.last_answer == 6


def test_signals_stay_with_the_caller_s_threads() -> None:
    """A handler runs in the main thread, and what waits there is woken by its signal."""
    with Scripted.tcp(answer) as server, Driver(Load(server.url, clients=1)) as driver:
        driver.wait_answered(1, DEADLINE_S)
        (own,) = (one for one in threading.enumerate() if one.name == "drill")
        told = Path(f"/proc/self/task/{own.native_id}/status").read_text("ascii")
    blocked = int(told.partition("SigBlk:")[2].split()[0], 16)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD):
        assert blocked & 1 << (number - 1)


def test_who_meets_itself_has_met_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A free port of the ephemeral range may be the client's own: its answer would be an echo."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()

    class Same(socket.socket):
        def connect_ex(self, to: Any) -> int:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.bind(to)
            return super().connect_ex(to)

    load = Load(f"http://127.0.0.1:{address[1]}/", clients=1, per_client=1)
    monkeypatch.setattr(socket, "socket", Same)
    tally = Driver(load).start().join(DEADLINE_S)
    assert (tally.refused, tally.lost) == (1, 0)
    assert "joined the socket to itself" in tally.results[0].reason


def test_percentiles_are_of_answers_only() -> None:
    answers = [result(Fate.ANSWERED, 0, 0, n) for n in range(1, 101)]
    tally = Tally((*answers, result(Fate.LOST, 0, 0, 1000)))
    assert (tally.p50, tally.p99, tally.percentile(100)) == (50, 99, 100)
    assert Tally(()).p50 is None


def test_json_round_trip() -> None:
    tally = Tally((result(Fate.LOST, 1, 2, 3), result(Fate.REFUSED, 1, None, 3)), {"x": 1.5})
    assert Tally.from_json(tally.to_json(with_results=True)) == tally
    data = json.loads(tally.to_json())
    assert data["lost"] == 1
    assert data["parts"]["x"]["after"]["refused"] == 1
    assert "results" not in data


def test_stop_awaits_what_is_under_way() -> None:
    released = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        assert released.wait(DEADLINE_S)
        peer.send(OK)

    with Scripted.tcp(script) as server:
        driver = Driver(Load(server.url, clients=4)).start()
        driver.wait_in_flight(4, DEADLINE_S)
        driver.mark("asked")
        driver.end()
        released.set()
        tally = driver.stop()
    assert tally.in_flight("asked").answered == 4 == len(tally.results)


def test_until_refused_sees_a_whole_stop() -> None:
    """Answers, then turn-aways, then a closed port: the load ends by itself and lost nothing."""
    leaving = threading.Event()
    turned_away = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        is_leaving = leaving.is_set()
        peer.send(TURN_AWAY if is_leaving else OK_CLOSE)
        if is_leaving:
            turned_away.set()

    with Scripted.tcp(script) as server:
        driver = Driver(Load(server.url, clients=4, until_refused=10, max_s=DEADLINE_S)).start()
        driver.wait_answered(20, DEADLINE_S)
        driver.mark("asked")
        leaving.set()
        assert turned_away.wait(DEADLINE_S)
        server.refuse()
        tally = driver.join(DEADLINE_S)
    # The listener's queue is reset by its close: that is what the drill is there to find.
    assert set(tally.reasons()) <= {
        "reset before headers",
        "reset before headers, already at connect",
    }
    assert tally.before("asked").answered >= 20
    assert tally.turned_away >= 1  # of one that was in flight at the mark, or of a later one
    assert tally.refused >= 10


def test_max_seconds_ends_a_load() -> None:
    with Scripted.tcp(answer) as server:
        tally = Driver(Load(server.url, clients=2, max_s=0.2)).start().join(DEADLINE_S)
    assert tally.answered == len(tally.results) > 0


def test_requests_are_taken_in_turn_and_clients_start_apart() -> None:
    requests = (Request("/a"), Request("/b"))
    with Scripted.tcp(answer) as server:
        load = Load(server.url, clients=2, per_client=3, requests=requests)
        tally = Driver(load).start().join(DEADLINE_S)
    paths = [[r.path for r in tally.results if r.client == client] for client in (0, 1)]
    assert paths == [["/a", "/b", "/a"], ["/b", "/a", "/b"]]


def test_waiting_for_what_will_not_come_fails_with_the_state() -> None:
    with Scripted.tcp(answer) as server:
        driver = Driver(Load(server.url, clients=1, per_client=1)).start()
        with pytest.raises(TimeoutError, match="waited for 2 answers: the load ended first"):
            driver.wait_answered(2, DEADLINE_S)
        driver.join(DEADLINE_S)


def test_a_failing_driver_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine lacks is the caller's trouble, not a loss."""
    monkeypatch.setattr(socket, "socket", Mock(side_effect=OSError(errno.EMFILE, "full")))
    driver = Driver(Load("http://127.0.0.1:9/", clients=1)).start()
    with pytest.raises(OSError, match=r"cannot connect to .*: EMFILE"):
        driver.join(DEADLINE_S)
    assert driver.tally().results == ()


def test_cli_prints_a_tally(capsys: pytest.CaptureFixture[str]) -> None:
    with Scripted.tcp(answer) as server:
        assert main(["--url", server.url, "--clients", "3", "--once", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answered"] == 3
    with Scripted.tcp(lambda peer: peer.await_unread()) as server:
        assert main(["--url", server.url, "--clients", "1", "--once"]) == 1
    out = capsys.readouterr().out
    assert "answered: 0, turned away: 0, refused: 0, lost: 1\n  1 x reset before headers" in out


def test_cli_names_a_bad_url(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--url", "ftp://x"])
    assert "cannot use 'ftp://x'" in capsys.readouterr().err


@pytest.mark.process
def test_cli_marks_and_ends_on_signals() -> None:
    started = threading.Event()
    released = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        started.set()
        assert released.wait(DEADLINE_S)
        peer.send(OK)

    with Scripted.tcp(script) as server:
        command = [sys.executable, "-m", "supervisor.drill.load", "--url", server.url]
        command += ["--clients", "1", "--json"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=ROOT, text=True) as process:
            assert started.wait(DEADLINE_S)
            os.kill(process.pid, signal.SIGUSR1)
            assert process.stderr
            assert process.stderr.readline() == "marked\n"
            os.kill(process.pid, signal.SIGTERM)
            released.set()
            out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    assert json.loads(out)["parts"]["asked"]["in_flight"]["answered"] >= 1
