"""The kernel's own list of sockets (sock_diag(7)): no privilege needed, and no socket is missed.

Where netlink is not to be had (gVisor, a strict seccomp profile), /proc/net/tcp tells the same,
slower, and unix sockets can't be seen.
"""

from __future__ import annotations

import _socket
import struct

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

NETLINK_SOCK_DIAG: Final = 4
BY_FAMILY: Final = 20
REQUEST_DUMP: Final = 0x301
DONE, ERROR = 3, 2
RECEIVE: Final = 1 << 17
UNIX_NAME, UNIX_RQLEN = 0, 4
INFO, BYTES_RECEIVED = 2, 128
SHOW_NAME, SHOW_RQLEN = 1, 16

ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1 = 1, 2, 3, 4
CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING, NEW_SYN_RECV = 8, 9, 10, 11, 12
LIVE = (1, 2, 3, 4, 8, 9, 10, 11, 12)  # all but FIN_WAIT2, TIME_WAIT and CLOSE: those owe nothing
LIVE_MASK = sum(1 << state for state in LIVE)


class Row(Record):
    """One socket. For a listener `received` is its accept queue, for a stream bytes not read yet;

    `unsent` is bytes that the peer has not acknowledged. A socket that no process holds has inode
    0: it waits in an accept queue, or was closed with data still to be sent.
    """

    state: int
    host: bytes  # 4 or 16 bytes, network order; empty for unix
    port: int
    received: int
    unsent: int
    inode: int
    name: bytes = b""
    peer: bytes = b""  # 4 or 16 bytes, as `host`
    taken: int = 0  # bytes that came over this connection so far; 0 where nobody counts
    peer_port: int = 0


def tcp(family: int, *, port: int = 0, peer_port: int = 0) -> list[Row]:
    """Return the live TCP sockets with a local or a peer's port; OSError when none can be seen."""
    try:
        return [_tcp_row(m) for m in _dump(_tcp_request(family, port, peer_port))]
    except OSError:
        rows = _proc(family)
        return [row for row in rows if port in (0, row.port) and peer_port in (0, row.peer_port)]


def unix() -> list[Row]:
    """Return the live unix sockets that have a name; OSError when netlink is closed to us."""
    request = struct.pack(
        "BBHIIIII", _socket.AF_UNIX, 0, 0, LIVE_MASK, 0, SHOW_NAME | SHOW_RQLEN, 0, 0
    )
    rows = (_unix_row(message) for message in _dump(request))
    return [row for row in rows if row.name]


def _tcp_request(family: int, port: int, peer_port: int) -> bytes:
    # struct inet_diag_req_v2, linux/inet_diag.h
    wanted = 1 << (INFO - 1)
    head = struct.pack("BBBBI", family, _socket.IPPROTO_TCP, wanted, 0, LIVE_MASK)
    return (
        head
        + struct.pack(">HH32x", port, peer_port)
        + struct.pack("III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
    )


def _tcp_row(message: bytes) -> Row:
    family, state = message[0], message[1]
    port, peer_port = struct.unpack_from(">HH", message, 4)
    size = 4 if family == _socket.AF_INET else 16
    host, peer = message[8 : 8 + size], message[24 : 24 + size]
    received, unsent, _uid, inode = struct.unpack_from("IIII", message, 56)
    taken = _taken(message)
    return Row(state, host, port, received, unsent, inode, b"", peer, taken, peer_port)


def _taken(message: bytes) -> int:
    """Find tcpi_bytes_received (tcp(7), struct tcp_info) among the attributes; Linux 4.1."""
    at = 72  # struct inet_diag_msg
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("HH", message, at)
        if kind == INFO and length >= 4 + BYTES_RECEIVED + 8:
            return int(struct.unpack_from("Q", message, at + 4 + BYTES_RECEIVED)[0])
        at += max(4, (length + 3) & ~3)
    return 0


def _unix_row(message: bytes) -> Row:
    state, inode = message[2], struct.unpack_from("I", message, 4)[0]
    name, received, unsent, at = b"", 0, 0, 16
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("HH", message, at)
        if kind == UNIX_NAME:
            name = message[at + 4 : at + length]
        elif kind == UNIX_RQLEN:
            received, unsent = struct.unpack_from("II", message, at + 4)
        at += max(4, (length + 3) & ~3)
    return Row(state, b"", 0, received, unsent, inode, name)


def _dump(request: bytes) -> Iterator[bytes]:
    link = _socket.socket(
        _socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, NETLINK_SOCK_DIAG
    )
    try:
        link.settimeout(0.2)
        header = struct.pack("IHHII", 16 + len(request), BY_FAMILY, REQUEST_DUMP, 1, 0)
        link.send(header + request)
        while True:
            data, at = link.recv(RECEIVE), 0
            while at < len(data):
                length, kind = struct.unpack_from("IH", data, at)
                if kind == DONE:
                    return
                if kind == ERROR:
                    raise OSError(-struct.unpack_from("i", data, at + 16)[0], "sock_diag")
                yield data[at + 16 : at + length]
                at += (length + 3) & ~3
    finally:
        link.close()


def _proc(family: int) -> Iterator[Row]:
    with open("/proc/net/tcp6" if family == _socket.AF_INET6 else "/proc/net/tcp", "rb") as table:
        next(table)
        for line in table:
            word = line.split()
            host, port = word[1].split(b":")
            peer, peer_port = word[2].split(b":")
            unsent, received = (int(part, 16) for part in word[4].split(b":"))
            state = int(word[3], 16)
            if state in LIVE:
                here, there = _network_order(host), _network_order(peer)
                inode = int(word[9])
                ports = int(port, 16), int(peer_port, 16)
                yield Row(state, here, ports[0], received, unsent, inode, b"", there, 0, ports[1])


def _network_order(host: bytes) -> bytes:
    words = (int(host[i : i + 8], 16) for i in range(0, len(host), 8))
    return b"".join(struct.pack("I", word) for word in words)
