"""Passage: a service's output on its way to ours, with its last lines remembered.

The first generation of a service that is alone has our stdout itself, and PID 1 is not in its way.
Of a later one we have to tell why it did not start, so we must have seen what it said; and of
several services, lines are told apart by who wrote them.
"""

from __future__ import annotations

import os

from supervisor.runtime.outlet import Outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.runtime.outlet import Outlets
    from supervisor.runtime.poller import Poller

    Form = Callable[[bytes, str], bytes]  # of whole lines, and the stream that they came by

CHUNK = 65536
MOST_AT_ONCE = 16  # chunks, of somebody who never stops, at the end
REMEMBERED = 8192  # bytes
LINES = 20
STREAMS = ("stdout", "stderr")


class Passage:
    """Two pipes, for stdout and stderr, that end in our own."""

    def __init__(
        self,
        poller: Poller,
        targets: tuple[int, int] = (1, 2),
        outlets: Outlets | None = None,
        form: Form | None = None,
    ) -> None:
        """Make the pipes; OSError when there are no descriptors left.

        `outlets` are shared with others; without them, `targets` are opened for this one alone.
        """
        self._poller, self._form = poller, form
        self._seen = b""
        self._pipes: dict[int, _Pipe] = {}
        self._own: list[Outlet] = []
        if outlets is None:
            outlets = (Outlet(poller, targets[0]), Outlet(poller, targets[1]))
            self._own = list(outlets)
        ends: list[int] = []
        try:
            for outlet, stream in zip(outlets, STREAMS, strict=True):
                ends.append(self._pipe(outlet, stream))
        except OSError:
            for fd in ends:
                os.close(fd)
            self.end()
            raise
        self.stdout, self.stderr = ends

    def open_for_them(self) -> None:
        """Close our copies of their ends, so that the last of theirs ends the pipe."""
        for fd in (self.stdout, self.stderr):
            os.close(fd)

    @property
    def last_lines(self) -> list[str]:
        """What was said last, at most 20 lines."""
        for pipe in list(self._pipes.values()):
            pipe.read_all()
        return self._seen.decode(errors="replace").splitlines()[-LINES:]

    def let_go(self) -> None:
        """Pass on what is there; who else has our pipe may go on, until it closes it."""
        for pipe in list(self._pipes.values()):
            pipe.read_all()

    def give_to(self, uid: int) -> None:
        """Let a user open its ends again by their names (/dev/stdout)."""
        for fd in (self.stdout, self.stderr):
            os.fchown(fd, uid, -1)

    def end(self) -> None:
        """Pass on what is left, and close."""
        for pipe in list(self._pipes.values()):
            pipe.flush()
            pipe.close()
        for outlet in self._own:
            outlet.close()
        self._own = []

    def _pipe(self, outlet: Outlet, stream: str) -> int:
        source, theirs = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(source, False)
        form = self._form

        def put(lines: bytes) -> None:
            outlet.put(form(lines, stream) if form else lines)

        pipe = _Pipe(self._poller, source, outlet, put, whole=form is not None)
        pipe.saw, pipe.closed = self._saw, self._closed
        self._pipes[source] = pipe
        return theirs

    def _saw(self, data: bytes) -> None:
        self._seen = (self._seen + data)[-REMEMBERED:]

    def _closed(self, source: int) -> None:
        self._pipes.pop(source, None)


class _Pipe:
    """One way; while its outlet is full nothing is read either, so the writers wait and not we.

    Whole lines go on, so that none of ours comes between. What never ends is passed on as it is,
    or, if lines have to be `whole`, in pieces.
    """

    saw: Callable[[bytes], None]
    closed: Callable[[int], None]

    def __init__(
        self,
        poller: Poller,
        source: int,
        outlet: Outlet,
        put: Callable[[bytes], None],
        *,
        whole: bool,
    ) -> None:
        self._poller, self._source, self._outlet = poller, source, outlet
        self._put, self._whole = put, whole
        self._line = b""  # has not ended yet
        self._waits = False
        poller.watch(source, self.read)

    def read(self) -> None:
        """Take a chunk and pass it on, if there is room.

        One only, and then others have their turn: who never stops talking is not all that we hear.
        """
        if not self._outlet.full:
            self._take()
        if self._source >= 0 and self._outlet.full and not self._waits:
            self._waits = True
            self._poller.forget(self._source)
            self._outlet.wait(self._go_on)

    def _take(self) -> bool:
        """Pass one chunk on; False when there is none."""
        if self._source < 0:
            return False
        try:
            data = os.read(self._source, CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._last()
            self.close()
            return False
        self.saw(data)
        self._pass_on(self._line + data if self._line else data)
        return True

    def _pass_on(self, data: bytes) -> None:
        ends = data.rfind(b"\n") + 1
        if not ends and len(data) >= CHUNK:
            data += b"\n" if self._whole else b""
            ends = len(data)
        self._line = data[ends:]
        if ends:
            self._put(data[:ends])

    def _last(self) -> None:
        """Pass on a line that has no end."""
        line, self._line = self._line, b""
        if line:
            self._put(line + b"\n" if self._whole else line)

    def _go_on(self) -> None:
        self._waits = False
        if self._source >= 0:
            self._poller.watch(self._source, self.read)
            self.read()

    def read_all(self) -> None:
        """Pass on everything that is there."""
        for _ in range(MOST_AT_ONCE):
            if not self._take():
                break

    def flush(self) -> None:
        """The same, and the line that has not ended."""
        self.read_all()
        self._last()

    def close(self) -> None:
        """Close our end, once."""
        if self._source < 0:
            return
        self._poller.forget(self._source)
        os.close(self._source)
        source, self._source = self._source, -1
        self.closed(source)
