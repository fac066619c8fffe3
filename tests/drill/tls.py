"""The server's side of https: a scripted peer that can shake hands, or spoil it at any point."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from supervisor.drill.load import Driver, Load, Result, Tally
from supervisor.drill.tls import Trust
from tests.drill.scripted import DEADLINE_S, Peer, Scripted

PEM = Path(__file__).with_name("self_signed.pem")  # for localhost and 127.0.0.1, and its key
CERTIFIED = PEM.with_name("certified.pem")  # the same, by an authority that nobody has
ALERT, DATA = 21, 23  # what a record carries


def server_context(pem: Path = PEM) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


CONTEXT = server_context()
OLD = server_context()
OLD.maximum_version = ssl.TLSVersion.TLSv1_2
TRUST = Trust(str(PEM))


def loaded(
    script: Callable[[Peer], None],
    path: str = "/",
    *,
    trust: Trust = TRUST,
    clients: int = 1,
    per_client: int = 1,
    **more: Any,
) -> Tally:
    """What one request comes to, or so many."""
    with Scripted.tcp(script) as server:
        load = Load(
            https(server.url) + path, clients=clients, per_client=per_client, trust=trust, **more
        )
        return Driver(load).start().join(DEADLINE_S)


def one(script: Callable[[Peer], None], **more: Any) -> Result:
    (result,) = loaded(script, **more).results
    return result


def secured(answer: bytes, end: str, context: ssl.SSLContext = CONTEXT) -> Callable[[Peer], None]:
    """A script: shake hands, read a request, answer so, and end so."""

    def script(peer: Peer) -> None:
        secure(peer, context).read_head()
        if answer:
            peer.send(answer)
        {"goodbye": goodbye, "cut": lambda one: one.socket.close(), "reset": Peer.reset}[end](peer)

    return script


def secure(peer: Peer, context: ssl.SSLContext = CONTEXT) -> Peer:
    """Shake hands; the peer sends and reads through TLS from now on."""
    # TLS 1.3 begins with tickets; what is behind them must not wait until they are acknowledged.
    peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.socket = context.wrap_socket(peer.socket, server_side=True)
    return peer


def goodbye(peer: Peer) -> None:
    """Say close_notify, and close; `close` alone and `reset` don't."""
    assert isinstance(peer.socket, ssl.SSLSocket)
    peer.socket.settimeout(0)
    with contextlib.suppress(OSError):  # SSLWantReadError, or the client has heard enough and left
        peer.socket.unwrap()
    peer.socket.close()


def https(url: str) -> str:
    return url.replace("http:", "https:")


def read_record(sock: socket.socket) -> tuple[int, bytes]:
    """One TLS record as it is on the wire: its type, and all of it."""
    head = _exactly(sock, 5)
    return head[0], head + _exactly(sock, int.from_bytes(head[3:]))


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        assert more, "it ended in a record"
        data += more
    return data


def plain(peer: Peer) -> None:
    """Answer as if there were no TLS."""
    peer.await_unread()
    peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    peer.await_close()
