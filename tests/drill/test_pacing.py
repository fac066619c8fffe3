"""Whose turn it is, when it is due, and what a late one costs."""

from __future__ import annotations

import json
import threading
from collections import Counter
from itertools import islice

import pytest

from supervisor.drill.load import Driver, Load, Request, main
from supervisor.drill.pacing import Pace, interleave
from tests.drill.scripted import DEADLINE_S, OK, Peer, Scripted

A, B, C = Request("/a", weight=5), Request("/b"), Request("/c", weight=2)


def answer(peer: Peer) -> None:
    peer.read_head()
    peer.send(OK)


def test_weights_are_spread_evenly_and_always_the_same() -> None:
    assert "".join(request.path[1] for request in interleave((A, B, C))) == "acaabaca"
    assert interleave((Request("/x", weight=40), Request("/y", weight=40))) == (
        Request("/x", weight=40),
        Request("/y", weight=40),
    )
    with pytest.raises(ValueError, match="cannot weigh /x with 0"):
        Request("/x", weight=0)


def test_clients_of_a_closed_loop_begin_apart() -> None:
    pace = Pace(Load("/", requests=(A, B, C)), "host", begin=0)
    turns = [[turn.request.path for turn in islice(pace.turns(n), 8)] for n in (0, 5)]
    assert ["".join(path[1] for path in paths) for paths in turns] == ["acaabaca", "acaacaab"]
    assert pace.unsent(100.0, 0) == 0


def test_an_open_loop_deals_its_turns_to_whoever_is_free() -> None:
    pace = Pace(Load("/", clients=2, per_client=3, rate=10, requests=(A, C)), "host", begin=5)
    clients = [pace.turns(0), pace.turns(1)]
    turns = [next(clients[n]) for n in (0, 1, 1, 1, 0, 1)]
    assert [turn.due for turn in turns] == pytest.approx([5.0, 5.1, 5.2, 5.3, 5.4, 5.5])
    assert Counter(turn.request for turn in turns) == {A: 4, C: 2}
    assert next(clients[0], None) is None
    assert (pace.unsent(5.25, 1), pace.unsent(5.25, 3), pace.unsent(99, 4)) == (2, 0, 2)


def test_the_rate_is_kept() -> None:
    with Scripted.tcp(answer) as server:
        load = Load(server.url, clients=20, per_client=5, rate=200)
        tally = Driver(load).start().join(DEADLINE_S)
    due = [result.t_due for result in tally.results if result.t_due is not None]
    assert tally.answered == len(due) == 100
    assert max(due) - min(due) == pytest.approx(99 / 200)
    assert all(result.t_start >= (result.t_due or 0) for result in tally.results)


def test_a_stall_counts_from_when_a_request_was_due() -> None:
    """One client, and a server that stalls once: a closed loop would see one slow answer."""
    stalled, go_on = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        while peer.read_head():
            if not stalled.is_set():
                stalled.set()
                assert go_on.wait(DEADLINE_S)
            peer.send(OK)

    with Scripted.tcp(script) as server:
        load = Load(server.url, clients=1, per_client=50, rate=100, keep_alive=True)
        driver = Driver(load).start()
        assert stalled.wait(DEADLINE_S)
        with pytest.raises(TimeoutError):
            driver.join(0.3)
        go_on.set()
        tally = driver.join(DEADLINE_S)
    assert tally.late >= 29
    assert sum(result.seconds > 0.1 for result in tally.results) >= 19
    assert sum(result.t_end - result.t_start > 0.1 for result in tally.results) == 1


def test_what_was_due_and_never_sent_is_told() -> None:
    held = threading.Event()

    def script(peer: Peer) -> None:
        peer.read_head()
        assert held.wait(DEADLINE_S)
        peer.send(OK)

    with Scripted.tcp(script) as server:
        driver = Driver(Load(server.url, clients=2, rate=1000)).start()
        driver.wait_in_flight(2)
        with pytest.raises(TimeoutError):
            driver.join(0.1)
        driver.end()
        held.set()
        tally = driver.join(DEADLINE_S)
    assert tally.answered == len(tally.results) == 2
    assert tally.unsent >= 98
    assert tally.as_dict()["unsent"] == tally.unsent


def test_the_end_wakes_a_client_that_waits_for_its_turn() -> None:
    with Scripted.tcp(answer) as server:
        driver = Driver(Load(server.url, clients=1, rate=0.001)).start()
        driver.wait_answered(1, DEADLINE_S)
        driver.end()
        tally = driver.join(1.0)
    assert (tally.answered, tally.unsent) == (1, 0)


@pytest.mark.parametrize("rate", [0, -1, float("inf"), float("nan")])
def test_a_rate_that_cannot_be_kept(rate: float) -> None:
    with pytest.raises(ValueError, match="cannot send"):
        Load("/", rate=rate)


def test_the_command_takes_a_rate_and_weights(capsys: pytest.CaptureFixture[str]) -> None:
    with Scripted.tcp(answer) as server:
        command = ["--url", f"{server.url}/a", "--path", "3:/b", "--rate", "100", "--json"]
        assert main([*command, "--clients", "2", "--max-seconds", "0.2", "--results"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [result["path"] for result in sorted(results, key=lambda one: one["t_due"])][:8] == [
        *("/b", "/a", "/b", "/b"),
        *("/b", "/a", "/b", "/b"),
    ]
