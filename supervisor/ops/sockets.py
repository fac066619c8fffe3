"""Reads listening sockets in a process's network namespace: sock_diag(7), else /proc/PID/net.

Only the kernel's own list tells a backlog's size. To ask it, one thread of ours enters the
namespace (setns(2), which needs CAP_SYS_ADMIN) and comes back with a socket that stays there.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from supervisor.ops.listener import Listener

SOCK_DIAG, BY_FAMILY, DUMP = 4, 20, 0x301
DONE, FAILED = 3, 2
NEW_NET = 0x40000000  # CLONE_NEWNET, sched.h
ESTABLISHED, LISTEN = 1, 10
WANTED = 1 << ESTABLISHED | 1 << LISTEN
NAME, QUEUE = 0, 4  # attributes of unix sockets
SHOW = 1 | 16  # UDIAG_SHOW_NAME, UDIAG_SHOW_RQLEN
INFO, SHOW_INFO = 2, 1 << 1  # INET_DIAG_INFO
LAST_SENT, LAST_CAME, RECEIVED, SEGMENTS_OUT = (
    44,
    52,
    128,
    156,
)  # offsets in struct tcp_info, linux/tcp.h
RECEIVE = 1 << 17
PATIENCE_S = 1.0
MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96, RFC 4291 2.5.5.2
FAMILIES = ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6"))


class Row(NamedTuple):
    """One socket; `host` is a unix socket's name. `waiting` and `room` are a listener's queue.

    `asked_s`: for how long an answer is owed; None when none is, or nobody can tell.
    """

    kind: str
    state: int
    host: bytes
    port: int
    waiting: int
    room: int
    inode: int
    asked_s: float | None = None


def listeners(pid: int) -> tuple[Listener, ...] | None:
    """Return all listening sockets of a process's network namespace; None when none can be seen."""
    try:
        rows = _asked(pid)
    except OSError:
        try:
            rows = list(_read(pid))
        except OSError:
            return None
    return tuple(_counted(rows))


def _counted(rows: list[Row]) -> Iterator[Listener]:
    """Count who is connected to whom; what nobody has accepted has no inode yet."""
    doors = [row for row in rows if row.state == LISTEN]
    open_ = [row for row in rows if row.state == ESTABLISHED and row.inode]
    four = {row.port for row in doors if row.kind == "tcp"}
    for door in sorted(doors, key=lambda row: row[:6]):
        dual = door.kind == "tcp6" and door.port not in four
        inside = [row for row in open_ if _is_at(row, door, dual=dual)]
        asked = [row.asked_s for row in inside if row.asked_s is not None]
        yield Listener(
            kind=door.kind,
            address=_address(door),
            queued=door.waiting,
            backlog=door.room or None,
            connected=len(inside),
            inode=door.inode,
            running=len(asked),
            longest_s=max(asked, default=0.0),
        )


def _is_at(row: Row, door: Row, *, dual: bool) -> bool:
    if door.kind == "unix":
        return row.kind == "unix" and row.host == door.host
    here = row.kind == door.kind or (dual and row.kind == "tcp")
    return here and row.port == door.port and (not any(door.host) or row.host == door.host)


def _asked(pid: int) -> list[Row]:
    with closing(_link(pid)) as link:
        link.settimeout(PATIENCE_S)
        rows = []
        for family, kind in FAMILIES:
            # struct inet_diag_req_v2, linux/inet_diag.h
            request = struct.pack("BBBBI", family, socket.IPPROTO_TCP, SHOW_INFO, 0, WANTED)
            rows += [_tcp(message, kind) for message in _dump(link, request + bytes(48))]
        request = struct.pack("BBHIIIII", socket.AF_UNIX, 0, 0, WANTED, 0, SHOW, 0, 0)
        return [*rows, *(_unix(message) for message in _dump(link, request))]


def _link(pid: int) -> socket.socket:
    """Return a netlink socket of its namespace; OSError when we may not enter."""
    own, other = Path("/proc/self/ns/net"), Path(f"/proc/{pid}/ns/net")
    if own.readlink() == other.readlink():
        return _netlink()
    with ThreadPoolExecutor(1) as thread:  # a namespace is one thread's, and it ends with it
        return thread.submit(_enter, other).result()


def _enter(namespace: Path) -> socket.socket:
    fd = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(fd, NEW_NET):
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(fd)
    return _netlink()


def _netlink() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG)


def _dump(link: socket.socket, request: bytes) -> Iterator[bytes]:
    link.send(struct.pack("IHHII", 16 + len(request), BY_FAMILY, DUMP, 1, 0) + request)
    while True:
        data, at = link.recv(RECEIVE), 0
        while at < len(data):
            length, kind = struct.unpack_from("IH", data, at)
            if kind == DONE:
                return
            if kind == FAILED:
                raise OSError(-struct.unpack_from("i", data, at + 16)[0], "sock_diag")
            yield data[at + 16 : at + length]
            at += (length + 3) & ~3


def _tcp(message: bytes, kind: str) -> Row:
    port = struct.unpack_from(">H", message, 4)[0]
    host = message[8 : 8 + (4 if kind == "tcp" else 16)]
    waiting, room, _uid, inode = struct.unpack_from("IIII", message, 56)
    if kind == "tcp6" and host.startswith(MAPPED):
        kind, host = "tcp", host[len(MAPPED) :]
    return Row(kind, message[1], host, port, waiting, room, inode, _asked_s(message))


def _asked_s(message: bytes) -> float | None:
    """Return how long ago the last bytes came, if none have left since (tcp(7), tcp_info)."""
    info = dict(_attributes(message, 72)).get(INFO, b"")  # behind struct inet_diag_msg
    if len(info) < SEGMENTS_OUT + 4:
        return None
    sent, came, answers = (
        struct.unpack_from("I", info, at)[0] for at in (LAST_SENT, LAST_CAME, SEGMENTS_OUT)
    )
    # Both are counted in ticks: an answer within the same one is an answer.
    owed = struct.unpack_from("Q", info, RECEIVED)[0] and (came < sent or not answers)
    return came / 1000 if owed else None


def _attributes(message: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(message):
        length, kind = struct.unpack_from("HH", message, at)
        yield kind, message[at + 4 : at + length]
        at += max(4, (length + 3) & ~3)


def _unix(message: bytes) -> Row:
    state, inode = message[2], struct.unpack_from("I", message, 4)[0]
    found = dict(_attributes(message, 16))  # behind struct unix_diag_msg
    name = found.get(NAME, b"")
    waiting, room = struct.unpack_from("II", found.get(QUEUE, bytes(8)))
    return Row("unix", state, name, 0, waiting, room, inode)


def _read(pid: int) -> Iterator[Row]:
    """Read the tables, which tell no backlog's size; OSError when there are none."""
    for _, kind in FAMILIES:
        for line in Path(f"/proc/{pid}/net/{kind}").read_text("ascii").splitlines()[1:]:
            word = line.split()
            host, port = word[1].split(":")
            state = int(word[3], 16)
            if state in (ESTABLISHED, LISTEN):
                waiting = int(word[4].split(":")[1], 16)
                yield Row(kind, state, _bytes(host), int(port, 16), waiting, 0, int(word[9]))


def _bytes(host: str) -> bytes:
    words = (int(host[at : at + 8], 16) for at in range(0, len(host), 8))
    return b"".join(struct.pack("I", word) for word in words)


def _address(door: Row) -> str:
    if door.kind == "unix":
        text = door.host.rstrip(b"\0").decode(errors="replace")
        return f"@{text[1:]}" if text.startswith("\0") else text
    if not any(door.host):
        return f"*:{door.port}" if door.kind == "tcp" else f"[::]:{door.port}"
    if door.kind == "tcp":
        return f"{socket.inet_ntop(socket.AF_INET, door.host)}:{door.port}"
    return f"[{socket.inet_ntop(socket.AF_INET6, door.host)}]:{door.port}"
