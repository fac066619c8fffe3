"""https: what is cut before a request was sent is a refusal; and all together, counted."""

from __future__ import annotations

import random
import ssl
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from supervisor.drill.load import Driver, Fate, Load, Request
from supervisor.drill.tls import Trust
from tests.drill.scripted import DEADLINE_S, OK, OK_CLOSE, TURN_AWAY, Peer, Scripted
from tests.drill.tls import (
    ALERT,
    CERTIFIED,
    CONTEXT,
    PEM,
    goodbye,
    https,
    loaded,
    one,
    plain,
    read_record,
    secure,
    secured,
    server_context,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"
CUT = "EOF without close_notify"


def half_a_handshake(peer: Peer) -> None:
    """Pass on to a real server, and only the first half of what that says."""
    inner, outer = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = CONTEXT.wrap_bio(inner, outer, server_side=True)
    inner.write(read_record(peer.socket)[1])
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    said = outer.read()
    peer.send(said[: len(said) // 2])
    peer.socket.close()


def alert(peer: Peer) -> None:
    """Fatal, handshake_failure (RFC 8446, 6.2)."""
    read_record(peer.socket)
    peer.send(bytes([ALERT, 3, 3, 0, 2, 2, 40]))
    peer.await_close()


def unread(peer: Peer) -> None:
    peer.await_unread()
    peer.socket.close()  # with what came unread: a reset


def read_and_gone(peer: Peer) -> None:
    read_record(peer.socket)
    peer.socket.close()


@pytest.mark.parametrize(
    "script, reason",
    [
        (unread, "reset in the TLS handshake"),
        (Peer.reset, "reset in the TLS handshake"),
        (read_and_gone, f"{CUT} in the TLS handshake"),
        (half_a_handshake, f"{CUT} in the TLS handshake"),
        (plain, "TLS: wrong version number in the TLS handshake"),
        (alert, "TLS: sslv3 alert handshake failure in the TLS handshake"),
        (Peer.await_close, "no TLS handshake in time"),
    ],
)
def test_a_handshake_that_is_cut_is_a_refusal(script: Callable[[Peer], None], reason: str) -> None:
    """Nothing was asked for yet: whoever called can safely try elsewhere."""
    result = one(script, deadline_s=0.2)
    assert (result.fate, result.reason, result.t_connected) == (Fate.REFUSED, reason, None)


@pytest.mark.parametrize(
    "trust, why, heard",
    [
        (None, "self-signed certificate", "unknown ca"),
        (Trust(str(PEM)), "IP address mismatch", "bad certificate"),
    ],
)
def test_a_stranger_ends_the_load(trust: Trust | None, why: str, heard: str) -> None:
    """That is no fate: nobody else would be asked, either. It is told why."""

    def script(peer: Peer) -> None:
        with pytest.raises(ssl.SSLError, match=heard):
            secure(peer, CONTEXT)

    with Scripted.tcp(script, "127.0.0.2" if trust else "127.0.0.1") as server:
        load = Load(https(server.url), clients=1, per_client=1, trust=trust)
        with pytest.raises(OSError, match=f"cannot trust {load.base}: .*{why}.*--insecure"):
            Driver(load).start().join(DEADLINE_S)


def test_whoever_trusts_anybody_is_answered() -> None:
    with Scripted.tcp(secured(OK_CLOSE, "goodbye"), "127.0.0.2") as server:
        load = Load(https(server.url), clients=1, per_client=1, trust=Trust(insecure=True))
        assert Driver(load).start().join(DEADLINE_S).answered == 1


def test_a_certificate_of_its_own_is_enough_whoever_signed_it() -> None:
    """Who certifies it need not be known; and it is asked by the only protocol that is spoken."""
    chosen: list[str | None] = []

    def script(peer: Peer) -> None:
        secure(peer, server_context(CERTIFIED)).read_head()
        assert isinstance(peer.socket, ssl.SSLSocket)
        chosen.append(peer.socket.selected_alpn_protocol())
        peer.send(OK)

    assert one(script, trust=Trust(str(CERTIFIED))).fate is Fate.ANSWERED
    assert chosen == ["http/1.1"]


@pytest.mark.parametrize("name", ["nowhere.pem", __file__])
def test_a_file_without_a_certificate_is_told_at_once(name: str) -> None:
    with pytest.raises(ValueError, match=rf"cannot (read|use) --ca {name}: "):
        Load("https://127.0.0.1:1/", trust=Trust(name))
    Load("http://127.0.0.1:1/", trust=Trust(name))  # where nobody needs it


KINDS = {
    "answered whole": 40,
    "answered and cut": 20,
    "turned away": 10,
    "lost reset": 10,
    "lost cut in body": 10,
    "lost goodbye in body": 5,
    "refused reset": 10,
    "refused EOF": 10,
    "refused alert": 5,
}
COUNT, SEED = 400, 7


def test_every_count_agrees_with_the_servers_log() -> None:
    """What is done to a handshake has no number: how many of each came is compared."""
    kinds = random.Random(SEED).choices(list(KINDS), list(KINDS.values()), k=COUNT)
    lock = threading.Lock()
    log: dict[str, str] = {}
    left = list(kinds)

    def script(peer: Peer) -> None:
        with lock:
            kind = left.pop()
        if kind.startswith("refused"):
            {"refused reset": unread, "refused EOF": read_and_gone, "refused alert": alert}[kind](
                peer
            )
            return
        path = secure(peer, CONTEXT).read_head().split()[1].decode()
        with lock:
            log[path] = kind
        answer = {"lost reset": b"", "turned away": TURN_AWAY}.get(kind, OK)
        answer = HALF if "in body" in kind else answer
        if answer:
            peer.send(answer)
        if kind == "lost reset":
            peer.reset()
        elif "cut" not in kind:
            goodbye(peer)

    requests = tuple(Request(f"/{number}") for number in range(COUNT))
    tally = loaded(
        script, clients=8, per_client=COUNT // 8, rate=1e9, requests=requests, max_s=DEADLINE_S
    )
    assert len(tally.results) == COUNT
    for result in tally.results:
        kind = log.get(result.path, "refused")
        assert kind.startswith(str(result.fate)), (kind, result)
        assert ("goodbye" in kind) == result.reason.startswith("EOF in body"), (kind, result)
        assert ("cut in" in kind) == result.reason.startswith(f"{CUT} in body"), (kind, result)
    told = Counter(result.reason.split()[0] for result in tally.results.of(Fate.REFUSED))
    done = Counter(kind.split()[1] for kind in kinds if kind.startswith("refused"))
    assert told == {"reset": done["reset"], "EOF": done["EOF"], "TLS:": done["alert"]}
