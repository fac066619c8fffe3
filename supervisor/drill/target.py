"""Where the requests go: a TCP address (v4, v6), with TLS or not, or a unix socket."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_EXPECTED = "expected http(s)://host:port/path, unix:/socket[:/path], or a path alone: /path"


@dataclass(frozen=True, slots=True)
class Target:
    """A resolved address; `path` is the route that the URL named, query included.

    `certified` is who a TLS certificate has to be of; empty: there is no TLS.
    """

    family: socket.AddressFamily
    address: tuple[str | int | bytes, ...] | str
    host: str
    path: str
    certified: str = ""

    @classmethod
    def parse(cls, url: str) -> Target:
        """`http(s)://host:port/path`, `http://[::1]:port/path` or `unix:/run/app.sock[:/path]`.

        A name is resolved here, once, so that no request waits for a resolver; IPv4 is preferred.
        Raises ValueError.
        """
        base, path = split(url)
        if base.startswith("unix:"):
            return cls(socket.AF_UNIX, base.removeprefix("unix:"), "localhost", path)
        parts = urlsplit(base)
        if not parts.hostname:
            raise ValueError(f"cannot use {url!r}: no host. It is {_EXPECTED}.")
        family, address = _resolve(parts.hostname, parts.port or _PORTS[parts.scheme])
        certified = parts.hostname if parts.scheme == "https" else ""
        return cls(family, address, parts.netloc, path, certified)

    @property
    def is_unix(self) -> bool:
        """Unix sockets connect at once or fail at once: there is no handshake to wait for."""
        return self.family == socket.AF_UNIX


def split(url: str) -> tuple[str, str]:
    """The base (empty for a path alone) and the path with its query. Raises ValueError."""
    if url.startswith("/"):
        return "", url
    if url.startswith("unix:"):
        base, _, path = url.removeprefix("unix:").partition(":")
        if not base:
            raise ValueError(f"cannot use {url!r}: no socket path after 'unix:'")
        return f"unix:{base}", path or "/"
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ValueError(
            f"cannot use a URL of {parts.hostname or 'no host'} with a user: every report would"
            " show it. Leave out what is before the @"
        )
    try:
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"cannot use {url!r}: {error}. It is {_EXPECTED}.") from error
    if parts.scheme not in _PORTS:
        raise ValueError(f"cannot use {url!r}: {_EXPECTED}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return f"{parts.scheme}://{parts.netloc}", path


def secured(url: str) -> bool:
    """Whether it is https, however that is written. Raises ValueError."""
    return split(url)[0].startswith("https:")


def join(base: str, path: str) -> str:
    """The URL of a path at a base; a path that the base has is left aside. Raises ValueError."""
    base, _ = split(base)
    if not base:
        raise ValueError("cannot aim a load: the base is a path. Give http://host:port.")
    return f"{base}:{path}" if base.startswith("unix:") else f"{base}{path}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str | int | bytes, ...]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ValueError(f"cannot find the host {host!r}: {error.strerror}") from error
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address
