"""The front door: who comes in to the service, who is turned away, and how it is closed.

At a stop every newcomer is led to a second listener, which answers 503; the service's own, the
first, gets nobody more and can be drained. At the very end our listeners let nobody in any more
before they are closed: whichever is closed first, nobody is reset.
"""

from __future__ import annotations

import _socket
import os
import select

from supervisor.runtime import census, group, steering, unixpath
from supervisor.runtime.census import Share
from supervisor.runtime.group import member, reach
from supervisor.runtime.listener import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.config.plan import Door
    from supervisor.runtime.census import Census
    from supervisor.runtime.poller import Poller

BACKLOG = 1024
BODY = b"This server is shutting down. Try again.\n"
TURNED_AWAY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(BODY)
)


def refusal(head: bytes, _talk: object = None) -> bytes:
    """Return the answer to who is turned away: a complete 503 (RFC 9110, 15.6.4)."""
    return TURNED_AWAY if head.startswith(b"HEAD ") else TURNED_AWAY + BODY


class FrontDoor:
    """One door: its first listener, which is the service's, and those that replace it."""

    def __init__(self, poller: Poller, door: Door, late: str) -> None:
        """Keep a door; nothing changes until it is shut."""
        self.door, self._poller = door, poller
        self._late = "hold" if door.protocol == "tls" else late
        self._first = None if door.fd is None else _socket.socket(fileno=door.fd)
        self._inner: Listener | None = None  # turns away who waits in the first queue
        self._outer: Listener | None = None  # turns away who comes later
        self._full: tuple[_socket.socket, ...] = ()  # at a unix path: a listener, who fills it
        self.path = door.address.path  # where the first is now, for a unix socket
        self.bound = ""  # and where it was bound, if elsewhere
        # Which file at a unix path is ours; None for the server's own.
        self._file = None if self._first is None else _file_at(self.path)
        self._openness = unixpath.look(self.path) if self._file else (0o600, 0, 0)
        self.index = 0  # of the first, in its group
        self.in_charge = True  # newcomers are led to this generation
        self._charged = 0  # the index of who is, if not
        self.share: Share | None = None  # what is this generation's here; None: everything
        self._listening: frozenset[int] = frozenset()  # before the next generation's listener came

    @property
    def turned_away(self) -> int:
        """How many got our 503."""
        return sum(listener.answered for listener in self._listeners)

    @property
    def _listeners(self) -> tuple[Listener, ...]:
        return tuple(one for one in (self._inner, self._outer) if one)

    @property
    def somebody_waits(self) -> bool:
        """Tell whether anybody is in the first listener's queue, as far as poll(2) knows."""
        if self._first is None:
            return False
        poll = select.poll()
        poll.register(self._first.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def shut(self) -> str:
        """Lead newcomers away; return how, in the words of the event `DoorShut`."""
        if self.door.backend:
            return "none"
        if self._outer or self._full or not self.in_charge:
            return "steered"
        try:
            if self.door.address.family == "unix":
                return self._shut_unix()
            steering.demand()
            self._shut_tcp()
        except OSError:
            return "throttled"  # nothing keeps newcomers from the service
        return "steered"

    def turn_away(self) -> None:
        """Answer who still waits for the service; only possible at a listener of ours."""
        if self._first is not None and self._inner is None and self.door.protocol != "tls":
            self._inner = Listener(self._poller, self._first, self.door.protocol, refusal)
            self._inner.accept()

    def close(self) -> None:
        """Let nobody new in; whoever is inside is still answered."""
        try:
            if self.door.address.family == "unix":
                if self._outer and not self._is_taken_over():
                    self._fill_unix()
                return
            if self._outer:
                self._lead_to(self._outer, self._others())  # others may have left
            for listener in self._listeners:
                listener.deafen()
        except OSError:
            return

    @property
    def settled(self) -> bool:
        """Tell whether everybody who came to our listeners has been answered."""
        for listener in self._listeners:
            listener.accept()
        return not any(listener.busy for listener in self._listeners)

    def hasten(self) -> None:
        """Answer who is at our listeners now: the time is over before they have settled."""
        for listener in self._listeners:
            listener.hasten()

    def leave(self) -> None:
        """Remove a unix socket's path; last of all."""
        if self._file and not self._is_taken_over():
            _unlink(self.path)

    def beside(self, number: int) -> FrontDoor:
        """Open generation `number`'s own listener at the same address; nobody is led there yet.

        OSError where that can't be: no listener of ours here, or a kernel that does not steer.
        """
        if self._first is None:
            raise OSError(f"the server binds {self.door.address} itself")
        address, bound, index = self.door.address, "", 0
        if self.door.backend:
            listener, address = group.private(self._first)
        elif address.family == "unix":
            bound = f"{os.path.dirname(self.path)}/.{os.getpid()}-{number}"
            listener = unixpath.bound_like(self._openness, bound, group.DEEP)
        else:
            self._listening = census.listeners(address)
            listener, index = group.another(
                self._first, address, self.door.uid, self.index, len(self._listening)
            )
        # As the server expects: of two nginx workers that see one newcomer, one would block.
        os.set_blocking(listener.fileno(), os.get_blocking(self._first.fileno()))
        following = FrontDoor(
            self._poller, self.door.replace(address=address, fd=listener.detach()), self._late
        )
        following.bound, following.index, following.in_charge = bound, index, False
        following.share, following._charged = Share(), self.index
        if bound:
            following.path, following._file = bound, _file_at(bound)
        return following

    def knock(self) -> _socket.socket:
        """Return a connection to this generation's own listener while another is in charge."""
        assert self._first is not None  # noqa: S101 - made by `beside`
        try:
            return group.reach(self._first, self.door.address, self.index, self._charged)
        finally:
            steering.attach(self._first, steering.everybody_to(self._charged))

    def hand_over(self, following: FrontDoor) -> None:
        """Lead newcomers to the next generation's listener; OSError, and nothing is changed."""
        if self.door.address.family == "unix" and not self.door.backend:
            os.rename(following.path, self.path)
            following.path = self.path
        elif self._first is not None and not self.door.backend:
            steering.attach(self._first, steering.everybody_to(following.index))
            self.share = Share(self._listening, census.peers(self.door.address))
        following.share = None
        self.in_charge, following.in_charge = False, True

    def lead_again(self) -> None:
        """Lead newcomers where they belong: a generation has left, and listeners have moved.

        This generation's own was there before those that are left, so it is the first now.
        """
        if self.door.backend or self.door.address.family == "unix":
            return
        self.index = 0
        if self._outer:
            self._lead_to(self._outer, self._others())
        elif self._first is not None:
            steering.attach(self._first, steering.everybody_to(0))

    def end(self) -> None:
        """Close every listener, when its generation is over and another serves."""
        for listener in self._listeners:
            listener.close()
        if self._first is not None:
            self._first.close()
        for one in self._full:
            one.close()

    def count(self) -> Census:
        """Count this generation's connections; OSError when the kernel does not tell."""
        address = self.door.address
        if self.door.backend:
            return census.count_backend(address)
        if self.bound:
            address = address.replace(path=self.bound)
        return census.count(address, self.inodes, self.share)

    @property
    def inodes(self) -> set[int]:
        """Our own sockets at this door, the first listener not among them."""
        ours = {inode for listener in self._listeners for inode in listener.inodes}
        sockets = (self._outer.socket,) if self._outer else ()
        return ours | {os.fstat(one.fileno()).st_ino for one in (*sockets, *self._full[:1])}

    def _shut_tcp(self) -> None:
        """Join the group and have every newcomer led to us; the server may join while we do."""
        guess = self._others()
        second = member(self.door.address, self.door.uid)
        self._outer = Listener(self._poller, second, self.door.protocol, refusal)
        try:
            if self._late == "hold":
                self._outer.deafen()
            second.listen(BACKLOG)
            self._lead_to(self._outer, guess)
        except OSError:
            self._outer.close()
            self._outer = None
            raise

    def _lead_to(self, listener: Listener, guess: int) -> None:
        """Find a member's index, by asking the kernel, and lead everybody there.

        Members move when others leave, and a server may bind at any moment; a guess that is wrong
        would lead newcomers to somebody who does not expect them.
        """
        address = self.door.address
        places: dict[int, None] = dict.fromkeys((guess, *range(self._others() + 2)))
        for index in places:
            ours = reach(listener.socket, address, index)
            arrived = listener.meets(ours.getsockname()[1])
            ours.close()
            if arrived:
                return
        raise OSError("our own listener can't be reached")

    def _shut_unix(self) -> str:
        if self._first is None and not self._others():
            return "absent"
        if self._is_taken_over():
            return "steered"  # newcomers reach somebody else already
        if self._late == "hold":
            self._fill_unix()
        else:
            second = unixpath.replacement(self.door.address, BACKLOG)
            self._file = _file_at(self.door.address.path)
            self._outer = Listener(self._poller, second, self.door.protocol, refusal)
        return "steered"

    def _fill_unix(self) -> None:
        self._full = unixpath.full(self.door.address)
        self._file = _file_at(self.door.address.path)

    def _is_taken_over(self) -> bool:
        """Tell whether the next generation has put its own socket at our path already."""
        there = _file_at(self.door.address.path)
        return self._file is not None and there is not None and there != self._file

    def _others(self) -> int:
        """Count the listeners at this address that are not ours, the service's first among them."""
        return int(census.count(self.door.address, self.inodes).listeners)


def _file_at(path: str) -> tuple[int, int] | None:
    """Tell files at a path apart; a bound socket's inode is not used again before it is closed."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
