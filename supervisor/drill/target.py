"""Where the requests go: a TCP address (v4, v6) or a unix socket, out of one URL."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORT = 80


@dataclass(frozen=True, slots=True)
class Target:
    """A resolved address; `path` is the route that the URL named, query included."""

    family: socket.AddressFamily
    address: tuple[str | int | bytes, ...] | str
    host: str
    path: str

    @classmethod
    def parse(cls, url: str) -> Target:
        """`http://host:port/path`, `http://[::1]:port/path` or `unix:/run/app.sock[:/path]`.

        A name is resolved here, once, so that no request waits for a resolver. Raises ValueError.
        """
        if url.startswith("unix:"):
            place, _, path = url.removeprefix("unix:").partition(":")
            if not place:
                raise ValueError(f"cannot use {url!r}: no socket path after 'unix:'")
            return cls(socket.AF_UNIX, place, "localhost", path or "/")
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(
                f"cannot use {url!r}: expected http://host:port/path or unix:/socket[:/path]"
            )
        port = parts.port or _DEFAULT_PORT
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(family, address, parts.netloc, path)

    @property
    def is_unix(self) -> bool:
        """Unix sockets connect at once or fail at once: there is no handshake to wait for."""
        return self.family == socket.AF_UNIX
