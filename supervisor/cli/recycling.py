"""The options of `run` that tell when a worker is replaced by a fresh one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

# Name, metavar, default, help; the values are read by front/recycling.py, which says what is wrong.
TEXTS = (
    ("memory", "SIZE|%", None, "Replace a uWSGI worker that needs more: 256MiB, or 30% of the"
     " cgroup's limit. One at a time, between two of its requests."),
    ("headroom", "SIZE|%", None, "Replace the largest worker when the cgroup has less left."),
    ("pressure", "%", None, "The same when tasks wait for memory so much of the time (PSI)."),
    ("age", "TIME", None, "Replace a worker that is older: 90s, 30m, 1h30m."),
    ("jitter", "TIME|%", "10%", "Take up to so much off each worker's age limit."),
    ("leak", "SIZE", None, "Replace a worker that grows by so much every 1,000 requests."),
    ("cool-down", "TIME", "30s", "From one worker's return to the next one's leave."),
    ("deadline", "TIME", "60s", "A worker that has not gone by then is reminded; after as long"
     " again it is killed, and its request is reported as lost."),
)  # fmt: skip
NUMBERS = (
    ("requests", None, "Replace a worker after so many requests."),
    ("min-ready", 1, "So many workers stay ready while one is replaced."),
    ("per-hour", 60, "At most so many replacements in an hour; by hand there is no limit."),
)


def recycle_options(function: F) -> F:
    """Add all of them; the function gets them as `recycle_NAME`."""
    for name, metavar, default, about in reversed(TEXTS):
        function = _option(name, str, metavar, default, about)(function)
    kind = click.Choice(["pss", "uss"])
    about = "What of a worker is compared: its fair share of memory, or what is its alone."
    function = _option("memory-as", kind, None, "pss", about)(function)
    for name, number, about in reversed(NUMBERS):
        function = _option(name, int, "N", number, about)(function)
    return function


def _option(name: str, kind: Any, metavar: str | None, default: Any, about: str) -> Any:
    return click.option(
        f"--recycle-{name}",
        type=kind,
        metavar=metavar,
        default=default,
        show_default=default is not None,
        envvar=f"GRACEKEEPER_RECYCLE_{name.replace('-', '_').upper()}",
        help=about,
    )
