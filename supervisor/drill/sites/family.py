"""All that a command has started: those below it, and those in its session."""

from __future__ import annotations

import contextlib
import os
import time

import psutil

from supervisor.errors import GracekeeperError
from supervisor.ops import procfs
from supervisor.ops.forecast import forecast
from supervisor.ops.scene import Scene

END_S, EVERY_S = 5.0, 0.005


class Family:
    """A process and its descendants, also those whose parent has ended."""

    def __init__(self, pid: int) -> None:
        """Look who is there now."""
        self._pid = pid
        self._seen: set[psutil.Process] = set()
        self.look()

    def look(self) -> None:
        """Learn who is there; psutil knows a process from a later one with its number."""
        with contextlib.suppress(psutil.Error):
            self._seen |= set(psutil.Process(self._pid).children(recursive=True))
        for one in psutil.process_iter():
            if one.pid != self._pid and _session(one.pid) == self._pid:
                self._seen.add(one)

    def forecast(self, signal: int, grace_s: float) -> tuple[str, str] | None:
        """Return why a stop would not end it in time, and what to do; None when it would."""
        try:
            tree = procfs.tree(self._pid)
        except GracekeeperError:
            return None
        found = forecast(Scene(tree, None, signal, grace_s, "A stop"))
        return (found.why, found.todo) if found.killed else None

    def end(self) -> tuple[str, ...]:
        """Kill who has outlived it, and return them by name."""
        self.look()
        left = [one for one in self._seen if _lives(one)]
        told = tuple(sorted(_named(one) for one in left))
        for one in left:
            with contextlib.suppress(psutil.Error):
                one.kill()
        deadline = time.monotonic() + END_S
        while any(_lives(one) for one in left) and time.monotonic() < deadline:
            time.sleep(EVERY_S)  # they are not ours to wait for, and may stay as zombies
        return told


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def _lives(one: psutil.Process) -> bool:
    try:
        return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _named(one: psutil.Process) -> str:
    try:
        return f"{one.name()} (pid {one.pid})"
    except psutil.Error:
        return f"pid {one.pid}"
