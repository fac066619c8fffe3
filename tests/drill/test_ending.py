"""A load that ends does not wait for who can't answer any more."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load

LONG_S = 30.0


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """It listens, and nobody accepts."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        yield server


def load(server: socket.socket) -> Load:
    url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    return Load(url, clients=1, deadline_s=LONG_S, connect_deadline_s=LONG_S)


def test_a_handshake_that_nobody_will_answer(silent: socket.socket) -> None:
    """The queue is full, so the kernel drops what comes, as for an address that is gone."""
    with ExitStack() as leaving:
        for _ in range(2):
            client = leaving.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(silent.getsockname())
        with Driver(load(silent)) as driver:
            began = time.monotonic()
            with pytest.raises(TimeoutError):
                driver.wait_accepted(1, 0.2)
            driver.end(connects_s=0.1)
            tally = driver.join(LONG_S / 2)
    assert time.monotonic() - began < LONG_S / 3
    assert (tally.refused, tally.results[0].reason) == (1, "no handshake when the load was over")


def test_an_answer_that_will_not_come(silent: socket.socket) -> None:
    """It is lost, as by its deadline; a later end that waits longer changes nothing."""
    with Driver(load(silent)) as driver:
        driver.wait_in_flight(1)
        driver.end(answers_s=0.1)
        driver.end()
        tally = driver.join(LONG_S / 2)
    assert (tally.lost, tally.results[0].reason) == (
        1,
        "no answer when the load was over, before headers",
    )
