"""The FIFO: never makes a file, never blocks, never follows a link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.runtime.fifo import Fifo


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fifo"


def reader(path: Path) -> int:
    """Make a FIFO and read it."""
    os.mkfifo(path)
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK)


def test_a_command_arrives(path: Path) -> None:
    """One byte, at once."""
    fd = reader(path)
    fifo = Fifo(str(path))
    assert fifo.write("q") == ""
    assert os.read(fd, 10) == b"q"
    os.close(fd)


def test_there_is_none(path: Path) -> None:
    """A shell's `echo q >` would make a file here, and the command would be lost."""
    assert Fifo(str(path)).write("q") == "No such file or directory"
    assert not path.exists()


def test_nobody_reads_it(path: Path) -> None:
    """A shell would hang."""
    os.mkfifo(path)
    assert Fifo(str(path)).write("q") == "nobody reads it"


def test_a_file_stands_there(path: Path) -> None:
    """It stays as it is."""
    path.write_text("mine")
    assert Fifo(str(path)).write("q") == "it is not a FIFO"
    assert path.read_text() == "mine"


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    """In /tmp anybody could have made it."""
    fd = reader(tmp_path / "target")
    path.symlink_to(tmp_path / "target")
    assert Fifo(str(path)).write("q") != ""
    assert os.read(fd, 1) == b""  # nobody has opened it
    os.close(fd)


def test_a_directory_stands_there(path: Path) -> None:
    """Said, not raised."""
    path.mkdir()
    assert Fifo(str(path)).write("q") == "Is a directory"


def test_a_held_one_is_written_to_after_it_was_deleted(path: Path) -> None:
    """The reader is still the same."""
    fd = reader(path)
    fifo = Fifo(str(path))
    assert fifo.hold() == ""
    path.unlink()
    assert fifo.write("q") == ""
    assert os.read(fd, 10) == b"q"
    os.close(fd)


def test_the_server_made_a_new_one(path: Path) -> None:
    """After a reload the old one has no reader any more: EPIPE, and once more."""
    old = reader(path)
    fifo = Fifo(str(path))
    assert fifo.hold() == ""
    os.close(old)
    path.unlink()
    new = reader(path)
    assert fifo.write("q") == ""
    assert os.read(new, 10) == b"q"
    os.close(new)


def test_the_server_is_gone(path: Path) -> None:
    """EPIPE, and nobody new."""
    fd = reader(path)
    fifo = Fifo(str(path))
    assert fifo.hold() == ""
    os.close(fd)
    assert fifo.write("q") == "nobody reads it"


def test_a_full_one_does_not_block(path: Path) -> None:
    """A master that is stopped reads nothing."""
    fd = reader(path)
    fifo = Fifo(str(path))
    assert fifo.write("x" * 60_000) == ""
    assert fifo.write("x" * 60_000) == ""
    assert fifo.write("q") != ""
    os.close(fd)


def test_it_is_not_inherited(path: Path) -> None:
    """A server that held its own FIFO's writing end would never see it close."""
    fd = reader(path)
    fifo = Fifo(str(path))
    fifo.hold()
    assert fifo._fd is not None
    assert not os.get_inheritable(fifo._fd)
    os.close(fd)
