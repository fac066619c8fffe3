"""Counting who is where at a door: queued, in a handshake, with the server, or still reading."""

from __future__ import annotations

import _socket
import os

from supervisor.core.record import Record
from supervisor.runtime import sockdiag
from supervisor.runtime.sockdiag import (
    CLOSE_WAIT,
    ESTABLISHED,
    LISTEN,
    NEW_SYN_RECV,
    SYN_RECV,
    SYN_SENT,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.address import Address
    from supervisor.runtime.sockdiag import Row

MAPPED = b"\x00" * 10 + b"\xff\xff"  # ::ffff:0:0/96, RFC 4291 2.5.5.2


class Census(Record):
    """Counts of connections, and bytes that clients have not acknowledged."""

    listeners: int = 0
    queued: int = 0
    half_open: int = 0
    serving: int = 0
    backend: int = 0
    owed_bytes: int = 0
    received_bytes: int = 0

    def __add__(self, other: Census) -> Census:
        """Add two doors up."""
        return Census(*(getattr(self, name) + getattr(other, name) for name in self._fields))


class Share(Record):
    """Whose the sockets at an address are, while two generations serve there."""

    listeners: frozenset[int] = frozenset()  # inodes
    peers: frozenset[tuple[bytes, int]] = frozenset()  # clients: host in network order, and port

    def has(self, row: Row) -> bool:
        """Tell whether a socket is this generation's."""
        if row.state == LISTEN:
            return row.inode in self.listeners
        return (row.peer, row.peer_port) in self.peers


def count(address: Address, ours: set[int], share: Share | None = None) -> Census:
    """Count at a public door; `ours` are the inodes of the keeper's own sockets there.

    `share`: count only those; None for all. A unix socket's name tells generations apart.
    """
    if address.family == "unix":
        return _count_unix(address, ours)
    rows = [row for row in _rows(address) if share is None or share.has(row)]
    foreign = [row for row in rows if row.inode not in ours]
    served = [row for row in foreign if row.state in (ESTABLISHED, CLOSE_WAIT) and row.inode]
    return Census(
        listeners=sum(row.state == LISTEN for row in foreign),
        queued=sum(row.received for row in foreign if row.state == LISTEN),
        half_open=sum(row.state in (SYN_RECV, NEW_SYN_RECV) for row in rows),
        serving=len(served),
        owed_bytes=sum(row.unsent for row in foreign if row.state != LISTEN),
        received_bytes=sum(row.taken for row in served),
    )


def listeners(address: Address) -> frozenset[int]:
    """Return the inodes of all who listen at a TCP address."""
    return frozenset(row.inode for row in _rows(address) if row.state == LISTEN)


def peers(address: Address) -> frozenset[tuple[bytes, int]]:
    """Return who is connected to a TCP address, or half in."""
    return frozenset((r.peer, r.peer_port) for r in _rows(address) if r.state != LISTEN)


def _rows(address: Address) -> list[Row]:
    family = _socket.AF_INET6 if address.family == "inet6" else _socket.AF_INET
    rows = [row for row in sockdiag.tcp(family, port=address.port) if _at(row, address, family)]
    if family == _socket.AF_INET6:
        rows += sockdiag.tcp(_socket.AF_INET, port=address.port)  # of a dual-stack listener
    return rows


def count_backend(address: Address) -> Census:
    """Count between a router and its workers."""
    if address.family == "unix":
        inside = _count_unix(address, set())
        return Census(queued=inside.queued, backend=inside.serving)
    family = _socket.AF_INET6 if address.family == "inet6" else _socket.AF_INET
    open_states = (ESTABLISHED, CLOSE_WAIT, SYN_SENT)
    rows = sockdiag.tcp(family, peer_port=address.port)
    ways = [row for row in rows if row.state in open_states and row.inode]
    return Census(backend=sum(_leads_to(row, address, family) for row in ways))


def _leads_to(row: Row, address: Address, family: int) -> bool:
    """Tell a way to our backend from one to a stranger with the same port elsewhere."""
    return _at(row.replace(host=row.peer), address, family)


def _at(row: Row, address: Address, family: int) -> bool:
    if address.host in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return True
    try:
        host = _socket.inet_pton(family, address.host)
    except OSError:
        return True  # a name: its port alone has to do
    return row.host in (host, MAPPED + host) or not any(row.host)


def _count_unix(address: Address, ours: set[int]) -> Census:
    path = os.fsencode(address.path)
    rows = [row for row in sockdiag.unix() if _is_at(row, path) and row.inode not in ours]
    streams = [row for row in rows if row.state in (ESTABLISHED, CLOSE_WAIT)]
    return Census(
        listeners=sum(row.state == LISTEN for row in rows),
        queued=sum(row.received for row in rows if row.state == LISTEN),
        serving=len(streams),
        owed_bytes=sum(row.unsent for row in streams),
    )


def _is_at(row: Row, path: bytes) -> bool:
    """Compare names; one that was bound as a relative path is known by that (unix(7))."""
    name = row.name.rstrip(b"\0")
    return bool(name) and (name == path or (name[:1] not in b"/\0" and path.endswith(b"/" + name)))
