"""What to send: one request, and the load that repeats it."""

from __future__ import annotations

from dataclasses import dataclass, field

from supervisor.drill.target import Target


@dataclass(frozen=True, slots=True)
class Request:
    """One kind of request, and what its complete body must look like.

    `expect_bytes` and `end_marker` are checked on 2xx answers only. They find what HTTP itself
    cannot: a body that ends with the connection may have been cut at any byte.
    """

    path: str
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    expect_bytes: int | None = None
    end_marker: bytes = b""

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
    """A closed loop: every client sends its next request when the last one has ended.

    `url`                  http://host:port/path, or unix:/run/app.sock[:/path]
    `clients`              how many requests are under way at once
    `keep_alive`           reuse the connection until the server closes it or says so; never pause
    `requests`             taken in turn; client n starts with the n-th; default: GET the URL's path
    `per_client`           each client sends so many and ends; 1: exactly `clients` at once, once
    `until_refused`        end after so many refusals in a row, over all clients
    `max_s`                send nothing new after so many seconds (what is under way is awaited)
    `deadline_s`           from accepted to complete; after that the request is lost
    `connect_deadline_s`   for the handshake; after that it is refused
    `refused_pause_s`      a refused client waits so long, so that a closed port costs no CPU
    `turned_away_pause_s`  as above after a turn-away; 0: hammer
    """

    url: str
    clients: int = 8
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
    target: Target = field(init=False)

    def __post_init__(self) -> None:
        """Resolve the target; a load that cannot be driven fails here, not in a thread."""
        if self.clients < 1:
            raise ValueError(
                f"cannot drive a load with {self.clients} clients: at least one is needed"
            )
        if self.refused_pause_s <= 0:
            raise ValueError("cannot retry without a pause: a closed port would spin the CPU")
        target = Target.parse(self.url)
        object.__setattr__(self, "target", target)
        if not self.requests:
            object.__setattr__(self, "requests", (Request(target.path),))
