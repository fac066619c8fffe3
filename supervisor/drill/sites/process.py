"""A plain process as a site: COMMAND in a session of its own, its output caught."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Final

from supervisor.core.phases import STARTING, STOPPING
from supervisor.drill.outcome import End, Phase
from supervisor.drill.site import READY_WITHIN_S, Order
from supervisor.drill.sites import place
from supervisor.drill.sites.family import Family
from supervisor.drill.sites.uninterrupted import uninterrupted
from supervisor.errors import CommandError, GracekeeperError, UsageError
from supervisor.ops.causes.cause import LIKELY, Cause
from supervisor.ops.causes.reported import of_report
from supervisor.ops.masking import masked_line
from supervisor.ops.ownreport import report_in, unread

if TYPE_CHECKING:
    from supervisor.drill.tls import Trust

KILL, TERM = signal.SIGKILL, signal.SIGTERM
GRACE_S: Final = 10.0
LINES: Final = 200
LAST_S: Final = 1.0  # for the last lines, when all that could write has ended
KILLED_S: Final = 20.0
KILL_PHASES: Final = ("", STARTING, "serving", STOPPING)


class ProcessSite:
    """A command that serves at a URL; whoever outlives it in its session is ended with it."""

    def __init__(
        self,
        command: Sequence[str],
        url: str,
        *,
        path: str = "/",
        variables: Mapping[str, str] | None = None,
        folder: str | None = None,
        trust: Trust | None = None,
        ready_within_s: float = READY_WITHIN_S,
    ) -> None:
        """Take a command and where it will answer; `variables` are added to ours."""
        if not command:
            raise UsageError("cannot drill a process: no command is given. Add it after `--`.")
        self._command, self._url, self._path = tuple(command), place.base_of(url), path
        self._context, self._ready_within_s = place.trusted(url, trust), ready_within_s
        self._variables, self._folder = dict(variables or {}), folder
        self._process: subprocess.Popen[bytes] | None = None
        self._pidfd = -1
        self._reader: threading.Thread | None = None
        self._lines: deque[str] = deque(maxlen=LINES)

    @property
    def name(self) -> str:
        return self._command[0].rpartition("/")[2]

    @property
    def pid(self) -> int:
        """Return its process id; 0 while it does not run."""
        return self._process.pid if self._process else 0

    def up(self) -> None:
        if self._process is None:
            if place.status(self._url, self._path, context=self._context) is not None:
                raise GracekeeperError(
                    f"cannot start {self.name}: somebody answers at {self._url} already. Stop that"
                    " first, or use another port."
                )
            self._start()
        self._ready()

    def _ready(self) -> None:
        """Wait until it answers; who gives up, and who interrupts, leaves no process."""
        try:
            urls, within_s = (self._url,), self._ready_within_s
            place.wait_for(lambda: urls, self._path, self._over, within_s, self._context, self.log)
        except BaseException:
            self.down()
            raise

    def base(self) -> str:
        return self._url

    def take(self, order: Order) -> End:
        process = self._process
        if process is None:
            raise GracekeeperError(f"cannot {order.action} {self.name}: it does not run.")
        if why := self._over():  # the order would get the credit for an end that was its own
            raise GracekeeperError(
                f"cannot {order.action} {self.name}: {why}. Find out why it ends by itself."
            )
        number = order.signal or int(TERM)
        grace_s = GRACE_S if order.grace_s is None else order.grace_s
        if order.action == "recycle":
            raise UsageError(
                "cannot recycle a plain process: whether its workers were replaced can't be seen."
                " Run it in a container, or stop it."
            )
        if order.action == "kill":
            return self._killed(order, number)
        end = self._stopped(number, grace_s)
        if order.action == "restart":
            return self._again(end)
        return end

    def log(self) -> tuple[str, ...]:
        return tuple(masked_line(line) for line in tuple(self._lines))

    def down(self) -> None:
        """End whatever is left of it."""
        if self._process is not None:
            family = Family(self._process.pid)
            self._signal(KILL)
            self._collect(family, KILLED_S)

    def _start(self) -> None:
        """Start it; who is interrupted meanwhile leaves no process."""
        try:
            self._begin()
        except BaseException:
            self.down()
            raise

    @uninterrupted()
    def _begin(self) -> None:
        self._lines.clear()
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._variables},
                cwd=self._folder,
                start_new_session=True,
            )
        except OSError as error:
            code = 127 if isinstance(error, FileNotFoundError) else 126
            raise CommandError(
                f"cannot start {self._command[0]}: {error.strerror}. Give a command that can be"
                " executed.",
                code,
            ) from None
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._process = process
        self._pidfd = os.pidfd_open(process.pid)
        self._reader = threading.Thread(
            target=self._read, args=(process.stdout,), name="drill log", daemon=True
        )
        self._reader.start()

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self._lines.append(line.rstrip(b"\r\n").decode(errors="replace"))

    def _stopped(self, number: int, grace_s: float) -> End:
        """Ask it to end; kill it when its grace period is over."""
        family = Family(self.pid)
        foretold = family.forecast(number, grace_s)
        began = time.monotonic()
        self._signal(number)
        ended = self._ended(grace_s)
        over = time.monotonic()
        killed_s = round(over - began, 3)
        if not ended:
            family.look()
            self._signal(KILL)
            self._ended(KILLED_S)
            over = time.monotonic()
        seconds = round(over - began, 3)
        code, left = self._collect(family, KILLED_S)
        phases = [Phase("stopping", 0.0, killed_s)]
        if not ended:
            phases.append(Phase("reaping", killed_s, seconds))
        report = None if not ended else report_in(tuple(self._lines))
        return End(
            exit_code=code,
            seconds=seconds,
            killed=not ended,
            phases=tuple(phases),
            cause=of_report(report) if report else _cause(foretold, grace_s, killed=not ended),
            log=self.log(),
            report=report,
            hidden=tuple(unread(tuple(self._lines))),
            signal=number,
            grace_s=grace_s,
            left=left,
            asked_at=began,
            over_at=over,
        )

    def _killed(self, order: Order, number: int) -> End:
        if order.phase not in KILL_PHASES:
            known = ", ".join(one for one in KILL_PHASES if one)
            raise UsageError(
                f"cannot kill {self.name} in its phase {order.phase}: there are {known}."
            )
        if order.phase == STARTING:
            self.down()
            self._start()
        family = Family(self.pid)
        began = time.monotonic()
        if order.phase == STOPPING:
            self._signal(number)
        wrong = "" if not self._ended(0) else "it ended before it could be killed"
        self._signal(KILL)
        self._ended(KILLED_S)
        over = time.monotonic()
        code, left = self._collect(family, KILLED_S)
        return End(
            exit_code=code,
            seconds=round(over - began, 3),
            wrong=wrong,
            log=self.log(),
            signal=int(KILL),
            grace_s=0.0,
            left=left,
            asked_at=began,
            over_at=over,
        )

    def _again(self, end: End) -> End:
        """Start it anew: that is what a restart of a process comes to."""
        began = time.monotonic()
        self._start()
        self._ready()
        over = time.monotonic()
        seconds = round(end.seconds + over - began, 3)
        starting = Phase("starting", end.seconds, seconds)
        return replace(end, seconds=seconds, phases=(*end.phases, starting), over_at=over)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def _ended(self, within_s: float) -> bool:
        waiting = select.poll()
        waiting.register(self._pidfd, select.POLLIN)
        return bool(waiting.poll(within_s * 1000))

    def _collect(self, family: Family, within_s: float) -> tuple[int, tuple[str, ...]]:
        """End those that outlived it, and let go of everything; its code as a shell tells it."""
        process, reader = self._process, self._reader
        assert process is not None  # noqa: S101 - whoever calls has looked
        assert reader is not None  # noqa: S101
        self._ended(within_s)
        left = family.end()
        try:
            code = process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise GracekeeperError(
                f"cannot end {self.name} (pid {process.pid}): not even KILL has, within"
                f" {within_s:g} s. Look at its storage."
            ) from None
        reader.join(LAST_S)
        os.close(self._pidfd)
        self._process, self._reader, self._pidfd = None, None, -1
        return (code if code >= 0 else 128 - code), left

    def _over(self) -> str:
        if self._process is None or not self._ended(0):
            return ""
        if self._reader:
            self._reader.join(LAST_S)
        return f"{self.name} ended with {self._code()}{place.last(self.log())}"

    def _code(self) -> int:
        """Return its code as a shell tells it, and leave it to be waited for."""
        found = os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED | os.WNOWAIT)
        assert found is not None  # noqa: S101 - it has ended
        return found.si_status + (0 if found.si_code == os.CLD_EXITED else 128)


def _cause(foretold: tuple[str, str] | None, grace_s: float, *, killed: bool) -> Cause | None:
    """Return why the grace period was over, as it could be foreseen; else nothing is known."""
    if not killed:
        return None
    why, fix = foretold or ("it did not end", "")
    told = f"The grace period of {grace_s:g} s ran out, and it was killed: {why}."
    return Cause("grace-over", told, fix, LIKELY)
