"""A process's own files, variables and names, seen from outside: its root may not be ours."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path

MOST = 1 << 20  # bytes: a configuration, not a log
LINKS = 40  # as the kernel follows at most


class House:
    """What reading a configuration needs (servers/uwsgi/surroundings.py), behind its root."""

    def __init__(self, pid: int, environment: Mapping[str, str]) -> None:
        """Find its root and its folder; nothing is read yet."""
        self.environment = environment
        self._root = f"/proc/{pid}/root"
        self.hostname = environment.get("HOSTNAME", "")
        self.cwd = _seen(self._root, pid)

    def read(self, path: str) -> str:
        """Return a regular file's text, as much as is sensible; OSError."""
        fd = os.open(self._place(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with closing(os.fdopen(fd, encoding="utf-8", errors="surrogateescape", newline="")) as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise OSError(f"{path} is no file")
            return file.read(MOST)

    def kind(self, path: str) -> str:
        """Return "file", "dir", "link", "other" or "" (lstat(2))."""
        folder, _, name = self._absolute(path).rpartition("/")
        try:
            mode = Path(self._place(folder or "/"), name).lstat().st_mode
        except OSError:
            return ""
        known = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}
        return known.get(stat.S_IFMT(mode), "other")

    def outside(self, path: str) -> str:
        """Return where we find it."""
        return self._place(path)

    def real(self, path: str) -> str:
        """Return the path without links, as it is called inside."""
        return self._place(path)[len(self._root) :] or "/"

    def matches(self, pattern: str) -> list[str]:
        """Return the files of a folder whose names match; patterns in folders match one name."""
        found = [""]
        for part in self._absolute(pattern).strip("/").split("/"):
            if any(letter in part for letter in "*?["):
                names = [(one, name) for one in found for name in self._names(one)]
                found = [f"{one}/{name}" for one, name in names if fnmatch(name, part)]
            else:
                found = [f"{one}/{part}" for one in found]
        return sorted(one for one in found if self.kind(one))

    def _absolute(self, path: str) -> str:
        return path if path.startswith("/") else f"{self.cwd}/{path}"

    def _names(self, folder: str) -> list[str]:
        try:
            return [one.name for one in Path(self._place(folder or "/")).iterdir()]
        except OSError:
            return []

    def _place(self, path: str) -> str:
        """Follow links by hand: an absolute one means its root, not ours."""
        done: list[str] = []
        todo = self._absolute(path).split("/")[::-1]
        links = 0
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                continue
            place = "/".join((self._root, *done, part))
            try:
                target = str(Path(place).readlink()) if links < LINKS else ""
            except OSError:
                target = ""
            if not target:
                done.append(part)
                continue
            links += 1
            done = [] if target.startswith("/") else done
            todo += target.split("/")[::-1]
        return "/".join((self._root, *done))


def _seen(root: str, pid: int) -> str:
    """Return its working folder by the name that it has inside."""
    try:
        outside, place = str(Path(root).readlink()), str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return "/"
    return place[len(outside.rstrip("/")) :] or "/" if place.startswith(outside) else place
