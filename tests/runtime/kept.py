"""A real `gracekeeper run` for tests: started, read line by line, stopped, always ended."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.ports import free_port

T = TypeVar("T")

BIN = Path(sys.executable).parent
GRACEKEEPER = (str(BIN / "gracekeeper"), "run")
APP = Path(__file__).parent / "app.py"
DEADLINE_S = 20.0
LOOK_EVERY_S = 0.05


class Kept:
    """One keeper and its service; leaving the context kills what is left of both."""

    def __init__(self, folder: Path, *command: str, **environment: str) -> None:
        self.folder = folder
        self.control = str(folder / "control.sock")
        self.lines: list[str] = []
        self.events: list[dict[str, Any]] = []
        self._news: queue.Queue[None] = queue.Queue()
        self.ended = float("inf")
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "GRACEKEEPER_CONTROL": self.control, **environment},
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The keeper's pid, which is the front's."""
        return self.process.pid

    def wait_for(self, event: str, **facts: object) -> dict[str, Any]:
        """Wait until the keeper has logged an event with these facts."""
        return self.wait_until(
            lambda: next((e for e in self.events if _is(e, event, facts)), None),
            f"event {event} {facts}",
        )

    def wait_for_line(self, part: str, deadline_s: float = DEADLINE_S) -> str:
        """Wait until a line with this in it was written, by anybody."""
        return self.wait_until(
            lambda: next((x for x in self.lines if part in x), None), repr(part), deadline_s
        )

    def wait_for_block(self, pid: int = 0) -> None:
        """Wait until the front has blocked signals: before that no Python program can hear any.

        SIGCHLD tells: `unshare --fork` blocks SIGTERM and SIGINT for a moment, too.
        """
        until = monotonic() + DEADLINE_S
        status = Path(f"/proc/{pid or self.pid}/status")
        while monotonic() < until:
            blocked = int(status.read_text().partition("SigBlk:")[2].split()[0], 16)
            if blocked & 1 << (signal.SIGCHLD - 1):
                return
        raise AssertionError("the front never blocked signals")

    def mute(self) -> None:
        """Close the reading end of the keeper's stdout."""
        assert self.process.stdout
        os.dup2(os.open(os.devnull, os.O_RDONLY), self.process.stdout.fileno())

    def fill_stdout(self) -> None:
        """Stop reading the keeper's stdout and fill the pipe to the brim."""
        self._reading = False
        fd = os.open(f"/proc/{self.pid}/fd/1", os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(fd, b"." * 4096 + b"\n")
        except BlockingIOError:
            os.close(fd)

    def ask(self, number: int = signal.SIGTERM) -> float:
        """Send a signal; returns the moment."""
        self.process.send_signal(number)
        return monotonic()

    def end(self, timeout: float = DEADLINE_S) -> int:
        """Wait for the keeper's end and return its exit code as a shell would see it."""
        with contextlib.suppress(ProcessLookupError):  # reaped already, by Popen.send_signal
            fd = os.pidfd_open(self.pid)  # Popen's own wait looks only now and then
            select.select([fd], [], [], timeout)
            os.close(fd)
        self.ended = monotonic()
        code = self.process.wait(1)
        self._reader.join(timeout)
        return code if code >= 0 else 128 - code

    @property
    def report(self) -> dict[str, Any]:
        """The report, which must be the last line that the keeper wrote."""
        assert self.events, self.text
        assert self.events[-1]["event"] == "report", self.text
        return self.events[-1]

    @property
    def text(self) -> str:
        """Everything that was written so far."""
        return "\n".join(self.lines)

    def wait_until(
        self, look: Callable[[], T | None], what: str, deadline_s: float = DEADLINE_S
    ) -> T:
        """Look whenever something was written, and now and then, until there is an answer."""
        until = monotonic() + deadline_s
        while True:
            found = look()
            if found is not None:
                return found
            if monotonic() > until:
                raise AssertionError(f"waited for {what} in vain:\n{self.text}")
            with contextlib.suppress(queue.Empty):
                self._news.get(timeout=LOOK_EVERY_S)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith('{"event"'):
                with contextlib.suppress(ValueError):
                    self.events.append(json.loads(line))
            self._news.put(None)
        self._news.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            for pid in (*descendants(self.pid), self.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        assert self.process.stdout
        self.process.stdout.close()


@contextlib.contextmanager
def serving(
    folder: Path,
    *options: str,
    mode: str = "http",
    workers: int = 2,
    host: str = "127.0.0.1",
    keep: tuple[str, ...] = (),
    command: tuple[str, ...] = GRACEKEEPER,
    wait: bool = True,
    **environment: str,
) -> Iterator[tuple[Kept, str]]:
    """Run the test's app on uWSGI; yields keeper and base URL when it is ready.

    `mode` is a NAME of `--listen`, "unix" for HTTP there, "ini-" and the ini's own option, or
    "ini-unix" for its `socket` on a path.
    """
    port = free_port(host)
    shown = f"[{host}]" if ":" in host else host
    lines = [
        "[uwsgi]",
        f"wsgi-file = {APP}",
        "master = true",
        "vacuum = true",
        f"processes = {workers}",
        f"pidfile = {folder}/uwsgi.pid",
        f"master-fifo = {folder}/fifo",
        *options,
    ]
    listen: tuple[str, ...] = ()
    url = f"http://{shown}:{port}"
    if mode == "unix":
        listen, url = ("--listen", f"http={folder}/app.sock"), f"unix:{folder}/app.sock"
    elif mode == "ini-unix":
        lines.append(f"socket = {folder}/app.sock")
        url = f"unix:{folder}/app.sock"
    elif mode.startswith("ini-"):
        lines.append(f"{mode[4:]} = {shown}:{port}")
    else:
        listen = ("--listen", f"{mode}={shown}:{port}")
    ini = folder / "uwsgi.ini"
    ini.write_text("\n".join(lines) + "\n")
    run = (*command, *keep, *listen, "--", "uwsgi", "--ini", str(ini))
    with Kept(folder, *run, **environment) as kept:
        if wait:
            kept.wait_for("ready")
        yield kept, url


def route(url: str, path: str) -> str:
    """The URL of a path, also where the base is a unix socket."""
    return f"{url}:{path}" if url.startswith("unix:") else url + path


def _is(event: dict[str, Any], name: str, facts: dict[str, object]) -> bool:
    return event["event"] == name and all(event.get(key) == value for key, value in facts.items())


def descendants(pid: int) -> list[int]:
    """All processes below one, the youngest first."""
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii")
            found += [int(word) for word in children.split()]
    return found[:0:-1]
