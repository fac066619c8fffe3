"""Asks a place whether it answers: one short request, and nothing is kept open."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from supervisor.drill.response import MalformedError, Response
from supervisor.drill.site import READY_WITHIN_S
from supervisor.drill.target import Target, secured, split
from supervisor.drill.traffic import Request, context_of
from supervisor.errors import GracekeeperError, UsageError

if TYPE_CHECKING:
    import ssl

    from supervisor.drill.tls import Trust

EVERY_S: Final = 0.05
PATIENCE_S: Final = 2.0  # of one question
CONNECT_S: Final = 0.3  # a first packet that nobody was there for is sent again after a second
NOT_YET: Final = (502, 503, 504)  # a proxy that has nobody behind it, an application that warms up
READ: Final = 65536
PLAIN: Final = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")  # what OpenSSL calls an answer without TLS


def base_of(url: str) -> str:
    """Return where a URL is served: what else it has may be a secret. UsageError: no such URL."""
    try:
        base, _ = split(url)
    except ValueError as error:
        raise UsageError(f"{str(error).rstrip('.')}. Give http://HOST:PORT.") from None
    if not base:
        raise UsageError(f"cannot ask {url}: it is a path alone. Give http://HOST:PORT.")
    return base


def trusted(url: str, trust: Trust | None) -> ssl.SSLContext | None:
    """Return what https connections are made by; None for http. UsageError: it can't be."""
    try:
        return context_of(trust) if secured(url) else None
    except ValueError as error:
        raise UsageError(f"cannot ask {base_of(url)}: {error}. Name a PEM file.") from None


def status(
    base: str,
    path: str = "/",
    patience_s: float = PATIENCE_S,
    context: ssl.SSLContext | None = None,
) -> int | None:
    """Return the status of a complete answer; None where there is none.

    `context` is what `trusted` returned. UsageError: no such URL, GracekeeperError: a stranger.
    """
    return _look(base, path, patience_s, context)[0]


def _look(
    base: str, path: str, patience_s: float, context: ssl.SSLContext | None
) -> tuple[int | None, str]:
    """Return a status as `status` does, and what TLS said where there is none."""
    try:
        target = Target.parse(base)
    except (ValueError, OSError) as error:
        raise UsageError(f"cannot ask {base}: {error}. Give http://HOST:PORT.") from None
    response = Response("GET")
    try:
        with closing(socket.socket(target.family, socket.SOCK_STREAM)) as client:
            client.settimeout(min(CONNECT_S, patience_s))
            client.connect(target.address)
            client.settimeout(patience_s)
            if context is None:
                _ask(client, target, path, response)
            else:
                with _secured(client, context, target, base) as line:
                    _ask(line, target, path, response)
    except (OSError, MalformedError) as error:
        return None, getattr(error, "reason", None) or ""  # an ssl.SSLError has one
    return response.status if response.complete else None, ""


def _ask(line: socket.socket, target: Target, path: str, response: Response) -> None:
    line.sendall(Request(path).encode(target.host, keep_alive=False))
    while not response.complete:
        data = line.recv(READ)
        if not data:
            response.feed_eof()
            break
        response.feed(data)


def _secured(
    client: socket.socket, context: ssl.SSLContext, target: Target, base: str
) -> ssl.SSLSocket:
    """Shake hands; OSError: nobody does yet. GracekeeperError: nobody ever will."""
    import ssl

    from supervisor.drill.tls import UNTRUSTED

    try:
        return context.wrap_socket(client, server_hostname=target.certified)
    except ssl.SSLCertVerificationError as error:
        raise GracekeeperError(
            f"cannot trust {base}: {error.verify_message.rstrip('.')}. {UNTRUSTED}"
        ) from None
    except ssl.SSLError as error:
        if error.reason in PLAIN:
            raise GracekeeperError(
                f"cannot ask {base}: it speaks no TLS. Write http:// instead."
            ) from None
        raise


def answers(
    base: str,
    path: str = "/",
    patience_s: float = PATIENCE_S,
    context: ssl.SSLContext | None = None,
) -> bool:
    """Tell whether it is ready: any answer but those that say `not yet`."""
    return _ready(status(base, path, patience_s, context))


def last(lines: Sequence[str]) -> str:
    """Quote the last lines of a log, behind what went wrong."""
    told = " ".join(line.strip() for line in lines[-3:])
    return f"; it said last: {told}" if told else ""


def _ready(found: int | None) -> bool:
    return found is not None and found not in NOT_YET


def wait_for(
    bases: Callable[[], Sequence[str]],
    path: str,
    gone: Callable[[], str],
    within_s: float = READY_WITHIN_S,
    context: ssl.SSLContext | None = None,
    log: Callable[[], Sequence[str]] = tuple,
) -> str:
    """Return the first of some places that answers.

    `bases` is asked each time, because an address may come late. `gone` says why nothing will ever
    answer there, else nothing. GracekeeperError: it said so, or time is over; it quotes the `log`.
    """
    deadline = time.monotonic() + within_s
    latest, tls = None, ""
    while True:
        found = bases()
        for at, base in enumerate(found):
            now, refusal = _look(base, path, PATIENCE_S, context)
            latest, tls = now or latest, refusal or tls
            if _ready(now):
                # A better place may have begun to answer since it was asked.
                better = (one for one in found[:at] if answers(one, path, context=context))
                return next(better, base)
        if why := gone():
            raise GracekeeperError(f"cannot bring it up: {why}.")
        if time.monotonic() >= deadline:
            where = " or ".join(f"{base}{path}" for base in found) or "no address at all"
            why = f" (TLS: {tls.lower().replace('_', ' ')})" if tls else ""
            what = f"nothing but {latest}" if latest else f"no answer{why}"
            raise GracekeeperError(
                f"cannot bring it up: {what} from {where} within {within_s:g} s{last(log())}. Name"
                " a path that answers, and the port that it listens on at 0.0.0.0, or give it more"
                " time: --ready-within 3m, in a test with_ready(within_s=180) or"
                " ready_within_s=180."
            )
        time.sleep(EVERY_S)
