"""One init on stage: started as PID 1 of a namespace, watched, signalled, and always ended."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from benchmarks.inits.contenders import Contender, environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.inits.installed import Installed

START_DEADLINE_S = 30.0
END_DEADLINE_S = 20.0
_LOOK_S = 0.3  # how long a PID 1 that has ended is not noticed


class StageError(Exception):
    """What was waited for did not come; the message has the init's last words."""


class Ending(NamedTuple):
    """Exit code, or minus the signal, of PID 1; and when it could be waited for."""

    code: int
    at_ns: int


class Lines:
    """Lines from a descriptor, each waited for until a deadline."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rest = b""
        self._ready: list[list[str]] = []

    def next(self, timeout_s: float) -> list[str] | None:
        """The words of the next line; None: none came."""
        end = time.monotonic() + timeout_s
        while not self._ready:
            left_s = max(end - time.monotonic(), 0.0)
            if not select.select([self._fd], [], [], left_s)[0]:
                return None
            block = os.read(self._fd, 65536)
            if not block:
                return None
            *whole, self._rest = (self._rest + block).split(b"\n")
            self._ready += [line.decode().split() for line in whole]
        return self._ready.pop(0)

    def until(self, word: str, timeout_s: float) -> list[str] | None:
        """The rest of the next line that begins with a word; others are passed over."""
        end = time.monotonic() + timeout_s
        while (line := self.next(end - time.monotonic())) is not None:
            if line[0] == word:
                return line[1:]
        return None


class Staged:
    """A contender that runs the child in one of its modes; a context manager."""

    def __init__(
        self,
        tools: Installed,
        contender: Contender,
        mode: Sequence[str] = ("wait",),
        *,
        programs: int = 1,
        term_after_us: int | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="init-")
        self.folder = Path(self._scratch.name)
        self.contender = contender
        self._ending: Ending | None = None
        self._fifo_path = str(self.folder / "child")
        for name in (self._fifo_path, f"{self._fifo_path}.go"):
            os.mkfifo(name)
        # Read-write: neither we nor the child ever waits for the other to open it.
        self._fifo = os.open(self._fifo_path, os.O_RDWR | os.O_CLOEXEC)
        self._go = os.open(f"{self._fifo_path}.go", os.O_RDWR | os.O_CLOEXEC)
        self.child = Lines(self._fifo)
        one = list(command or (str(tools.child), self._fifo_path, *mode))
        full = contender.command(tools, self.folder, [one] * programs)
        self._log = (self.folder / "log").open("wb")
        term = [] if term_after_us is None else [str(term_after_us)]
        self._process = subprocess.Popen(
            [str(tools.stage), *term, "--", *full],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment(self.folder),
            cwd=self.folder,
        )
        assert self._process.stdout is not None
        self._report = Lines(self._process.stdout.fileno())
        try:
            number, self.begun_ns = map(int, self._said("started"))
            self.pid = number
            (self.exec_ns,) = map(int, self._said("exec"))
            self.sent_ns = int(self._said("sent")[0]) if term else 0
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _said(self, word: str) -> list[str]:
        words = self._report.until(word, START_DEADLINE_S)
        if words is None:
            raise self.error(f"the stage did not say {word!r}")
        return words

    def told(self, letter: str, timeout_s: float = START_DEADLINE_S) -> list[int]:
        """The numbers of the child's next line with this letter."""
        end = time.monotonic() + timeout_s
        while True:
            left_s = end - time.monotonic()
            ending = self.ended(0.0)  # before the last look: what was written before it is seen
            words = self.child.until(letter, 0.0 if ending else min(left_s, _LOOK_S))
            if words is not None:
                return [int(word) for word in words]
            if ending:
                raise self.error(f"no {letter!r}: PID 1 has ended with {ending.code}")
            if left_s <= 0:
                raise self.error(f"no {letter!r} from the child in {timeout_s:g} s")

    def go(self) -> None:
        """Let the child begin its burst."""
        os.write(self._go, b"g")

    def signal(self, number: int) -> int:
        """Signal PID 1; when, in ns."""
        at_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        os.kill(self.pid, number)
        return at_ns

    def ended(self, timeout_s: float = END_DEADLINE_S) -> Ending | None:
        """How PID 1 ended; None: it still runs."""
        if self._ending is None:
            words = self._report.until("ended", timeout_s)
            self._ending = None if words is None else Ending(*map(int, words[:2]))
        return self._ending

    def error(self, what: str) -> StageError:
        """With the end of what the init wrote."""
        text = (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-500:]
        return StageError(f"{what}; log: {text.strip()}" if text.strip() else what)

    def close(self) -> None:
        """Kill PID 1, and so all in its namespace, if it has not ended; remove the files."""
        if self._process.poll() is None:
            # The stage keeps the zombie until it is told, so the number is still ours.
            if hasattr(self, "pid") and self.ended(0.0) is None:
                os.kill(self.pid, signal.SIGKILL)
                self.ended()
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(END_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        assert self._process.stdout is not None
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None and not stream.closed:
                stream.close()
        for fd in (self._fifo, self._go):
            os.close(fd)
        self._scratch.cleanup()
