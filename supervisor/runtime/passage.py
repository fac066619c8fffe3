"""Passage: a later generation's output on its way to ours, with its last lines remembered.

The first generation has our stdout itself, and PID 1 is not in its way. Of a later one we have to
tell why it did not start, so we must have seen what it said.
"""

from __future__ import annotations

import os
import select
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.runtime.poller import Poller

CHUNK = 65536
REMEMBERED = 8192  # bytes
LINES = 20
FLAGS = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Passage:
    """Two pipes, for stdout and stderr, that end in our own."""

    def __init__(self, poller: Poller, targets: tuple[int, int] = (1, 2)) -> None:
        """Make the pipes; OSError when there are no descriptors left."""
        self._poller = poller
        self._seen = b""
        self._pipes: dict[int, _Pipe] = {}
        self.stdout = self._pipe(targets[0])
        try:
            self.stderr = self._pipe(targets[1])
        except OSError:
            os.close(self.stdout)
            self.end()
            raise

    def open_for_them(self) -> None:
        """Close our copies of their ends, so that the last of theirs ends the pipe."""
        for fd in (self.stdout, self.stderr):
            os.close(fd)

    @property
    def last_lines(self) -> list[str]:
        """What was said last, at most 20 lines."""
        for pipe in list(self._pipes.values()):
            pipe.read()
        return self._seen.decode(errors="replace").splitlines()[-LINES:]

    def end(self) -> None:
        """Pass on what is left, and close."""
        for pipe in list(self._pipes.values()):
            pipe.flush()
            pipe.close()

    def _pipe(self, target: int) -> int:
        source, theirs = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(source, False)
        try:
            self._pipes[source] = _Pipe(self._poller, source, target, self._saw, self._closed)
        except OSError:
            os.close(source)
            os.close(theirs)
            raise
        return theirs

    def _saw(self, data: bytes) -> None:
        self._seen = (self._seen + data)[-REMEMBERED:]

    def _closed(self, source: int) -> None:
        self._pipes.pop(source, None)


class _Pipe:
    """One way; what can't be written yet is not read either, so they wait and not we.

    Whole lines go on, so that none of ours comes between; what never ends is passed on as it is.
    """

    def __init__(
        self,
        poller: Poller,
        source: int,
        target: int,
        saw: Callable[[bytes], None],
        closed: Callable[[int], None],
    ) -> None:
        self._poller, self._source, self._saw, self._closed = poller, source, saw, closed
        self._target, self._own = _opened_again(target)
        self._rest = b""
        self._line = b""  # has not ended yet
        poller.watch(source, self.read)

    def read(self) -> None:
        """Take what is there and pass it on."""
        while not self._rest:
            try:
                data = os.read(self._source, CHUNK)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._rest, self._line = self._line, b""
                self._write()
                self.close()
                return
            self._saw(data)
            data = self._line + data
            ends = data.rfind(b"\n") + 1 or (len(data) if len(data) >= CHUNK else 0)
            self._rest, self._line = data[:ends], data[ends:]
            self._write()

    def _write(self) -> None:
        try:
            while self._rest:
                self._rest = self._rest[self._put() :]
        except BlockingIOError:
            self._poller.forget(self._source)
            self._poller.watch(self._target, self._go_on, select.POLLOUT)
        except OSError:  # nobody reads it any more
            self._rest = b""

    def _put(self) -> int:
        if self._own:
            return os.write(self._target, self._rest)
        poll = select.poll()
        poll.register(self._target, select.POLLOUT)
        if not poll.poll(0):
            raise BlockingIOError
        return os.write(self._target, self._rest[: select.PIPE_BUF])

    def _go_on(self) -> None:
        self._poller.forget(self._target)
        self._poller.watch(self._source, self.read)
        self._write()
        self.read()

    def flush(self) -> None:
        """Pass on everything that is there, the line that has not ended included."""
        self.read()
        if self._source >= 0 and not self._rest:
            self._rest, self._line = self._line, b""
            self._write()

    def close(self) -> None:
        """Close our end, once."""
        if self._source < 0:
            return
        self._poller.forget(self._source)
        self._poller.forget(self._target)
        os.close(self._source)
        os.close(self._target)
        self._closed(self._source)
        self._source = -1


def _opened_again(target: int) -> tuple[int, bool]:
    """Open a descriptor's pipe for ourselves, without blocking; else a copy of it.

    A file never blocks, and its offset must stay the one that all share.
    """
    try:
        if stat.S_ISREG(os.fstat(target).st_mode):
            return os.dup(target), True
        return os.open(f"/proc/self/fd/{target}", FLAGS | os.O_APPEND), True
    except OSError:  # a socket, or none at all
        pass
    try:
        return os.dup(target), False
    except OSError:
        return os.open(os.devnull, FLAGS), True
