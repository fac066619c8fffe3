"""Watch: a file or a folder, for deploys by `touch`; looked at once a second.

A change is told once it has lasted for a second: who copies a release is not to be interrupted.
"""

from __future__ import annotations

import os
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from supervisor.runtime.poller import Poller

    Print = tuple[tuple[str, int, int], ...]

EVERY_S = 1.0
SHARE = 100  # so many times as long as a look takes
MOST = 20_000  # files below a folder


class Watch:
    """Calls `changed` after each change; what it returns False for is told again."""

    def __init__(self, poller: Poller, path: str, changed: Callable[[], bool]) -> None:
        """Remember how it is now; a path that is not there yet may come."""
        self._poller, self._path, self._changed = poller, path, changed
        self._told = self._seen = footprint(path)
        self._wait(0.0)

    def _wait(self, took_s: float) -> None:
        """Look again after a second; more seldom at a large folder: PID 1 has more to do."""
        self._poller.at(self, monotonic() + max(EVERY_S, SHARE * took_s), self._look)

    def _look(self) -> None:
        begun = monotonic()
        now, before = footprint(self._path), self._seen
        took_s = monotonic() - begun
        self._seen = now
        if now == before and now != self._told and self._changed():
            self._told = now
        self._wait(took_s)


def footprint(path: str) -> Print:
    """Return what tells a state of a file, or of all files below a folder, from another.

    Names that begin with a dot, and Python's caches, do not count.
    """
    return tuple(sorted(_marks(path)))


def _marks(path: str) -> Iterator[tuple[str, int, int]]:
    folders, count = [path], 0
    while folders and count < MOST:
        at = folders.pop()
        try:
            found = os.stat(at)
            yield at, found.st_mtime_ns, found.st_ino
            with os.scandir(at) as entries:
                for entry in entries:
                    if entry.name[0] == "." or entry.name == "__pycache__":
                        continue
                    count += 1
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                        continue
                    try:
                        mark = entry.stat()
                    except OSError:  # a link to nowhere
                        mark = entry.stat(follow_symlinks=False)
                    yield entry.path, mark.st_mtime_ns, mark.st_ino
        except OSError:  # a file, or gone meanwhile
            continue
