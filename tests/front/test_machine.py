"""Reading from this machine, without ever waiting for a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.front.machine import Machine


def test_a_file(tmp_path: Path) -> None:
    """As it stands, with whatever bytes are in it."""
    (tmp_path / "a").write_bytes(b"x\r\n\xff")
    assert Machine().read(str(tmp_path / "a")) == "x\r\n\udcff"


@pytest.mark.parametrize("kind", ["directory", "FIFO", "device", "missing"])
def test_what_is_no_file(kind: str, tmp_path: Path) -> None:
    """A FIFO that nobody writes to would hold us up, with signals blocked."""
    path = tmp_path / "a"
    if kind == "directory":
        path.mkdir()
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/null")
    told = "No such file" if kind == "missing" else f"it is a {kind}, not a file"
    with pytest.raises(OSError, match=told):
        Machine().read(str(path))


def test_kinds(tmp_path: Path) -> None:
    """By lstat(2), as uWSGI asks for its links."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "fifo")
    machine = Machine()
    names = ("file", "link", "fifo", ".", "gone")
    kinds = [machine.kind(f"{tmp_path}/{name}") for name in names]
    assert kinds == ["file", "link", "other", "dir", ""]
    assert machine.real(f"{tmp_path}/link") == os.path.realpath(tmp_path / "file")
