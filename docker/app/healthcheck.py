"""Exit 0 if this container is ready, 1 if it is not: for Docker's HEALTHCHECK.

Asks the keeper where it listens (GRACEKEEPER_HEALTH), else the application itself on port 8000.
"""

from __future__ import annotations

import os
import socket
import sys

_APPLICATION = (("127.0.0.1", 8000), "/healthz")
_TIMEOUT_S = 2.5


def target() -> tuple[tuple[str, int], str]:
    """The address to ask, and the path."""
    host, separator, port = os.environ.get("GRACEKEEPER_HEALTH", "").rpartition(":")
    if not separator or not port.isdecimal():
        return _APPLICATION
    host = host.strip("[]")
    anywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (asked, not bound)
    return (anywhere.get(host, host), int(port)), "/readyz"


def is_ready() -> bool:
    """True if the answer is a 200."""
    address, path = target()
    request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode("ascii")
    try:
        with socket.create_connection(address, timeout=_TIMEOUT_S) as connection:
            connection.sendall(request)
            status_line = connection.makefile("rb").readline(256)
    except OSError as error:
        print(f"{address[0]} port {address[1]}: {error}")
        return False
    print(status_line.decode("latin-1").strip())
    return status_line.split(b" ")[1:2] == [b"200"]


if __name__ == "__main__":
    sys.exit(0 if is_ready() else 1)
