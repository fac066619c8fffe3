"""Addresses to listen on: `HOST:PORT`, `:PORT`, `[V6]:PORT` and paths of unix sockets."""

from __future__ import annotations

from supervisor.core.record import Record
from supervisor.errors import UsageError

LONGEST_PATH = 107  # bytes; sun_path has room for one more, the NUL (unix(7))


class Address(Record):
    """Where a listener is bound; `family` is "inet", "inet6" or "unix"."""

    family: str
    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        """Show the address as it is written on a command line."""
        if self.family == "unix":
            return self.path
        return (
            f"[{self.host}]:{self.port}" if self.family == "inet6" else f"{self.host}:{self.port}"
        )

    @property
    def sockaddr(self) -> tuple[str, int] | str:
        """The address as the socket calls take it."""
        return self.path if self.family == "unix" else (self.host, self.port)

    @property
    def reachable(self) -> str:
        """An address of this machine that reaches the listener, also when it is bound to all."""
        if self.host in ("", "0.0.0.0", "::"):  # noqa: S104 - looked at, not bound
            return "::1" if self.family == "inet6" else "127.0.0.1"
        return self.host


def parse(text: str, where: str = "") -> Address:
    """Read one address; UsageError says what is wrong with it, and `where` it is written."""
    if text.startswith(("/", "./", "unix:")):
        return _unix(text, where)
    host, colon, port = text.rpartition(":")
    if not colon:
        raise _malformed(text, where, "there is no port")
    if not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        raise _malformed(text, where, f"{port!r} is not a port between 1 and 65535")
    if host.startswith("[") and host.endswith("]"):
        if ":" not in host:
            raise _malformed(text, where, f"{host[1:-1]!r} is no IPv6 address")
        return Address("inet6", host[1:-1], int(port))
    if ":" in host:
        raise _malformed(text, where, "an IPv6 address needs brackets")
    if set(host) & set("[]/ @\\=,"):
        raise _malformed(text, where, f"{host!r} is not a host")
    return Address("inet", host if host != "*" else "", int(port))


def _unix(text: str, where: str) -> Address:
    path = text.removeprefix("unix:")
    if not path or "\0" in path or path.endswith("/"):
        raise _malformed(text, where, "it names no file")
    if len(path.encode(errors="surrogateescape")) > LONGEST_PATH:
        raise _malformed(
            text, where, f"a socket's path has room for {LONGEST_PATH} bytes, this is longer"
        )
    return Address("unix", path=path)


def _malformed(text: str, where: str, why: str) -> UsageError:
    return UsageError(
        f"cannot listen on {text!r}{f' ({where})' if where else ''}: {why}."
        " Write HOST:PORT, :PORT, [IPV6]:PORT or /path/of.sock."
    )
