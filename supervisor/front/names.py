"""Host names: looked up once, here, so that nothing depends on a resolver when it stops."""

from __future__ import annotations

import socket
import threading

from supervisor.address import Address
from supervisor.errors import UsageError

PATIENCE_S = 5.0  # signals are blocked meanwhile: a resolver that is silent must not hold us up


def resolved(address: Address, where: str) -> Address:
    """Return the address with a number for its host; UsageError for a name that nobody knows."""
    if address.family == "unix" or not address.host:
        return address
    family = socket.AF_INET6 if address.family == "inet6" else socket.AF_INET
    try:
        socket.inet_pton(family, address.host)
    except OSError:
        return address.replace(host=_looked_up(address, family, where))
    return address


def _looked_up(address: Address, family: int, where: str) -> str:
    found: list[str] = []
    why = [f"no answer about {address.host!r} within {PATIENCE_S:g} s"]

    def look() -> None:
        try:
            rows = socket.getaddrinfo(address.host, None, family, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            text = error.strerror if isinstance(error, OSError) else "it is no host name"
            why[0] = f"{address.host!r}: {text}"
        else:
            found.extend(str(row[4][0]) for row in rows)

    thread = threading.Thread(target=look, daemon=True)  # may outlive us: exec ends it
    thread.start()
    thread.join(PATIENCE_S)
    if found:
        return found[0]
    raise UsageError(
        f"cannot listen on {address} ({where}): {why[0]}."
        " Write an address of this machine, or leave the host out."
    )
