"""Listeners on unix sockets; with `_socket`, because the control socket is made on each start."""

from __future__ import annotations

import _socket
import errno
import os
import stat

from supervisor.address import LONGEST_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.front.undo import Undo

BACKLOG = 4096  # cut by the kernel to net.core.somaxconn


def bound(path: str, mode: int, undo: Undo, name: str = "") -> _socket.socket:
    """Return a listener whose file has this mode from its first moment; OSError.

    `name` is how the path is spelled from its own folder, where uWSGI binds it.
    """
    remove_stale(path)
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)
    here = os.getcwd() if name else ""
    try:
        if name:
            os.chdir(path.removesuffix(name) or ".")
        listener.bind(name or path)
        undo.later(lambda: _remove(path))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
        if here:
            os.chdir(here)
    return listener


def remove_stale(path: str) -> None:
    """Remove a socket that nobody listens on; OSError for a live one or another file."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, f"a socket's path has room for {LONGEST_PATH} bytes")
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(errno.EEXIST, "")
    probe = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        probe.setblocking(False)  # a full queue would hold us up
        probe.connect(path)
    except ConnectionRefusedError:
        os.unlink(path)
        return
    except BlockingIOError:
        pass
    finally:
        probe.close()
    raise OSError(errno.EADDRINUSE, "")


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
