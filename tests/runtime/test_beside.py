"""The listener of the next generation: like the first one in all that a server relies on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.address import Address
from tests.ports import free_port
from tests.runtime.house import House


@pytest.mark.parametrize("unix", [False, True])
@pytest.mark.parametrize("blocking", [False, True])
def test_it_blocks_as_the_first_does(tmp_path: Path, unix: bool, blocking: bool) -> None:
    """nginx takes it as it is: a worker that loses the race for a newcomer must not wait for ever.

    Its requests would wait with it, and be lost at the end.
    """
    path = Address("unix", path=str(tmp_path / "door.sock"))
    address = path if unix else Address("inet", "127.0.0.1", free_port())
    house = House(address, ours=True, protocol="http", late="answer")
    first = house.door.door.fd
    assert first is not None
    os.set_blocking(first, blocking)
    following = house.door.beside(2)
    assert following.door.fd is not None
    assert os.get_blocking(following.door.fd) is blocking
    following.leave()
    following.end()
    house.close()
