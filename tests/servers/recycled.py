"""A real uWSGI whose workers a Recycler lets go, without the rest of a keeper around it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self, cast

import pytest

from supervisor.config.plan import Plan
from supervisor.core.policy import Policy
from supervisor.front import recycling
from supervisor.recycle.policy import RecyclePolicy
from supervisor.runtime.fifo import Fifo
from supervisor.runtime.observer import Observer
from supervisor.runtime.output import Output
from supervisor.runtime.poller import Poller
from supervisor.runtime.process import Process
from supervisor.runtime.recycler import Recycler
from tests.cli.command import clean
from tests.ports import free_port
from tests.runtime.kept import APP, BIN, DEADLINE_S
from tests.runtime.turning import turn_until


class Recycled:
    """One uWSGI, ended with the context."""

    def __init__(self, folder: Path, *options: str, workers: int = 2, **limits: Any) -> None:
        self.poller = Poller(pytest.fail)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.log = folder / "log"
        self.url = f"http://127.0.0.1:{free_port()}"
        words = [str(BIN / "uwsgi"), "--master", "--http-socket", self.url.removeprefix("http://")]
        words += ["--listen", "100", "--wsgi-file", str(APP), "--processes", str(workers)]
        words += ["--master-fifo", f"{folder}/fifo", "--stats", f"{folder}/stats", *options]
        words += recycling.furnish(str(folder))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, env=clean(folder))
        self._stack = ExitStack()
        self._observer = Observer(self.poller, f"{folder}/stats", [])
        fifo = Fifo(f"{folder}/fifo")
        policy = RecyclePolicy(**{"least_age_s": 0.0, "cool_down_s": 0.0, **limits})
        plan = Plan(("a",), "/a", Policy(grace_s=1.0), run_dir=str(folder), recycle=policy)
        self.recycler = Recycler(
            self.poller,
            cast(Output, self),
            plan,
            look=self._observer.look,
            workers=lambda: self._observer.workers,
            generation=lambda: 1,
            held_off=lambda: "",
            wake_master=lambda: fifo.write("\n"),
            hold=self._hold,
            restart=lambda _why: "this is no keeper",
        )

    def event(self, event: str, **facts: Any) -> None:
        """What Output does."""
        self.events.append((event, facts))

    def told(self, event: str) -> list[dict[str, Any]]:
        """The facts of all events of this name."""
        return [facts for name, facts in self.events if name == event]

    @property
    def pids(self) -> dict[int, int]:
        """The workers that accept, as of the last look."""
        return {one.id: one.pid for one in self._observer.workers if one.accepting}

    def wait_ready(self, workers: int) -> None:
        """Look until so many workers accept."""

        def ready() -> bool:
            self._observer.look(lambda _look: None)
            return len(self.pids) == workers

        self.turn_until(ready)

    def wait_busy(self) -> int:
        """Look until a worker runs a request; return its number."""

        def busy() -> list[int]:
            self._observer.look(lambda _look: None)
            return [one.id for one in self._observer.workers if one.busy]

        self.turn_until(busy)
        return busy()[0]

    def turn_until(self, reached: Callable[[], object], within_s: float = DEADLINE_S) -> None:
        """Turn until something is so; the log tells why it is not."""
        try:
            turn_until(self.poller, reached, within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.events}\n{self.log.read_text()}") from None

    def recycle(self, worker: int | None = None, within_s: float = DEADLINE_S) -> None:
        """Wish for a worker, or all, and wait until the successors are ready."""
        wanted = len(self.told("recycled")) + (len(self.pids) if worker is None else 1)
        assert self.recycler.wish(worker) == ""
        self.turn_until(lambda: len(self.told("recycled")) == wanted, within_s)

    def _hold(self, pid: int) -> Process | None:
        try:
            process = Process(pid, "worker")
        except ProcessLookupError:
            return None
        self._stack.callback(process.let_go)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pids = [one.pid for one in self._observer.workers]
        self.process.kill()
        self.process.wait(DEADLINE_S)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        self._stack.close()
