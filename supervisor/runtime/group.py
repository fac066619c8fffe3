"""The listeners that share one TCP address (socket(7), SO_REUSEPORT): join, reach, and leave them.

A listener that is closed resets whoever slipped in after the last accept. So it first lets nobody
in any more, by a lowest TTL that no SYN of a client has (ip(7), IP_MINTTL, made for RFC 5082): the
kernel drops the SYN, the client tries again after a second and then meets whoever listens by then,
or a refusal. Handshakes that have begun are completed (tcp_v4_rcv() looks at the TTL after them).
A neighbour that sends with a TTL of 255 is still heard. No privilege is needed, as it is for a
filter.
"""

from __future__ import annotations

import _socket
import os
import select

from supervisor.address import Address
from supervisor.runtime import steering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SOL_SOCKET, SO_REUSEADDR, SO_REUSEPORT = 1, 2, 15
IP_TTL, IP_MINTTL = 2, 21  # linux/in.h
IPV6_UNICAST_HOPS, IPV6_MINHOPCOUNT = 16, 73  # linux/in6.h
HIGHEST: Final = 255
CONNECT_S = 0.2
ARRIVAL_MS = 50
MOST: Final = 8  # members of one group: two generations, each with a listener of the server's own
DEEP: Final = 4096  # cut by the kernel to net.core.somaxconn


def member(address: Address, uid: int | None) -> _socket.socket:
    """Return a bound member of the address's group, not listening yet.

    A group belongs to one uid (socket(7), SO_REUSEPORT): where the server has dropped to another,
    the socket is given to it before bind.
    """
    family = _socket.AF_INET6 if address.family == "inet6" else _socket.AF_INET
    socket = _socket.socket(family, _socket.SOCK_STREAM)
    try:
        socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        if uid is not None:
            os.fchown(socket.fileno(), uid, -1)
        socket.bind((address.host, address.port))
    except OSError:
        socket.close()
        raise
    return socket


def reach(
    listener: _socket.socket, address: Address, index: int, others: int | None = None
) -> _socket.socket:
    """Connect to the member that has this index, deaf or not.

    Everybody else is led to the member `others`, or comes along; the caller leads them on. OSError
    when steering or the connection is refused.
    """
    ipv6 = address.family == "inet6"
    ours = _socket.socket(_socket.AF_INET6 if ipv6 else _socket.AF_INET, _socket.SOCK_STREAM)
    try:
        _set(ours, ipv6, IP_TTL, IPV6_UNICAST_HOPS, HIGHEST)
        ours.bind((address.reachable, 0))
        port, others = ours.getsockname()[1], index if others is None else others
        steering.attach(listener, steering.one_port_to(port, index, others, ipv6=ipv6))
        ours.settimeout(CONNECT_S)
        ours.connect((address.reachable, address.port))
    except OSError:
        ours.close()
        raise
    return ours


def another(
    first: _socket.socket, address: Address, uid: int | None, index: int, guess: int
) -> tuple[_socket.socket, int]:
    """Open a listener like the first, which is at `index`; return it and its own index.

    Meanwhile and afterwards newcomers are led to the first. OSError where the kernel can't.
    """
    listener = member(address, uid)
    try:
        listener.listen(DEEP)
        found = _index_of(listener, address, index, guess)
        for option in (_socket.TCP_DEFER_ACCEPT, _socket.TCP_NODELAY):
            value = first.getsockopt(_socket.IPPROTO_TCP, option)
            listener.setsockopt(_socket.IPPROTO_TCP, option, value)
    except OSError:
        listener.close()
        raise
    finally:
        steering.attach(first, steering.everybody_to(index))
    return listener, found


def _index_of(listener: _socket.socket, address: Address, others: int, guess: int) -> int:
    """Find a member's index by knocking at one after the other; nobody else is led elsewhere."""
    places: dict[int, None] = dict.fromkeys((guess, *range(MOST)))
    for index in places:
        ours = reach(listener, address, index, others)
        arrived = _takes_in(listener)
        ours.close()
        if arrived:
            return index
    raise OSError("our own listener can't be reached")


def _takes_in(listener: _socket.socket) -> bool:
    """Tell whether somebody has come; it can only be us."""
    poll = select.poll()
    poll.register(listener.fileno(), select.POLLIN)
    if not poll.poll(ARRIVAL_MS):
        return False
    os.close(listener._accept()[0])  # type: ignore[attr-defined]
    return True


def private(first: _socket.socket) -> tuple[_socket.socket, Address]:
    """Open a listener that only this machine can reach, for another router and its workers."""
    host = first.getsockname()[0]
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listener.bind((host, 0))
    listener.listen(DEEP)
    listener.setblocking(False)
    return listener, Address("inet", host, listener.getsockname()[1])


def deafen(listener: _socket.socket) -> None:
    """Drop every newcomer's SYN at a TCP listener; OSError where the kernel can't (gVisor)."""
    _set(listener, listener.family == _socket.AF_INET6, IP_MINTTL, IPV6_MINHOPCOUNT, HIGHEST)


def hear(connection: _socket.socket) -> None:
    """Undo what an accepted connection has inherited from its deaf listener."""
    _set(connection, connection.family == _socket.AF_INET6, IP_MINTTL, IPV6_MINHOPCOUNT, 0)


def _set(socket: _socket.socket, ipv6: bool, option: int, ipv6_option: int, value: int) -> None:
    """Set an IP option; a dual-stack socket has both."""
    socket.setsockopt(_socket.IPPROTO_IP, option, value)
    if ipv6:
        socket.setsockopt(_socket.IPPROTO_IPV6, ipv6_option, value)
