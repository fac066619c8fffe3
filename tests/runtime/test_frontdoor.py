"""The front door: who is led where, on TCP and unix sockets, with our listener or the server's."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from supervisor.address import Address
from supervisor.config.plan import Door
from supervisor.runtime import steering
from supervisor.runtime.frontdoor import FrontDoor
from supervisor.runtime.poller import Poller
from tests.runtime.house import House
from tests.runtime.turning import GET, Client, turn_for, turn_until

FAMILIES = ("inet", "inet6", "unix")
HOSTS = {"inet": "127.0.0.1", "inet6": "::1"}
MakeAddress = Callable[[str], Address]


@pytest.fixture
def address(tmp_path: Path) -> MakeAddress:
    def make(family: str) -> Address:
        if family == "unix":
            return Address("unix", path=str(tmp_path / "door.sock"))
        number = socket.AF_INET6 if family == "inet6" else socket.AF_INET
        with socket.socket(number) as probe:
            probe.bind((HOSTS[family], 0))
            return Address(family, HOSTS[family], probe.getsockname()[1])

    return make


@pytest.fixture
def house(address: MakeAddress) -> Iterator[Callable[..., House]]:
    with ExitStack() as stack:

        def make(
            family: str, *, ours: bool = True, protocol: str = "http", late: str = "answer"
        ) -> House:
            made = House(address(family), ours=ours, protocol=protocol, late=late)
            stack.callback(made.close)
            return made

        yield make


def end(house: House) -> None:
    """What the keeper does at the end."""
    house.door.close()
    turn_until(house.poller, lambda: house.door.settled)
    house.door.leave()


@pytest.mark.parametrize("family", FAMILIES)
def test_newcomers_are_turned_away_and_the_queue_stays(
    house: Callable[..., House], family: str
) -> None:
    """Who came before the stop is the service's; who comes after it is ours."""
    it = house(family)
    early = [Client(it.address, GET) for _ in range(5)]
    assert it.door.shut() == "steered"
    assert it.door.shut() == "steered"  # told twice: once
    late = [Client(it.address, GET) for _ in range(20)]
    for client in late:
        assert client.answer(it.poller).startswith(b"HTTP/1.1 503 ")
    assert it.accepted() == 5
    assert it.door.turned_away == 20
    end(it)
    for client in early:
        client.socket.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_listener_of_the_servers_own_is_joined(house: Callable[..., House], family: str) -> None:
    """uWSGI's http router binds for itself; we come second."""
    it = house(family, ours=False)
    it.serve()
    early = [Client(it.address, GET) for _ in range(5)]
    assert it.door.shut() == "steered"
    for _ in range(20):
        assert Client(it.address, GET).answer(it.poller).startswith(b"HTTP/1.1 503 ")
    assert it.accepted() == 5
    it.server.close()  # it ends before us: our index changes
    for _ in range(20):
        assert Client(it.address, GET).answer(it.poller).startswith(b"HTTP/1.1 503 ")
    end(it)
    for client in early:
        client.socket.close()


@pytest.mark.parametrize("family", ["inet", "inet6"])
def test_a_server_that_binds_after_the_stop_gets_nobody(
    house: Callable[..., House], family: str
) -> None:
    """The stop was asked for while the app was still being loaded."""
    it = house(family, ours=False)
    assert it.door.shut() == "steered"
    it.serve()
    for _ in range(20):
        assert Client(it.address, GET).answer(it.poller).startswith(b"HTTP/1.1 503 ")
    assert it.accepted() == 0
    end(it)


def test_a_unix_server_that_has_not_bound_yet(house: Callable[..., House]) -> None:
    """There is no path to put ours at: it would be in the server's way."""
    it = house("unix", ours=False)
    assert it.door.shut() == "absent"
    it.serve()
    client = Client(it.address, GET)
    assert it.accepted() == 1
    client.socket.close()
    end(it)
    assert Path(it.address.path).exists()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "joined"])
def test_late_ones_are_held(house: Callable[..., House], family: str, ours: bool) -> None:
    """Neither accepted nor reset while the stop lasts; refused when it is over."""
    it = house(family, ours=ours, late="hold")
    if not ours:
        it.serve()
    early = Client(it.address, GET)
    assert it.door.shut() == "steered"
    late = Client(it.address)
    turn_for(it.poller, 0.1)
    if family == "unix":
        assert late.error == errno.EAGAIN  # a blocking one would wait
    else:
        assert not late.is_connected()
        assert late.error == errno.EINPROGRESS
    assert it.accepted() == 1
    end(it)
    it.close()
    if family == "unix":
        later = Client(it.address)
        assert later.error in (errno.ENOENT, errno.ECONNREFUSED)
        later.socket.close()
    else:
        turn_until(it.poller, lambda: not late.is_connected() and late.error == errno.ECONNREFUSED)
    early.socket.close()
    late.socket.close()


def test_a_door_that_speaks_tls_is_held(house: Callable[..., House]) -> None:
    """A plain 503 would be noise there."""
    it = house("inet", protocol="tls")
    assert it.door.shut() == "steered"
    late = Client(it.address)
    turn_for(it.poller, 0.05)
    assert not late.is_connected()
    it.door.turn_away()
    assert it.door._inner is None
    end(it)
    late.socket.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_who_still_waits_is_turned_away(house: Callable[..., House], family: str) -> None:
    """The first listener's queue, when nobody will serve it any more."""
    it = house(family)
    early = [Client(it.address, GET) for _ in range(5)]
    it.door.shut()
    assert [it.door.somebody_waits] == [True]
    it.door.turn_away()
    it.door.turn_away()
    for client in early:
        assert client.answer(it.poller).startswith(b"HTTP/1.1 503 ")
    assert not it.door.somebody_waits
    assert it.door.turned_away == 5
    end(it)


@pytest.mark.parametrize("family", ["inet", "inet6"])
def test_who_is_half_in_when_the_door_closes(house: Callable[..., House], family: str) -> None:
    """The handshake began in time: nobody new is heard any more, but this one is, to the end."""
    it = house(family)
    early = Client(it.address)  # has said nothing: not in the queue yet (TCP_DEFER_ACCEPT)
    early.wait_connected()
    it.door.shut()
    it.door.turn_away()
    it.door.close()
    late = Client(it.address)
    early.socket.sendall(b"HE")
    turn_until(it.poller, lambda: it.door.turned_away)
    early.socket.sendall(b"AD / HTTP/1.1\r\n\r\n")
    answer = early.answer(it.poller)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b"\r\n\r\n"), "it was answered before it was heard to the end"
    assert not late.is_connected()
    end(it)
    early.socket.close()
    late.socket.close()


def test_a_kernel_that_does_not_steer(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can be kept away; who is in the queue when the time is over is answered."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")

    monkeypatch.setattr(steering, "attach", refuse)
    it = house("inet")
    early = [Client(it.address, GET) for _ in range(5)]
    assert it.door.shut() == "throttled"
    it.door.turn_away()
    for client in early:
        assert client.answer(it.poller).startswith(b"HTTP/1.1 503 ")
    end(it)


@pytest.mark.parametrize("late", ["answer", "hold"])
def test_nobody_comes_to_a_listener_that_can_not_be_kept(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """Without steering a second listener would have to be closed again, with who is in it."""
    it = house("inet", ours=False, late=late)
    it.serve()
    listening: list[object] = []

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(steering, "attach", refuse)
    monkeypatch.setattr("supervisor.runtime.frontdoor.member", listening.append)
    assert it.door.shut() == "throttled"
    assert listening == []


def test_a_path_that_the_next_generation_has_taken_over(
    house: Callable[..., House], tmp_path: Path
) -> None:
    """On a shared volume it may be there before we have gone: it is left alone."""
    it = house("unix")
    early = Client(it.address, GET)
    beside = tmp_path / "next"
    with socket.socket(socket.AF_UNIX) as following:
        following.bind(str(beside))
        following.listen()
        beside.rename(it.address.path)
        assert it.door.shut() == "steered"
        end(it)
        client = Client(it.address, GET)
        following.accept()[0].close()
        client.socket.close()
    assert it.accepted() == 1
    early.socket.close()


def test_a_deleted_path(house: Callable[..., House]) -> None:
    """Nobody new can come; who is queued is still served."""
    it = house("unix")
    early = Client(it.address, GET)
    Path(it.address.path).unlink()
    assert it.door.shut() == "throttled"
    assert it.accepted() == 1
    end(it)
    early.socket.close()


def test_the_replacement_is_as_open_as_the_original(house: Callable[..., House]) -> None:
    """nginx runs as another user: it must be able to connect to the second one, too."""
    it = house("unix")
    Path(it.address.path).chmod(0o666)
    it.door.shut()
    assert Path(it.address.path).stat().st_mode & 0o777 == 0o666
    end(it)
    assert not Path(it.address.path).exists()
    assert list(Path(it.address.path).parent.iterdir()) == []


def test_the_door_to_the_workers_is_never_shut(address: MakeAddress) -> None:
    """It belongs to the server's inside."""
    poller = Poller(pytest.fail)
    with socket.create_server(("127.0.0.1", 0)) as inside:
        where = Address("inet", *inside.getsockname())
        door = FrontDoor(poller, Door(where, "uwsgi", os.dup(inside.fileno()), backend=True), "")
        assert door.shut() == "none"
        door.close()
        door.leave()
        assert door._first is not None
        door._first.close()
