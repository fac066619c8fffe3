"""Processes as they are read from /proc, written down by hand."""

from __future__ import annotations

from typing import Any

from supervisor.ops.forecast import Forecast, forecast
from supervisor.ops.process import Process, Tree
from supervisor.ops.scene import Scene

HUP, INT, QUIT, TERM, CHLD = (1 << number - 1 for number in (1, 2, 3, 15, 17))
BACKGROUND = INT | QUIT
WAITS, RUNS = "sigsuspend", "do_wait"


def process(pid: int, *argv: str, ppid: int = 0, **more: Any) -> Process:
    """One process; its number inside is its number outside."""
    name = argv[0].rpartition("/")[2] if argv else "?"
    return Process(**{"pid": pid, "ppid": ppid, "inner": pid, "name": name, "argv": argv, **more})


def sleeping(pid: int = 7, ppid: int = 1, **more: Any) -> Process:
    """A child that has no handlers."""
    return process(pid, "sleep", "600", ppid=ppid, **more)


def shell(text: str, *, trapped: int = TERM, wchan: str = WAITS, name: str = "sh") -> Process:
    """A shell as PID 1, in `wait` unless it is told otherwise."""
    return process(1, name, "-c", text, caught=trapped | CHLD, wchan=wchan, text=text)


def foretold(*processes: Process, **more: Any) -> Forecast:
    """What `docker stop` would come to."""
    return forecast(Scene(Tree(processes), **more))
