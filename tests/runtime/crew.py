"""A server that is not there: its workers are `sleep`, and its master is the test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest

from supervisor.config.plan import Plan
from supervisor.core.policy import Policy
from supervisor.recycle.policy import RecyclePolicy
from supervisor.runtime.output import Output
from supervisor.runtime.poller import Poller
from supervisor.runtime.process import Process
from supervisor.runtime.recycler import Recycler
from supervisor.servers.uwsgi.stats import Worker
from tests.runtime.turning import turn_until


class Service:
    """Workers that are `sleep`, and everything that a keeper would do about them."""

    def __init__(self, folder: Path, **limits: Any) -> None:
        self.poller = Poller(pytest.fail)
        self.folder, self.stack = folder, ExitStack()
        self.workers: dict[int, Worker] = {}
        self.why_not = self.no_restart = ""
        self.looks = self.wakes = 0
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.restarts: list[str] = []
        self.held: list[Process] = []
        policy = RecyclePolicy(**{"least_age_s": 0.0, "cool_down_s": 0.0, **limits})
        plan = Plan(("a",), "/a", Policy(grace_s=1.0), run_dir=str(folder), recycle=policy)
        self.recycler = self.keeping(plan)

    def keeping(self, plan: Plan) -> Recycler:
        """A recycler of this service."""
        return Recycler(
            self.poller,
            cast(Output, self),  # of which it needs `event` alone
            plan,
            look=self.look,
            workers=lambda: tuple(self.workers.values()),
            generation=lambda: 1,
            held_off=lambda: self.why_not,
            wake_master=self.wake,
            hold=self.hold,
            restart=self.restart,
        )

    def event(self, event: str, **facts: Any) -> None:
        """What Output does."""
        self.events.append((event, facts))

    def told(self, event: str) -> list[dict[str, Any]]:
        """The facts of all events of this name."""
        return [facts for name, facts in self.events if name == event]

    def look(self, seen: Callable[[object], None]) -> None:
        """Fresh at once."""
        self.looks += 1
        seen(None)

    def start(self, number: int, **facts: Any) -> int:
        """Start a worker, or the next one with its number."""
        one = subprocess.Popen(["sleep", "600"])
        self.stack.callback(one.wait)
        self.stack.callback(one.kill)
        known: dict[str, Any] = {"accepting": True, "status": "idle", "requests": 0, "respawns": 1}
        known |= {"average_s": 0.0, "running": (), "busy": 0, **facts}
        self.workers[number] = Worker(id=number, pid=one.pid, **known)
        return one.pid

    def wake(self) -> None:
        """Start a successor for everybody who has ended, as a master does."""
        self.wakes += 1
        for number, worker in list(self.workers.items()):
            if os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                self.start(number)

    def hold(self, pid: int) -> Process | None:
        """Take hold of a worker."""
        try:
            self.held.append(Process(pid, "worker"))
        except ProcessLookupError:
            return None
        self.stack.callback(self.held[-1].let_go)
        return self.held[-1]

    def restart(self, why: str) -> str:
        """Note it, or refuse."""
        self.restarts.append(why)
        return self.no_restart

    @property
    def wished(self) -> int:
        """The pid in the wish."""
        path = self.folder / "recycle"
        return int(path.read_text()) if path.exists() else 0

    def turn_until(self, reached: Callable[[], object]) -> None:
        """Turn until something is so."""
        turn_until(self.poller, reached)


def timers(one: Service) -> int:
    """How many timers run."""
    return len(one.poller._timers)
