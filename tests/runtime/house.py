"""A service's listener and a keeper's door to it, without the service."""

from __future__ import annotations

import socket

import pytest

from supervisor.address import Address
from supervisor.config.plan import Door
from supervisor.front import listeners
from supervisor.front.undo import Undo
from supervisor.runtime.frontdoor import FrontDoor
from supervisor.runtime.poller import Poller


class House:
    """A service's listener and the keeper's door to it; `server` is what the service accepts on."""

    def __init__(self, address: Address, *, ours: bool, protocol: str, late: str) -> None:
        self.poller = Poller(pytest.fail)
        self.address = address
        self._stack = Undo()
        fd = None
        if ours:
            first = listeners.door(address, "test", self._stack)
            self.server = first.dup()
            fd = first.detach()
        self.door = FrontDoor(self.poller, Door(address, protocol, fd), late)

    def serve(self) -> None:
        """Let the service bind by itself, as uWSGI does with `reuse-port`."""
        if self.address.family == "unix":
            self.server = socket.socket(socket.AF_UNIX)
            self.server.bind(self.address.path)
        else:
            family = socket.AF_INET6 if self.address.family == "inet6" else socket.AF_INET
            self.server = socket.socket(family)
            self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            self.server.bind((self.address.host, self.address.port))
        self.server.listen(128)

    def accepted(self) -> int:
        """How many the service can accept now."""
        self.server.setblocking(False)
        count = 0
        while True:
            try:
                self.server.accept()[0].close()
            except BlockingIOError:
                return count
            count += 1

    def close(self) -> None:
        """End as the process would: every descriptor, in order."""
        door = self.door
        outer = [door._outer.socket] if door._outer else []
        first = [door._first] if door._first else []
        for listener in door._listeners:  # a process that has ended polls nothing any more
            self.poller.forget(listener.socket.fileno())
        if hasattr(self, "server"):
            self.server.close()
        for one in sorted((*first, *outer, *door._full), key=lambda it: it.fileno()):
            one.close()
        self._stack.close()
