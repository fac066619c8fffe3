"""Doors of a uWSGI that will be somebody else."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from supervisor.address import Address
from supervisor.errors import UsageError
from supervisor.front import listeners, uwsgi
from supervisor.front.identity import Identity
from supervisor.front.undo import Undo
from supervisor.front.uwsgi import FIRST_FREE_PORT
from supervisor.servers.uwsgi.doors import DoorSpec

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")


@as_root
def test_a_unix_socket_is_given_to_the_server(tmp_path: Path) -> None:
    """As if uWSGI had made it: nginx is let in by its group and mode."""
    path = tmp_path / "a.sock"
    spec = DoorSpec(Address("unix", path=str(path)), "socket", "uwsgi", ours=True, mode=0o660)
    with Undo() as made:
        door = uwsgi._door(spec, Identity(NOBODY, 7), made)
        assert door.fd is not None
        made.later(partial(os.close, door.fd))
        found = path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (NOBODY, 7, 0o660)


@pytest.mark.parametrize(
    ("as_root", "uid", "fine"),
    [(False, NOBODY, False), (False, 0, True), (False, None, True), (True, NOBODY, True)],
)
def test_a_low_port_that_uwsgi_binds_itself(
    as_root: bool, uid: int | None, fine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no privilege any more when it comes to that, unless it binds first."""
    monkeypatch.setattr(listeners, "check_free", lambda *_: None)
    monkeypatch.setattr(
        uwsgi, "_number", lambda path, default: 1024 if path == FIRST_FREE_PORT else default
    )
    spec = DoorSpec(
        Address("inet", "", 80), "http", "http", ours=False, where="a.ini:3", as_root=as_root
    )
    with Undo() as made:
        if fine:
            door = uwsgi._door(spec, Identity(uid), made)
            assert door.uid == (None if as_root else uid)
            return
        with pytest.raises(UsageError, match=rf"on :80 \(a.ini:3\): uWSGI becomes uid {NOBODY}"):
            uwsgi._door(spec, Identity(uid), made)
