"""Looks at PostgreSQL: what its processes call themselves, and what its files say."""

from __future__ import annotations

import os

from supervisor.core.looks import Look
from supervisor.runtime.children import children_of
from supervisor.servers.postgres import control, pidfile, titles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.runtime.children import Children
    from supervisor.runtime.inquiry import Inquiry
    from supervisor.servers.uwsgi.stats import Worker


class Backends:
    """Looks at the children of the main process."""

    workers: tuple[Worker, ...] = ()
    turned_away = 0
    stats: str | None = None

    def __init__(self, data: str | None, children: Children, inquiry: Inquiry | None) -> None:
        """Nothing was seen yet; `inquiry` has to agree that it is ready."""
        self._data, self._children, self._inquiry = data, children, inquiry
        self.last = Look()

    def look(self, seen: Callable[[Look], None]) -> None:
        """Take a look, which is only reading, and call back with it."""
        main = self._children.main
        self.last = Look() if main is None else self._at(main.pid)
        if self._inquiry and self.last.ready:
            self.last = self.last.replace(ready=self._inquiry.look())
        seen(self.last)

    def _at(self, pid: int) -> Look:
        found = [title_of(child) for child in children_of(pid)]
        return titles.look(found, title_of(pid), ready=self._is_ready(pid, found))

    def _is_ready(self, pid: int, found: list[str]) -> bool:
        """Ask its own file; where that is not ours to read, one of its processes tells."""
        try:
            text = _read(f"{self._data or ''}/{pidfile.NAME}", pidfile.MOST).decode(
                errors="replace"
            )
        except FileNotFoundError:
            return False
        except OSError:
            return titles.serves(found)
        return pidfile.is_ready(text, pid)

    def leaving(self) -> int:
        """Nothing is on its way through us."""
        return 0


def title_of(pid: int) -> str:
    """Return a process's title; empty when it is gone."""
    try:
        return _read(f"/proc/{pid}/cmdline", titles.MOST).rstrip(b"\0").decode(errors="replace")
    except OSError:
        return ""


def cluster(data: str) -> str:
    """Return the state of a cluster that nobody serves any more, "unknown" where nobody can say."""
    try:
        return control.state(_read(f"{data}/{control.PATH}", control.SIZE))
    except OSError:
        return control.UNKNOWN


def _read(path: str, most: int) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, most)
    finally:
        os.close(fd)
