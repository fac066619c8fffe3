"""What somebody else runs, as a site: it is stopped by a command, and seen at its URL alone."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from supervisor.drill.outcome import End, Phase
from supervisor.drill.site import Order
from supervisor.drill.sites import place
from supervisor.errors import CommandError, GracekeeperError, UsageError
from supervisor.ops.masking import masked_line

if TYPE_CHECKING:
    from supervisor.drill.tls import Trust

GRACE_S: Final = 60.0  # for the command and for the end; nobody is killed after it
EVERY_S: Final = 0.02
LINES: Final = 50
MOST_BYTES: Final = 1 << 16
ACTIONS: Final = ("stop", "restart")
HIDDEN: Final = "its exit code, its processes and its log: it is seen at its URL alone"


class CommandSite:
    """A URL, and a command after which nobody answers there, or somebody does again."""

    def __init__(
        self, stop_command: str, url: str, *, path: str = "/", trust: Trust | None = None
    ) -> None:
        """Take a command as one would type it; no shell reads it. UsageError when it can't be."""
        try:
            self._command = shlex.split(stop_command)
        except ValueError as error:
            raise UsageError(f"cannot read the stop command: {error}. Close its quotes.") from None
        if not self._command:
            raise UsageError("cannot stop anything: the stop command is empty. Name one.")
        self._url, self._path = place.base_of(url), path
        self._context = place.trusted(url, trust)
        self._lines: deque[str] = deque(maxlen=LINES)

    @property
    def name(self) -> str:
        return self._url

    def up(self) -> None:
        if not self._answers():
            raise GracekeeperError(
                f"cannot drill {self._url}: nobody answers at {self._url}{self._path}. Start it"
                " first; it is not brought up here."
            )

    def base(self) -> str:
        return self._url

    def take(self, order: Order) -> End:
        if order.action not in ACTIONS:
            raise UsageError(
                f"cannot {order.action} by a command: whether it was done can't be seen. Only"
                " stop and restart can."
            )
        grace_s = GRACE_S if order.grace_s is None else order.grace_s
        began = time.monotonic()
        wrong = self._run(grace_s)
        told_s = time.monotonic() - began
        if not wrong:
            wrong = self._await_end(order.action, began + grace_s)
        over = time.monotonic()
        seconds = round(over - began, 3)
        return End(
            exit_code=None,
            seconds=seconds,
            wrong=wrong,
            phases=(Phase("stopping", 0.0, round(told_s, 3)), Phase("ending", told_s, seconds)),
            log=self.log(),
            hidden=(HIDDEN,),
            grace_s=grace_s,
            asked_at=began,
            over_at=over,
        )

    def _answers(self) -> bool:
        return place.answers(self._url, self._path, context=self._context)

    def log(self) -> tuple[str, ...]:
        """Return what the command said."""
        return tuple(masked_line(line) for line in self._lines)

    def down(self) -> None:
        """Leave everything as it is: nothing was brought up."""

    def _run(self, within_s: float) -> str:
        """Run the command; return why it failed, or nothing.

        Its output goes to a file: a pipe would have to be read until whatever it starts has ended.
        """
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                raise _unstarted(self._command[0], error) from None
            try:
                code = process.wait(within_s)
                wrong = f"the stop command ended with {code}" if code else ""
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                wrong = f"the stop command had not returned after {within_s:g} s, and was killed"
            said.seek(0)
            self._lines.extend(said.read(MOST_BYTES).decode(errors="replace").splitlines())
        return wrong

    def _await_end(self, action: str, until: float) -> str:
        """Wait until nobody answers, or after a restart until somebody does."""
        wanted = action == "restart"
        while self._answers() is not wanted:
            if time.monotonic() >= until:
                return (
                    "nobody answers" if wanted else "somebody still answers"
                ) + " after the grace period"
            time.sleep(EVERY_S)
        return ""


def _unstarted(command: str, error: OSError) -> CommandError:
    return CommandError(
        f"cannot run {command}: {error.strerror}. Give a stop command that can be executed; for a"
        " shell's syntax, `sh -c '...'`.",
        127 if isinstance(error, FileNotFoundError) else 126,
    )
