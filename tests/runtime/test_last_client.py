"""The end of a stop under fire: of thousands who hammer, nobody who was accepted is reset."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from supervisor.address import Address
from supervisor.config.plan import Door
from supervisor.front import listeners
from supervisor.front.undo import Undo
from supervisor.runtime import steering
from supervisor.runtime.frontdoor import FrontDoor
from supervisor.runtime.poller import Poller
from supervisor.runtime.unixpath import full, replacement
from tests.runtime.turning import GET, turn_until

HAMMERS = 6
NEWCOMERS = 600  # in each life
LIVES = 2


class Hammers:
    """Threads that connect, ask and read to the end, until they are refused."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._outcomes: list[str] = []  # threads that count in one Counter lose some
        self._threads = [threading.Thread(target=self._hammer, daemon=True) for _ in range(HAMMERS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> Counter[str]:
        """Wait until every one of them was refused."""
        for thread in self._threads:
            thread.join(20)
            assert not thread.is_alive()
        return Counter(self._outcomes)

    def _hammer(self) -> None:
        while True:
            outcome = self._once()
            self._outcomes.append(outcome)
            if outcome == "refused":
                return

    def _once(self) -> str:
        unix = self.address.family == "unix"
        family = socket.AF_UNIX if unix else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(10)
            try:
                client.connect(self.address.path if unix else ("127.0.0.1", self.address.port))
            except (ConnectionRefusedError, FileNotFoundError):
                return "refused"
            except BlockingIOError:  # a full unix listener, and we have a timeout: poll again
                return "refused"
            except OSError as error:
                return f"connect: {errno.errorcode[error.errno or 0]}"
            answer = b""
            try:
                client.sendall(GET)
                while data := client.recv(4096):
                    answer += data
            except OSError as error:
                return f"lost: {errno.errorcode.get(error.errno or 0, str(error))}"
            return "turned away" if answer.startswith(b"HTTP/1.1 503 ") else f"lost: {answer!r}"


def refuse(*_: object) -> None:
    """What a kernel without SO_ATTACH_REUSEPORT_CBPF says."""
    raise OSError(errno.ENOPROTOOPT, "Protocol not available")


@pytest.mark.parametrize("life", range(LIVES))
@pytest.mark.parametrize("kind", ["ours", "joined", "unix", "unsteered"])
def test_nobody_is_reset_at_the_end(
    kind: str, life: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turned away or refused: a refused client can safely go elsewhere, a reset one can't know."""
    poller = Poller(pytest.fail)
    with ExitStack() as stack:
        if kind == "unix":
            address = Address("unix", path=str(tmp_path / "door.sock"))
        else:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                address = Address("inet", "127.0.0.1", probe.getsockname()[1])
        server = listeners.door(address, "test", stack.enter_context(Undo()))
        fd = None if kind == "joined" else os.dup(server.fileno())
        door = FrontDoor(poller, Door(address, "http", fd), "answer")
        if kind == "unsteered":
            monkeypatch.setattr(steering, "attach", refuse)
        assert door.shut() == ("throttled" if kind == "unsteered" else "steered")
        door.turn_away()
        hammers = Hammers(address)
        turn_until(poller, lambda: door.turned_away > NEWCOMERS, 30)
        server.close()
        door.close()
        turn_until(poller, lambda: door.settled)
        door.leave()
        # As at an exit, in the order of descriptors; and the other way round.
        outer = [door._outer.socket] if door._outer else []
        first = [door._first] if door._first else []
        last = [*first, *outer, *door._full]
        assert len(last) == {"ours": 2, "joined": 1, "unix": 4, "unsteered": 1}[kind]
        for one in last if life % 2 else reversed(last):
            one.close()
        outcomes = hammers.join()
    assert set(outcomes) == {"turned away", "refused"}, outcomes
    assert outcomes["turned away"] == door.turned_away
    assert outcomes["refused"] == HAMMERS


def test_a_full_unix_listener_is_full_before_anybody_finds_it(tmp_path: Path) -> None:
    """Somebody who is faster than we are would take the place, and we would wait for ever."""
    address = Address("unix", path=str(tmp_path / "door.sock"))
    old = socket.socket(socket.AF_UNIX)
    old.bind(address.path)
    listener, ours = full(address)
    with socket.socket(socket.AF_UNIX) as late:
        late.setblocking(False)
        assert late.connect_ex(address.path) == errno.EAGAIN
    for one in (old, listener, ours):
        one.close()


def test_nothing_is_left_beside_a_path_that_can_not_be_replaced(tmp_path: Path) -> None:
    """The old one is gone, so there is nothing to be like."""
    with pytest.raises(FileNotFoundError):
        replacement(Address("unix", path=str(tmp_path / "gone.sock")), 1)
    assert list(tmp_path.iterdir()) == []
