"""Notices: what a service says of itself by sd_notify(3); READY=1 is what we listen for.

The socket has an abstract name that the kernel chooses (unix(7), autobind), so it needs no file
system. Only the service's own processes are heard.
"""

from __future__ import annotations

import _socket
import struct

from supervisor.runtime.process import parent_and_birth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from supervisor.runtime.children import Children
    from supervisor.runtime.poller import Poller

SOL_SOCKET: Final = 1
SO_PASSCRED: Final = 16
SCM_CREDENTIALS: Final = 2
UCRED: Final = struct.Struct("iII")
MOST: Final = 8192  # bytes of one message
READY: Final = b"READY=1"


class Notices:
    """One generation's notify socket; it stays open, for what else a service may say."""

    def __init__(self, poller: Poller, children: Children) -> None:
        """Open it, and have the service told where it is."""
        self._poller, self._children = poller, children
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(SOL_SOCKET, SO_PASSCRED, 1)
        self._socket.bind("")
        name = self._socket.getsockname()
        children.environment["NOTIFY_SOCKET"] = "@" + name[1:].decode()

    def listen(self, told: Callable[[], None]) -> None:
        """Call back when the service says that it is ready."""

        def read() -> None:
            try:
                data, extra, _, _ = self._socket.recvmsg(MOST, _socket.CMSG_SPACE(UCRED.size))
            except OSError:
                return
            if READY in data.split(b"\n") and self._is_ours(extra):
                told()

        self._poller.watch(self._socket.fileno(), read)

    def _is_ours(self, extra: list[tuple[int, int, bytes]]) -> bool:
        """Tell whether the service's main process sent it, or a descendant of that."""
        main = self._children.main
        pids = [
            UCRED.unpack(data[: UCRED.size])[0]
            for level, kind, data in extra
            if (level, kind) == (SOL_SOCKET, SCM_CREDENTIALS)
        ]
        pid = pids[0] if pids else 0
        while main and pid > 1:
            if pid == main.pid:
                return True
            pid = parent_and_birth(pid)[0]
        return False

    def close(self) -> None:
        """Hear no more."""
        if self._socket.fileno() >= 0:
            self._poller.forget(self._socket.fileno())
            self._socket.close()
