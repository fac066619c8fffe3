"""The probe: a connection tells whether a worker accepts, and leaves nobody waiting."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from supervisor.address import Address
from supervisor.config.plan import Door
from supervisor.runtime.frontdoor import FrontDoor
from supervisor.runtime.observer import Observer
from supervisor.runtime.poller import Poller
from supervisor.runtime.probe import Probe

FAMILIES = ("inet", "inet6", "unix")
DEADLINE_S = 10.0
POLL_S = 0.01


@pytest.fixture(params=FAMILIES)
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    """A listener like those that the front makes, and nobody who accepts."""
    if request.param == "unix":
        made = socket.socket(socket.AF_UNIX)
        made.bind(str(tmp_path / "s"))
    else:
        ipv6 = request.param == "inet6"
        made = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 4)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(("::1" if ipv6 else "127.0.0.1", 0))
    made.listen(8)
    made.settimeout(DEADLINE_S)
    with made:
        yield made


@pytest.fixture
def poller() -> Poller:
    return Poller()


@pytest.fixture
def front(poller: Poller, listener: socket.socket) -> Iterator[FrontDoor]:
    """The keeper's side of the listener; at its end nobody is left in the queue."""
    name = listener.getsockname()
    family = {socket.AF_UNIX: "unix", socket.AF_INET6: "inet6"}.get(listener.family, "inet")
    address = Address("unix", path=name) if family == "unix" else Address(family, *name[:2])
    made = FrontDoor(poller, Door(address, fd=listener.dup().detach()), "answer")
    yield made
    listener.close()
    made.end()
    for one in made._listeners:
        one.close()
    poller.wait(monotonic() + POLL_S)


def wait_for(poller: Poller, probe: Probe) -> None:
    """Look, as the keeper does, until a worker accepts."""
    until = monotonic() + DEADLINE_S
    while not probe.look():
        assert monotonic() < until
        poller.wait(monotonic() + POLL_S)


def test_a_connection_that_nobody_takes(
    poller: Poller, front: FrontDoor, listener: socket.socket
) -> None:
    """There is one, however often one looks; and it proves nothing."""
    probe = Probe(poller, front)
    for _ in range(5):
        assert not probe.look()
        poller.wait(monotonic() + POLL_S)
    assert probe.waits
    listener.accept()[0].close()
    listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_worker_that_closes_it(poller: Poller, front: FrontDoor, listener: socket.socket) -> None:
    """It reads that nothing comes, which keeps it for no time, and it is ready."""
    probe = Probe(poller, front)
    assert not probe.look()
    taken, _ = listener.accept()
    taken.settimeout(DEADLINE_S)
    assert taken.recv(1) == b""
    taken.close()
    wait_for(poller, probe)
    assert not probe.waits
    assert probe.turned_away == 0
    assert probe.look()  # for good, and without another connection
    assert not probe.waits


def test_a_worker_that_keeps_it(poller: Poller, front: FrontDoor, listener: socket.socket) -> None:
    """That it has left the queue is enough; a worker which reads on is told that we are gone."""
    probe = Probe(poller, front)
    assert not probe.look()
    taken, _ = listener.accept()
    with taken:
        taken.settimeout(DEADLINE_S)
        wait_for(poller, probe)
        with contextlib.suppress(ConnectionResetError):
            assert taken.recv(1) == b""


def test_a_server_that_is_not_there_yet(
    poller: Poller, front: FrontDoor, listener: socket.socket
) -> None:
    """Refused or lost, it tries again with the next look."""
    probe = Probe(poller, front)
    listener.close()
    front.end()
    for _ in range(3):
        assert not probe.look()
        poller.wait(monotonic() + POLL_S)
    assert not probe.waits


def test_a_door_that_is_shut_is_not_tried(
    poller: Poller, front: FrontDoor, listener: socket.socket
) -> None:
    """Our own listener would take the connection, and count it as somebody turned away."""
    probe = Probe(poller, front)
    assert front.shut() == "steered"
    assert not probe.look()
    assert not probe.waits


def test_our_own_answer_is_no_worker_s(
    poller: Poller, front: FrontDoor, listener: socket.socket
) -> None:
    """The server never accepted: who waits is turned away, and that is not readiness."""
    probe = Probe(poller, front)
    assert not probe.look()
    front.turn_away()
    until = monotonic() + DEADLINE_S
    while not probe.turned_away:
        assert monotonic() < until
        poller.wait(monotonic() + POLL_S)
    assert (probe.accepted, front.turned_away) == (False, 1)


def test_a_look_does_not_count_the_probe(
    poller: Poller, front: FrontDoor, listener: socket.socket
) -> None:
    """A server that never became ready owes it nothing."""
    observer = Observer(poller, None, [front], "accept")
    looks: list[tuple[bool, int]] = []
    for _ in range(3):
        observer.look(lambda look: looks.append((look.ready, look.queued)))
        poller.wait(monotonic() + POLL_S)
    assert looks[-1] == (False, 0)
    listener.accept()[0].close()
    until = monotonic() + DEADLINE_S
    while not looks[-1][0]:
        assert monotonic() < until
        poller.wait(monotonic() + POLL_S)
        observer.look(lambda look: looks.append((look.ready, look.queued)))
    assert looks[-1] == (True, 0)
    assert observer.turned_away == 0
