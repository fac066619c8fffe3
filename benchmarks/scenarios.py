"""What is under way when the stop comes: the load, the server's shape, the grace period."""

from __future__ import annotations

from dataclasses import dataclass

HTTP_SOCKET, HTTP_ROUTER, INI_CLASSIC, UNIX = "http-socket", "http-router", "ini-classic", "unix"
MODES = (HTTP_SOCKET, HTTP_ROUTER, INI_CLASSIC, UNIX)
PORT = 8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A load, and the moment of the stop: so many answered, so many in flight, then a pause."""

    name: str
    title: str
    path: str
    clients: int = 8
    per_client: int | None = None
    keep_alive: bool = False
    slow_bytes_per_s: float | None = None
    expect_bytes: int | None = None
    answered: int = 0
    pause_s: float = 0.0
    jitter_s: float = 0.0
    grace_s: float | None = None
    wsgi_file: str = "benchmarks/app/plain.py"


SATURATION = Scenario(
    name="saturation",
    title="8 closed-loop clients on a 0.5 s route",
    path="/slow?s=0.5",
    answered=4,
    jitter_s=0.5,
)
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        SATURATION,
        Scenario(
            name="deep",
            title="50 requests of 0.2 s at once, most of them in the backlog",
            path="/slow?s=0.2",
            clients=50,
            per_client=1,
            jitter_s=0.2,
        ),
        Scenario(
            name="big",
            title="2 slow readers of a 30 MB response, 6 MB/s each",
            path="/big?bytes=30000000",
            clients=2,
            per_client=1,
            slow_bytes_per_s=6e6,
            expect_bytes=30_000_000,
            pause_s=0.5,
            jitter_s=1.0,
        ),
        Scenario(
            name="keep-alive",
            title="keep-alive clients that never pause, 0.05 s route, Connection: close on drain",
            path="/slow?s=0.05",
            keep_alive=True,
            answered=40,
            jitter_s=0.1,
            wsgi_file="benchmarks/app/draining.py",
        ),
        Scenario(
            name="tight",
            title="30 s requests, a grace period of 5 s",
            path="/slow?s=30",
            pause_s=0.5,
            grace_s=5.0,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A uWSGI server: how it listens, how many requests it serves at once, in which scenario."""

    scenario: Scenario
    mode: str
    workers: int = 2
    threads: int = 1

    @property
    def clients(self) -> int:
        """http11-socket holds a worker per connection: more clients than cores would starve."""
        cores = self.workers * self.threads
        is_bound = self.scenario.keep_alive and self.mode in {HTTP_SOCKET, UNIX}
        return min(self.scenario.clients, cores) if is_bound else self.scenario.clients

    @property
    def url(self) -> str:
        """Where the load finds the server."""
        place = "unix:{tmp}/app.sock:" if self.mode == UNIX else f"http://127.0.0.1:{PORT}"
        return f"{place}{self.scenario.path}"

    def options(self) -> dict[str, str]:
        """The server's uWSGI options; an empty value is a flag."""
        options = {"wsgi-file": "{root}/" + self.scenario.wsgi_file, "pythonpath": "{root}"}
        options |= {"master": "", "processes": str(self.workers), "need-app": "", "vacuum": ""}
        if self.threads > 1:
            options["threads"] = str(self.threads)
        kind = "http11-socket" if self.scenario.keep_alive else "http-socket"
        if self.mode == HTTP_SOCKET:
            options[kind] = f":{PORT}"
        elif self.mode == UNIX:
            options[kind] = "{tmp}/app.sock"
        else:
            options["http"] = f":{PORT}"
            if self.scenario.keep_alive:
                options["http-keepalive"] = "1"
        if self.mode == INI_CLASSIC:
            options |= {"pidfile": "{tmp}/uwsgi.pid", "max-requests": "5000"}
        return options

    def arguments(self) -> list[str]:
        """The options on a command line; in the mode `ini-classic`, the file that has them."""
        if self.mode == INI_CLASSIC:
            return ["--ini", "{tmp}/uwsgi.ini"]
        words: list[str] = []
        for key, value in self.options().items():
            if key == "http-keepalive":  # getopt takes an optional value only with "="
                words.append(f"--{key}={value}")
            else:
                words += [f"--{key}", value] if value else [f"--{key}"]
        return words

    def ini(self) -> str:
        """The options, and the master FIFO that the classic and its port write to, as a file."""
        options = {**self.options(), "master-fifo": "{tmp}/uwsgi-fifo"}
        lines = (f"{key}={value or 'True'}" for key, value in options.items())
        return "\n".join(["[uwsgi]", *lines, ""])
