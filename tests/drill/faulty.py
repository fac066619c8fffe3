"""A server, in a process of its own, that does to each request what a seed says, and logs it.

    python -m tests.drill.faulty COUNT SEED [keep-alive]

Requests are `/0` to `/COUNT-1`. It prints its port, and "held" when the last ones have come: they
are answered after "release" on stdin. "shut" closes the port; "log" prints the log and ends it.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import socket
import sys
import threading
from collections.abc import Callable

from tests.drill.scripted import RESET_ON_CLOSE, TURN_AWAY

DEADLINE_S = 30.0
HELD = 10
THREADS = 96

# What is done, and how often of a thousand. The first word is what must be counted.
KINDS = {
    "answered whole": 590,
    "answered in chunks": 100,
    "answered in pieces": 40,
    "answered early": 5,
    "turned-away": 60,
    "lost reset unread": 40,
    "lost reset before headers": 40,
    "lost reset in body": 40,
    "lost EOF before headers": 20,
    "lost EOF in headers": 20,
    "lost EOF in body": 40,
    "lost EOF in chunks": 20,
    "lost deadline": 3,
}
LATE = "answered late"
PARTING = "answered and parted"  # FIN follows at once; the next request may be under way by then
LAST = "answered at last"  # the next request of this connection has come when FIN follows
CLOSED = "lost closed idle"  # such a next request
BIG = 1_000_000  # bytes of a request whose answer does not wait for it

log: list[tuple[int, str, int]] = []  # number, kind, bytes of the answer's body that were sent
failures: list[str] = []
released = threading.Event()
last_ones = itertools.count(1)
parked: list[socket.socket] = []


def plan(count: int, seed: int, *, keep_alive: bool) -> list[str]:
    """What is done to each request, unless it came after a parting."""
    weights = {**KINDS, PARTING: 50, LAST: 40} if keep_alive else KINDS
    kinds = random.Random(seed).choices(list(weights), list(weights.values()), k=count)
    return [*kinds[:-HELD], *[LATE] * HELD]


def head(length: int, more: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{more}\r\n".encode()


def chunks(size: int) -> bytes:
    first = f"{size:x}\r\n".encode() + bytes(size) + b"\r\n" if size else b""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + first + b"0\r\n\r\n"


def pieces(kind: str, size: int) -> list[bytes]:
    """What is sent, send by send."""
    whole = head(size) + bytes(size)
    return {
        "answered in chunks": [chunks(size)],
        "answered early": [head(size, "Connection: close\r\n") + bytes(size)],
        "answered in pieces": [whole[:20], whole[20:]],
        "turned-away": [TURN_AWAY],
        "lost reset in body": [head(size + 1) + bytes(size)],
        "lost EOF in headers": [whole[:30]],
        "lost EOF in body": [head(size + 1) + bytes(size)],
        "lost EOF in chunks": [chunks(size)[:-5]],
    }.get(kind, [whole] if kind.startswith("answered") else [])


def serve(sock: socket.socket, kinds: list[str], *, keep_alive: bool) -> None:
    """One connection, request after request, until it is over."""
    over = False
    while (number := peek(sock)) is not None:
        kind = CLOSED if over else kinds[number]
        size = number % 5000
        log.append((number, kind, size))
        if kind not in {"lost reset unread", "answered early"}:
            sock.recv(65536)
        if number >= len(kinds) - HELD and next(last_ones) == HELD:  # one step: of many threads
            print("held", flush=True)
        if kind == LATE:
            assert released.wait(DEADLINE_S)
        for piece in pieces(kind, size):
            sock.sendall(piece)
        if kind == "answered early":
            parked.append(sock.dup())  # and the rest of the request is never read
        if kind == "lost deadline":
            sock.recv(1)
        if kind in {"lost reset before headers", "lost reset in body"}:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        if kind == PARTING:
            sock.shutdown(socket.SHUT_WR)
        over = kind in {PARTING, LAST}
        if not (keep_alive and kind.startswith("answered") and kind != "answered early"):
            return


def peek(sock: socket.socket) -> int | None:
    """The number of the request that has come and is left unread; None: the client has closed."""
    with contextlib.suppress(ConnectionError):
        while data := sock.recv(65536, socket.MSG_PEEK):
            if b"\r\n\r\n" in data:
                return int(data.split(b" ", 2)[1][1:])
    return None


def accept(listener: socket.socket, handle: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        try:
            sock.settimeout(DEADLINE_S)
            handle(sock)
        except BaseException as failure:
            failures.append(repr(failure))
        finally:
            sock.close()


def main() -> None:
    count, seed, keep_alive = int(sys.argv[1]), int(sys.argv[2]), "keep-alive" in sys.argv
    kinds = plan(count, seed, keep_alive=keep_alive)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    port = listener.getsockname()[1]
    for _ in range(THREADS):
        handle = lambda sock: serve(sock, kinds, keep_alive=keep_alive)  # noqa: E731
        threading.Thread(target=accept, args=(listener, handle), daemon=True).start()
    print(port, flush=True)
    for line in sys.stdin:
        if line == "release\n":
            released.set()
        elif line == "shut\n":
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            print("shut", flush=True)
        else:
            print(json.dumps({"log": log, "failures": failures}), flush=True)
            return


if __name__ == "__main__":
    main()
