"""A unix socket's path: another listener is put in its place, at once and as open to others."""

from __future__ import annotations

import _socket
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.address import Address

    Openness = tuple[int, int, int]


def full(address: Address) -> tuple[_socket.socket, _socket.socket]:
    """Put a full listener in place of the unix socket at the path; return it and our end.

    Its place is taken before anybody else can find it.
    """
    ours = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    ours.setblocking(False)
    try:
        return replacement(address, 0, ours.connect), ours
    except OSError:
        ours.close()
        raise


def replacement(
    address: Address, backlog: int, before: Callable[[str], object] = bool
) -> _socket.socket:
    """Bind a unix socket beside the path, as open to others as the old one, and rename it over.

    `before` is called with its first path, when it listens there.
    """
    beside = f"{os.path.dirname(address.path)}/.{os.getpid()}"  # short: unix(7), sun_path
    socket = bound_like(look(address.path), beside, backlog)
    try:
        before(beside)
        os.rename(beside, address.path)
    except OSError:
        socket.close()
        os.unlink(beside)
        raise
    return socket


def look(path: str) -> Openness:
    """Return a file's mode, uid and gid: how open it is to others."""
    found = os.stat(path)
    return found.st_mode & 0o777, found.st_uid, found.st_gid


def bound_like(openness: Openness, beside: str, backlog: int) -> _socket.socket:
    """Return a listener at the path `beside`, as open to others as another was."""
    mode, uid, gid = openness
    socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        socket.bind(beside)
        os.chmod(beside, mode)
        if os.getuid() == 0:
            os.chown(beside, uid, gid)
        socket.listen(backlog)
    except OSError:
        socket.close()
        if os.path.exists(beside):
            os.unlink(beside)
        raise
    return socket
