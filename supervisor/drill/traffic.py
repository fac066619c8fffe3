"""What to send: one request, and the load that repeats it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from supervisor.drill.target import Target, join, split

if TYPE_CHECKING:
    import ssl

    from supervisor.drill.tls import Trust

MOST_WEIGHT: Final = 1000
TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
LINE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Request:
    """One kind of request, and what its complete body must look like.

    Of requests that weigh 3 and 1, three are the first and one is the second, evenly spread.

    `expect_bytes` and `end_marker` are checked on 2xx answers only. They find what HTTP itself
    cannot: a body that ends with the connection may have been cut at any byte.
    """

    path: str
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    expect_bytes: int | None = None
    end_marker: bytes = b""
    weight: int = 1

    def __post_init__(self) -> None:
        """What cannot be sent fails here, not in a thread."""
        if self.weight < 1:
            raise ValueError(f"cannot weigh {self.path} with {self.weight}: it is at least 1")
        if self.weight > MOST_WEIGHT:  # a round is that long, and made before the load begins
            raise ValueError(
                f"cannot weigh {self.path} with {self.weight}: it is at most {MOST_WEIGHT}"
            )
        if not self.path.isascii() or not self.path.isprintable() or " " in self.path:
            raise ValueError(f"cannot ask for {self.path!r}: percent-encode it")
        if not TOKEN.fullmatch(self.method):
            raise ValueError(f"cannot ask by {self.method!r}: a method is one word, such as GET")
        for name, value in self.headers:
            if not (TOKEN.fullmatch(name) and LINE.fullmatch(value)):
                raise ValueError(
                    f"cannot send the header {name!r}: {value!r}: it is one line of Latin-1"
                )

    def encode(self, host: str, *, keep_alive: bool) -> bytes:
        """The bytes on the wire, HTTP/1.1."""
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            f"Host: {host}",
            f"Connection: {'keep-alive' if keep_alive else 'close'}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        if self.body or self.method in {"POST", "PUT", "PATCH"}:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowReader:
    """A client on a thin line: it reads so many bytes a second through a small window."""

    bytes_per_s: float
    receive_buffer_bytes: int = 4096


@dataclass(frozen=True, slots=True)
class Load:
    """Closed loop: every client sends its next request when the last one has ended.

    Open loop (`rate`): requests are due at fixed moments, and a client that is free sends the
    next. One that was due while none was free is sent late, and its time counts from when it was
    due: a server that stalls cannot keep its own slowness from being measured.

    `url`                  http(s)://host:port/path, unix:/run/app.sock[:/path], or a path alone:
                           `at` says later where that is
    `clients`              how many requests are under way at once; in an open loop at most
    `rate`                 requests a second, of all clients; None: a closed loop
    `keep_alive`           reuse the connection until the server closes it or says so; never pause
    `requests`             taken in turn; client n starts with the n-th; default: GET the URL's path
    `per_client`           each client sends so many and ends; 1: exactly `clients` at once, once
    `until_refused`        end after so many refusals in a row, over all clients
    `max_s`                send nothing new after so many seconds (what is under way is awaited)
    `deadline_s`           from accepted to complete; after that the request is lost
    `connect_deadline_s`   for TCP's handshake; after that it is refused. TLS's has `deadline_s`,
                           because the server, not its kernel, answers it
    `refused_pause_s`      a refused client of a closed loop waits so long, to save CPU
    `turned_away_pause_s`  as above after a turn-away; 0: hammer
    `trust`                whose certificate https needs; None: of one that this machine trusts
    """

    url: str
    clients: int = 8
    rate: float | None = None
    keep_alive: bool = False
    requests: tuple[Request, ...] = ()
    per_client: int | None = None
    until_refused: int | None = None
    max_s: float | None = None
    deadline_s: float = 30.0
    connect_deadline_s: float = 5.0
    refused_pause_s: float = 0.05
    turned_away_pause_s: float = 0.05
    slow_reader: SlowReader | None = None
    trust: Trust | None = None
    target: Target | None = field(init=False)
    context: ssl.SSLContext | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Resolve the target; a load that cannot be driven fails here, not in a thread."""
        if self.clients < 1:
            raise ValueError(
                f"cannot drive a load with {self.clients} clients: at least one is needed"
            )
        if self.rate is not None and not 0 < self.rate < math.inf:
            raise ValueError(f"cannot send {self.rate:g} requests/s: a rate is more than 0")
        if self.refused_pause_s <= 0:
            raise ValueError("cannot retry without a pause: a closed port would spin the CPU")
        target = Target.parse(self.url) if self.base else None
        object.__setattr__(self, "target", target)
        https = target is not None and bool(target.certified)
        object.__setattr__(self, "context", context_of(self.trust) if https else None)
        if not self.requests:
            object.__setattr__(self, "requests", (Request(self.path),))

    @property
    def base(self) -> str:
        """The URL without its path; empty for a path alone."""
        return split(self.url)[0]

    @property
    def path(self) -> str:
        """The URL's path, query included."""
        return split(self.url)[1]

    def at(self, base: str) -> Self:
        """The same load for that base (`http://host:port`, `unix:/socket`). Raises ValueError."""
        return replace(self, url=join(base, self.path))


def context_of(trust: Trust | None) -> ssl.SSLContext:
    """What https connections are made by; None trusts whom this machine does. Raises ValueError."""
    from supervisor.drill.tls import Trust  # a container's Python may have no ssl

    return (trust or Trust()).context()
