"""What makes a server's workers fresh: a command, a FIFO, or a signal to PID 1."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FIFO_DEADLINE_S = 5.0
_LOOK_S = 0.005


class Trigger:
    """To be pulled once. `tells`: whether it says in the end what became of it."""

    def __init__(self, words: tuple[str, ...], tmp: Path, pid: int, path: str) -> None:
        self._kind, *self._words = words
        self._tmp, self._pid, self._path = tmp, pid, path
        self._asked: subprocess.Popen[str] | None = None

    @property
    def tells(self) -> bool:
        """Only a command has an exit code."""
        return self._kind == "run"

    def pull(self) -> None:
        """Ask; return at once. Raises OSError if there is nobody to ask."""
        if self._kind == "run":
            command = [word.replace("{tmp}", str(self._tmp)) for word in self._words]
            self._asked = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                env={"PATH": self._path, "LANG": "C.UTF-8"},
            )
        elif self._kind == "fifo":
            self._write()
        else:
            os.kill(self._pid, signal.Signals[f"SIG{self._words[0]}"])

    def trouble(self, deadline_s: float, *, expected: int) -> str:
        """Wait for its end; return what is wrong with the exit code, or nothing."""
        if self._asked is None:
            return ""
        try:
            _, said = self._asked.communicate(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            self._asked.kill()
            self._asked.communicate()
            return f"{' '.join(self._words[:2])} has not ended within {deadline_s:g} s"
        if self._asked.returncode == expected:
            return ""
        last = said.strip().splitlines()[-1:] or ["nothing"]
        return f"{' '.join(self._words[:2])} ended with {self._asked.returncode}: {last[0]}"

    def _write(self) -> None:
        """Write to the master FIFO; uWSGI makes it anew after each writer, so it may be missing."""
        end_at = time.monotonic() + _FIFO_DEADLINE_S
        while True:
            try:
                fd = os.open(self._tmp / "fifo", os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                if time.monotonic() > end_at:
                    raise
                time.sleep(_LOOK_S)
            else:
                os.write(fd, self._words[0].encode())
                os.close(fd)
                return
