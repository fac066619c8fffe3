"""One supervisor of several services, as a process of this machine; nothing of it outlives us."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from benchmarks.inits import processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

DEADLINE_S = 120.0
_KEPT = 50  # lines, for what has to be explained


class RunError(Exception):
    """A supervisor did not do what is measured."""


class Run:
    """A supervisor; `output`: who reads what it says, by default we do, for its events."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        output: int | None = None,
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self._news = threading.Condition()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "GRACEKEEPER_CONTROL": str(folder / "control.sock")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT,
        )
        self.pidfd = os.pidfd_open(self.process.pid)
        if output is None:
            threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self.process.pid

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._news:
                self.lines = [*self.lines[1 - _KEPT :], line.decode(errors="replace").rstrip()]
                if line.startswith(b'{"event"'):
                    self.events.append(json.loads(line))
                self._news.notify_all()

    def wait_for(self, event: str, service: str) -> float:
        """When it logged this, on its own clock."""
        with self._news:
            self._news.wait_for(lambda: self.moment(event, service), DEADLINE_S)
            found = self.moment(event, service)
        if found is None:
            raise RunError(f"no {event} of {service}: {self.words}")
        return found

    def moment(self, event: str, service: str) -> float | None:
        """The time of an event, if it was logged."""
        wanted = (event, service)
        return next(
            (one["time"] for one in self.events if (one["event"], one.get("service")) == wanted),
            None,
        )

    def end(self) -> tuple[int, float]:
        """Send TERM; its exit code, as a shell tells it, and how long it took."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.ended(), time.monotonic() - asked

    def ended(self) -> int:
        """Wait for its end, which it was asked for; its exit code, as a shell tells it."""
        if not select.select([self.pidfd], [], [], DEADLINE_S)[0]:
            raise RunError(f"it did not end in {DEADLINE_S:g} s: {self.words or 'it says nothing'}")
        code = self.process.wait()
        return code if code >= 0 else 128 - code

    @property
    def words(self) -> str:
        """What it said last."""
        return " / ".join(self.lines[-3:])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for pid in processes.family(self.pid) if self.process.poll() is None else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.pidfd)
