"""The private directory, and a FIFO's path."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.errors import UsageError
from supervisor.front import rundir
from supervisor.front.undo import Undo

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can make files for others")


def test_the_directory_is_private_and_goes_with_a_failure() -> None:
    """Nobody else can enter it, and a start that fails leaves none."""
    with Undo() as made:
        path = rundir.make(None, None, made)
        assert path
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o700
        Path(path, "fifo").touch()
    assert not Path(path).exists()


@as_root
def test_the_directory_belongs_to_the_server() -> None:
    """uWSGI makes its FIFO there after it has dropped its privileges."""
    with Undo() as made:
        path = rundir.make(NOBODY, 7, made)
        assert path
        found = Path(path).stat()
        assert (found.st_uid, found.st_gid) == (NOBODY, 7)


def test_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only container without a tmpfs: the stop is less exact, but there is one."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Undo() as made:
        assert rundir.make(None, None, made) is None


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: path.mkdir(), "directory"),
        (lambda path: path.touch(), "file that is no FIFO"),
        (lambda path: path.symlink_to("/nowhere"), "file that is no FIFO"),
        (_socket, "file that is no FIFO"),
    ],
    ids=["directory", "file", "link", "socket"],
)
def test_something_else_is_there(make: Callable[[Path], None], kind: str, tmp_path: Path) -> None:
    """uWSGI would replace a file, or die of a directory."""
    make(tmp_path / "fifo")
    with pytest.raises(
        UsageError, match=rf"cannot use FIFO .*/fifo \(a.ini:3\): there is a {kind}"
    ):
        rundir.check_fifo(str(tmp_path / "fifo"), "a.ini:3")


def test_a_good_place(tmp_path: Path) -> None:
    """Nothing there yet, or a FIFO from last time."""
    path = tmp_path / "fifo"
    rundir.check_fifo(str(path), "here")
    os.mkfifo(path)
    rundir.check_fifo(str(path), "here")
    assert path.is_fifo()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{}/no/fifo", "/no is no directory. Make it first"),
        ("{}/file/fifo", "Not a directory"),
    ],
)
def test_no_place(path: str, message: str, tmp_path: Path) -> None:
    """The directory is missing, or none."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=message):
        rundir.check_fifo(path.format(tmp_path), "here")


@as_root
@pytest.mark.parametrize(
    ("owner", "mode", "fine"),
    [
        ((0, 0), 0o755, False),
        ((0, 0), 0o777, True),
        ((NOBODY, 0), 0o700, True),
        ((NOBODY, 0), 0o077, False),
        ((0, NOBODY), 0o770, True),
        ((0, NOBODY), 0o707, False),
    ],
)
def test_a_place_for_another_user(
    owner: tuple[int, int], mode: int, fine: bool, tmp_path: Path
) -> None:
    """It is uWSGI that makes the FIFO, as the user that it drops to."""
    place = tmp_path / "place"
    place.mkdir()
    os.chown(place, *owner)
    place.chmod(mode)
    if fine:
        rundir.check_fifo(f"{place}/fifo", "here", NOBODY, NOBODY)
        return
    with pytest.raises(UsageError, match=f"can't be written by uid {NOBODY}"):
        rundir.check_fifo(f"{place}/fifo", "here", NOBODY, NOBODY)


@as_root
def test_an_old_fifo_of_another_user(tmp_path: Path) -> None:
    """In /tmp nobody but its owner may remove it, and uWSGI has to."""
    tmp_path.chmod(0o1777)
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with pytest.raises(UsageError, match="the old one belongs to uid 0"):
        rundir.check_fifo(str(path), "here", NOBODY, NOBODY)
    os.chown(path, NOBODY, NOBODY)
    rundir.check_fifo(str(path), "here", NOBODY, NOBODY)
