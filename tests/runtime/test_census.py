"""Counting connections: the kernel's list, its table in /proc, and what both must agree on."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from time import perf_counter

import pytest

from supervisor.address import Address
from supervisor.runtime import census, sockdiag
from supervisor.runtime.census import Census
from supervisor.runtime.sockdiag import Row

HOSTS = {"inet": "127.0.0.1", "inet6": "::1"}


def no_netlink(*_: object) -> Iterator[bytes]:
    raise OSError(errno.EPERM, "Operation not permitted")


class Scene:
    """Three in the queue, two with the server, of whom one is owed bytes."""

    def __init__(self, stack: ExitStack, family: str, host: str) -> None:
        number = socket.AF_INET6 if family == "inet6" else socket.AF_INET
        self.server = stack.enter_context(socket.socket(number))
        self.server.bind((host, 0))
        self.server.listen(16)
        port = self.server.getsockname()[1]
        self.address = Address(family, host, port)
        self.clients = [
            stack.enter_context(socket.create_connection((HOSTS[family], port))) for _ in range(5)
        ]
        self.served = [stack.enter_context(closing(self.server.accept()[0])) for _ in range(2)]
        self.served[0].setblocking(False)
        try:
            while True:
                self.served[0].send(b"x" * 65536)
        except BlockingIOError:
            pass


@pytest.fixture(params=["netlink", "proc"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "proc":
        monkeypatch.setattr(sockdiag, "_dump", no_netlink)
    return str(request.param)


@pytest.mark.parametrize(
    ("family", "host"),
    [("inet", "127.0.0.1"), ("inet", "0.0.0.0"), ("inet6", "::1"), ("inet6", "::")],
)
def test_where_everybody_is(source: str, family: str, host: str) -> None:
    """The same counts from netlink and from /proc/net/tcp."""
    with ExitStack() as stack:
        scene = Scene(stack, family, host)
        found = census.count(scene.address, set())
        assert (found.listeners, found.queued, found.half_open, found.serving) == (1, 3, 0, 2)
        assert found.owed_bytes > 65536


def test_a_dual_stack_listener(source: str) -> None:
    """IPv4 clients of an IPv6 listener are in the other table, or mapped in this one."""
    with ExitStack() as stack:
        scene = Scene(stack, "inet6", "::")
        port = scene.address.port
        stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert census.count(scene.address, set()).queued == 4


def test_our_own_sockets_are_not_counted(source: str) -> None:
    """Whoever we turn away ourselves does not keep the service busy."""
    with ExitStack() as stack:
        scene = Scene(stack, "inet", "127.0.0.1")
        ours = {Path(f"/proc/self/fd/{one.fileno()}").stat().st_ino for one in scene.served}
        found = census.count(scene.address, ours)
        assert (found.serving, found.owed_bytes) == (0, 0)


def test_another_host_on_the_same_port_is_not_counted(source: str) -> None:
    """127.0.0.2 is somebody else's."""
    with ExitStack() as stack:
        scene = Scene(stack, "inet", "127.0.0.1")
        other = stack.enter_context(socket.socket())
        other.bind(("127.0.0.2", scene.address.port))
        other.listen()
        stack.enter_context(socket.create_connection(("127.0.0.2", scene.address.port)))
        found = census.count(scene.address, set())
        assert (found.listeners, found.queued) == (1, 3)


def test_between_a_router_and_its_workers(source: str) -> None:
    """The router's connections to the private socket, those in its queue included."""
    with ExitStack() as stack:
        scene = Scene(stack, "inet", "127.0.0.1")
        assert census.count_backend(scene.address).backend == 5
        for client in scene.clients[2:]:
            client.close()
        assert census.count_backend(scene.address).backend == 2


def test_a_unix_socket(tmp_path: Path) -> None:
    """Queue and connections, by the path that was bound."""
    path = str(tmp_path / "door.sock")
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(path)
        server.listen(16)
        for _ in range(3):
            stack.enter_context(socket.socket(socket.AF_UNIX)).connect(path)
        stack.enter_context(closing(server.accept()[0]))
        found = census.count(Address("unix", path=path), set())
        assert (found.listeners, found.queued, found.serving) == (1, 2, 1)
        inside = census.count_backend(Address("unix", path=path))
        assert (inside.queued, inside.backend) == (2, 1)


def test_a_unix_socket_that_was_bound_by_a_relative_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel knows it by that name alone."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("door.sock")
        server.listen()
        found = census.count(Address("unix", path=str(tmp_path / "door.sock")), set())
        assert found.listeners == 1


def test_unix_sockets_can_not_be_seen_without_netlink(monkeypatch: pytest.MonkeyPatch) -> None:
    """The observer guesses then; it must not be told that nobody is there."""
    monkeypatch.setattr(sockdiag, "_dump", no_netlink)
    with pytest.raises(OSError, match="not permitted"):
        census.count(Address("unix", path="/nowhere"), set())


def test_thousands_in_time_wait_cost_nothing() -> None:
    """A busy port leaves many behind; they owe nothing, and are not even listed."""
    with ExitStack() as stack:
        scene = Scene(stack, "inet", "127.0.0.1")
        where = ("127.0.0.1", scene.address.port)
        for client in scene.clients[2:]:
            client.close()
            scene.server.accept()[0].close()
        for _ in range(3000):
            client = socket.create_connection(where)
            scene.server.accept()[0].close()
            client.close()
        times = []
        found = Census()
        for _ in range(20):
            begun = perf_counter()
            found = census.count(scene.address, set())
            times.append(perf_counter() - begun)
        assert found.serving == 2
        times.sort()
        assert times[10] < 0.01, times


def test_rows_of_both_sources_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Field for field, for every socket of a port."""
    with ExitStack() as stack:
        scene = Scene(stack, "inet6", "::1")

        def rows() -> list[dict[str, object]]:
            found = sockdiag.tcp(socket.AF_INET6, port=scene.address.port)
            # Those in the queue have no inode yet.
            return [_plain(row) for row in sorted(found, key=lambda row: (row.inode, row.state))]

        by_netlink = rows()
        monkeypatch.setattr(sockdiag, "_dump", no_netlink)
        assert rows() == by_netlink


def _plain(row: Row) -> dict[str, object]:
    """A row without a listener's limit, which /proc does not tell."""
    return {**row.as_dict(), **({"unsent": 0} if row.state == sockdiag.LISTEN else {})}


def test_counts_add_up() -> None:
    """Two doors make one look."""
    one, other = Census(1, 2, 3, 4, 5, 6), Census(10, 20, 30, 40, 50, 60)
    assert one + other == Census(11, 22, 33, 44, 55, 66)
