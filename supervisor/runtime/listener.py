"""A listening socket of ours: accepts, and lets a Conversation answer each client."""

from __future__ import annotations

import _socket
import os
import select
from time import monotonic

from supervisor.runtime.conversation import Conversation
from supervisor.runtime.group import deafen, hear

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.runtime.conversation import Answer
    from supervisor.runtime.poller import Poller

BURST = 64  # accepts in one go, so that nobody else starves
ARRIVAL_MS = 50
PAUSE_S = 0.02
FILES = os.sysconf("SC_OPEN_MAX")  # -1: no limit
# Conversations at a time, more wait in the backlog: PID 1 needs descriptors for other things, too.
MOST = 512 if FILES < 0 else max(16, min(512, FILES // 8))


class Listener:
    """Answers everybody who comes to one listening socket."""

    def __init__(
        self, poller: Poller, socket: _socket.socket, protocol: str, answer: Answer
    ) -> None:
        """Start to accept at once."""
        socket.setblocking(False)
        self._poller, self.socket, self._protocol, self._answer = poller, socket, protocol, answer
        self._talks: dict[Conversation, int] = {}
        self.answered = 0
        self._deaf = False
        self._open = True
        self._paused = False
        poller.watch(socket.fileno(), self.accept)

    @property
    def busy(self) -> bool:
        """Tell whether anybody is being answered, or may wait without our being able to accept."""
        return bool(self._talks) or self._paused

    @property
    def inodes(self) -> set[int]:
        """The sockets of these conversations, as sock_diag(7) names them."""
        return set(self._talks.values())

    def accept(self) -> None:
        """Take who waits, as many as there is room for."""
        if not self._open:
            return
        self._paused = False
        for _ in range(BURST):
            if len(self._talks) >= MOST:
                self._poller.forget(self.socket.fileno())
                return
            try:
                fd, _peer = self.socket._accept()  # type: ignore[attr-defined]
            except BlockingIOError:
                return
            except OSError:  # no descriptors or memory left, or one of accept(2)'s passing troubles
                self._pause()
                return
            self._talk(_socket.socket(fileno=fd))

    def hasten(self) -> None:
        """Answer everybody who is here now, as many as there is room for."""
        self.accept()
        for talk in list(self._talks):
            talk.hasten()

    def meets(self, port: int) -> bool:
        """Tell whether our own connection, from this port, arrives; others are answered."""
        poll = select.poll()
        poll.register(self.socket.fileno(), select.POLLIN)
        while poll.poll(ARRIVAL_MS):
            try:
                fd, peer = self.socket._accept()  # type: ignore[attr-defined]
            except OSError:
                return False
            connection = _socket.socket(fileno=fd)
            if peer[1] == port:
                connection.close()
                return True
            self._talk(connection)
        return False

    def deafen(self) -> None:
        """Let nobody new in; who is on the way in is still answered. TCP only."""
        deafen(self.socket)
        self._deaf = True

    def _talk(self, connection: _socket.socket) -> None:
        if self._deaf:
            hear(connection)
        talk = Conversation(self._poller, connection, self._protocol, self._answer, self._ended)
        self._talks[talk] = os.fstat(connection.fileno()).st_ino
        self.answered += 1

    def _pause(self) -> None:
        """Try again in a moment, instead of being told at once and for ever that somebody waits."""
        self._paused = True
        self._poller.forget(self.socket.fileno())
        self._poller.at(self, monotonic() + PAUSE_S, self._resume)

    def _resume(self) -> None:
        if self._open:
            self._poller.watch(self.socket.fileno(), self.accept)

    def close(self) -> None:
        """Stop accepting and close the socket; conversations go on."""
        self._open = False
        self._poller.forget(self.socket.fileno())
        self.socket.close()

    def _ended(self, talk: Conversation) -> None:
        if self._talks.pop(talk, None) is not None:
            self._resume()
