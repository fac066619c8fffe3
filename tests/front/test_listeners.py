"""Binding: taken or refused with a reason, and unmade when something else fails."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.address import Address, parse
from supervisor.errors import InUseError, UsageError
from supervisor.front import controlpath, listeners
from supervisor.front.undo import Undo


def unix(path: Path) -> Address:
    return Address("unix", path=str(path))


def test_a_door_is_steered_and_patient() -> None:
    """Shareable, so that a second listener can join, and silent clients occupy nobody."""
    with Undo() as made, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = parse(f"127.0.0.1:{probe.getsockname()[1]}")
        probe.close()
        with listeners.door(address, "here", made) as door:
            assert door.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)
            assert door.getsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT)
            assert door.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            assert not door.getblocking()
            with pytest.raises(InUseError, match=r"\(there\): it is in use"):
                listeners.check_free(address, "there")


def test_a_unix_door(tmp_path: Path) -> None:
    """Its file has its mode from the first moment, and goes when something fails later."""
    path = tmp_path / "a.sock"
    with Undo() as made, listeners.door(unix(path), "here", made, mode=0o660):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with pytest.raises(InUseError):
            listeners.check_free(unix(path), "there")
    assert not path.exists()


def test_a_relative_name(tmp_path: Path) -> None:
    """The kernel knows the socket as uWSGI spells it; it lies where the address says."""
    before = Path.cwd()
    with (
        Undo() as made,
        listeners.door(unix(tmp_path / "a.sock"), "here", made, name="a.sock") as door,
    ):
        assert door.getsockname() == "a.sock"
        assert (tmp_path / "a.sock").is_socket()
    assert Path.cwd() == before


def test_a_dead_socket_is_replaced(tmp_path: Path) -> None:
    """What a crash left behind does not keep the next start from working."""
    path = tmp_path / "a.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with Undo() as made:
        os.close(controlpath.open_(str(path), made)[0])


def _file(path: Path) -> None:
    path.write_text("precious")


def _folder(path: Path) -> None:
    path.mkdir()


def _link(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [_file, _folder, _link])
def test_another_kind_of_file_is_left_alone(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A path that was mistyped must not cost a file."""
    path = tmp_path / "a"
    make(path)
    with Undo() as made, pytest.raises(UsageError, match=r"another kind of file\. Remove it"):
        controlpath.open_(str(path), made)
    assert os.path.lexists(path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/no/where/a", "its directory does not exist. Make the directory first"),
        ("/dev/null/a", "Not a directory. Make the directory first"),
        (f"/tmp/{'x' * 110}", "has room for 107 bytes"),
    ],
)
def test_a_path_that_cannot_be(path: str, message: str) -> None:
    """Each with what to do about it."""
    with Undo() as made, pytest.raises(UsageError, match=message):
        controlpath.open_(path, made)


def test_a_port_that_needs_a_privilege(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel only says that permission is denied."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(listeners, "_bound", lambda *_, **__: refuse())
    with Undo() as made, pytest.raises(UsageError, match="Low ports need a privilege"):
        listeners.health("127.0.0.1:80", made)


@pytest.mark.parametrize("text", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}"])
def test_health(text: str, tmp_path: Path) -> None:
    """Numbers, names and both families."""
    family = socket.AF_INET6 if "[" in text else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind(("::1" if "[" in text else "127.0.0.1", 0))
        port = probe.getsockname()[1]
    with Undo() as made:
        listeners.health(text.format(port=port), made).close()
        listeners.health(str(tmp_path / "health.sock"), made).close()


def test_the_backend() -> None:
    """A port of its own on the loopback."""
    with listeners.backend() as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.getsockname()[1]
