"""Log lines on stdout that can never hold PID 1 up.

stdout is shared with the service, so it can't be made non-blocking for us alone; the same pipe or
file opened again can. Where that is impossible, a line is written only when there is room. What
can't be written is dropped and counted; a closed stdout is not an error.
"""

from __future__ import annotations

import os
import select
import stat
from time import localtime, monotonic, strftime, time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from supervisor.runtime.outlet import Outlet

FLAGS = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Output:
    """Writes events as JSON lines, or as text for a person."""

    def __init__(self, log_format: str, fd: int = 1) -> None:
        """Open stdout again, for ourselves."""
        self._format, self._own = log_format, False
        self._fd = fd
        self.dropped = 0
        self._outlet: Outlet | None = None
        try:
            kind = os.fstat(fd).st_mode
            if stat.S_ISREG(kind):  # never blocks, and must share the service's file offset
                self._own = True
            elif not stat.S_ISSOCK(kind):
                self._fd = os.open(f"/proc/self/fd/{fd}", FLAGS)
                self._own = True
        except OSError:
            return

    def join(self, outlet: Outlet) -> None:
        """Write through an outlet from now on: others' lines go there, and none is to be torn."""
        self._outlet = outlet

    def event(self, event: str, **facts: Any) -> None:
        """Write one line, if any is wanted; never blocks, never raises."""
        if self._format != "none":
            self.line(self.render(event, facts))

    def tell(self, text: str) -> None:
        """Write a line in other words than ours, whatever the format."""
        self.line(text)

    def render(self, event: str, facts: dict[str, Any]) -> str:
        """Return the line for an event: JSON, or time, event and facts for a person."""
        now = time()
        if self._format == "json":
            from supervisor.runtime import leanjson

            return leanjson.dumps({"event": event, "time": round(now, 3), **facts})
        clock = f"{strftime('%H:%M:%S', localtime(now))}.{int(now % 1 * 1000):03}"
        shown = "  ".join(f"{name}={_plain(value)}" for name, value in facts.items() if value != "")
        return f"{clock} gracekeeper  {event:<9} {shown}".rstrip()

    def line(self, text: str, patience_s: float = 0.0) -> None:
        """Write one line; wait for room up to `patience_s`."""
        rest = text.encode(errors="backslashreplace") + b"\n"
        if self._outlet:
            self._outlet.drain(patience_s)
            if self._outlet.full:
                self.dropped += 1
            else:
                self._outlet.put(rest)
                self._outlet.drain(patience_s)
            return
        until = monotonic() + patience_s
        while rest:
            try:
                rest = rest[self._write(rest) :]
                continue
            except BlockingIOError:
                pass
            except OSError:
                break
            if monotonic() >= until or not self._room(until - monotonic()):
                break
        self.dropped += bool(rest)

    def _write(self, data: bytes) -> int:
        if not self._own:
            if not self._room(0):
                raise BlockingIOError
            data = data[: select.PIPE_BUF]
        return os.write(self._fd, data)

    def _room(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        return bool(poll.poll(max(0.0, seconds) * 1000))


class Named(Output):
    """The same output, with a service's name in every event."""

    def __init__(self, output: Output, service: str, quiet: tuple[str, ...] = ()) -> None:
        """Write where `output` does; events that are `quiet` are not worth a line."""
        self._output, self._service, self._quiet = output, service, quiet

    def event(self, event: str, **facts: Any) -> None:
        """Write one line that tells whose news it is."""
        if event not in self._quiet:
            self._output.event(event, service=self._service, **facts)

    def line(self, text: str, patience_s: float = 0.0) -> None:
        """Write one line."""
        self._output.line(text, patience_s)


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = printable(str(value))
    return repr(text) if " " in text else text


def printable(text: str) -> str:
    """Return a text that can't end a line or steer a terminal: paths in it come from clients."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)
