"""Readiness: how one finds out that a service serves."""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

EXEC_EVERY_S: Final = 0.2  # a process costs more than a connection
KINDS: Final = ("socket", "tcp", "http", "file", "exec", "notify", "stats")


class Readiness(Record):
    """One probe; times in seconds.

    `kind` and `target`: "socket" (a unix socket's path takes a connection), "tcp" (so does
    HOST:PORT), "http" (http://HOST:PORT/PATH answers 2xx or 3xx), "file" (a path is there), "exec"
    (the command `argv` ends with 0), "notify" (the service says READY=1, sd_notify(3)), "stats"
    (uWSGI's stats server, a path or HOST:PORT, tells of a worker that accepts).
    """

    kind: str
    target: str = ""
    argv: tuple[str, ...] = ()
    every_s: float = 0.05
    patience_s: float = 1.0  # for one answer
