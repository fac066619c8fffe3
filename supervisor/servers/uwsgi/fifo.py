"""The commands of uWSGI's master FIFO, typed, and when each of them makes sense.

Source: core/fifo.c, uwsgi_master_fifo_prepare(); effects as measured with 2.0.31.
"""

from __future__ import annotations

from supervisor.core.phases import DELAYING, SERVING
from supervisor.core.record import Record

ALIVE = (SERVING, DELAYING)


class Command(Record):
    """One command: its byte, what it does, and what speaks against it."""

    byte: str
    name: str
    effect: str
    phases: tuple[str, ...] = ALIVE
    ends_service: bool = False  # the keeper's own stop is the way to do that
    breaks_router: bool = False  # kills the router, and with it every session
    needs_cheaper: bool = False
    cuts_requests: bool = False


COMMANDS: tuple[Command, ...] = (
    *(Command(str(n), f"slot-{n}", f"use FIFO slot {n}", breaks_router=False) for n in range(10)),
    Command("+", "worker-add", "start one more worker", needs_cheaper=True),
    Command("-", "worker-remove", "stop one worker", needs_cheaper=True),
    Command("B", "vassal-sos", "ask the Emperor for reinforcements"),
    Command("c", "chain-reload", "replace the workers one by one"),
    Command("C", "go-cheap", "kill all workers until the next connection", cuts_requests=True),
    Command("E", "emperor-rescan", "make the Emperor look for changed vassals"),
    Command("f", "refork", "fork a second master", ends_service=True),
    Command("l", "log-reopen", "reopen the log file"),
    Command("L", "log-rotate", "rotate the log file"),
    Command("p", "pause", "pause the workers, or let paused ones go on"),
    Command("P", "update-pidfiles", "write the pidfiles again"),
    Command("q", "quit", "stop gracefully", ends_service=True),
    Command("Q", "kill", "stop at once", ends_service=True),
    Command("r", "reload", "reload gracefully", breaks_router=True),
    Command("R", "force-reload", "reload at once", breaks_router=True, cuts_requests=True),
    Command("s", "stats", "write the statistics to the log"),
    Command("S", "block-subscriptions", "block, or allow, subscriptions"),
    Command("w", "reload-workers", "replace all workers at once", breaks_router=True),
    Command(
        "W", "force-reload-workers", "replace all workers, cutting requests", cuts_requests=True
    ),
    Command("\n", "wake", "wake the master, nothing else"),
)


def find(word: str) -> Command | None:
    """Return a command by its byte or its name."""
    return next((command for command in COMMANDS if word in (command.byte, command.name)), None)


def refusal(command: Command, phase: str, *, router: bool, cheaper: bool, starting: int) -> str:
    """Say why a command makes no sense now; an empty string when it does.

    `starting` is the number of workers that do not accept yet: HUP reaches a handler of the
    master's there, which kills the router (core/uwsgi.c, 3500).
    """
    if phase not in command.phases:
        return f"the service is {phase}"
    if command.ends_service:
        return "that ends the service behind the keeper's back. Use `gracekeeper stop`"
    if command.cuts_requests:
        return "it cuts the requests that run"
    if command.breaks_router and router:
        return "it kills the http router and every session with it"
    if command.needs_cheaper and not cheaper:
        return "uWSGI runs without `cheaper`"
    if command.name in ("reload-workers", "chain-reload") and starting:
        return f"{starting} worker(s) are still starting"
    return ""
