"""The memory of the cgroup that we are in: limit, use, and how much it hurts; v1 and v2.

Limits hold for everything below them, so the level counts that is nearest to its limit. File pages
that nobody has used lately are given back before anybody is killed: they are not counted as used
(Documentation/admin-guide/cgroup-v2.rst, memory.stat: inactive_file).
"""

from __future__ import annotations

import os

from supervisor.recycle.sample import CgroupSample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

UNLIMITED: Final = 1 << 62  # v1 writes the highest multiple of a page instead of "max"


class Cgroup:
    """Our own cgroup, found once: nobody moves a running container."""

    def __init__(self, root: str = "/") -> None:
        """Find it; `root` is where proc and sys lie."""
        self._root = root.rstrip("/")
        self.version, self.levels = self._find()

    def sample(self) -> CgroupSample | None:
        """Read it now; None when nothing tells how much is used."""
        read = _read_v2 if self.version == 2 else _read_v1
        found = [sample for level in self.levels if (sample := read(level))]
        if not found:
            return None
        tightest = min(found, key=lambda one: float("inf") if one.left is None else one.left)
        return tightest.replace(pressure=_pressure(self.levels[0]))

    def _find(self) -> tuple[int, tuple[str, ...]]:
        """Return the version and the folders from our own level up to the mount (cgroups(7))."""
        paths = self._paths()
        for version in (1, 2):
            if version in paths:
                for place, top in self._mounts(version):
                    levels = _levels(f"{self._root}{place}", paths[version], top)
                    if version == 1 or os.path.exists(f"{levels[0]}/memory.stat"):
                        return version, levels
        return 0, ()

    def _paths(self) -> dict[int, str]:
        """Return our path by version; v1 is there only if it has the memory controller."""
        found = {}
        for line in _text(f"{self._root}/proc/self/cgroup").splitlines():
            number, _, rest = line.partition(":")
            controllers, _, path = rest.partition(":")
            if "memory" in controllers.split(","):
                found[1] = path
            elif number == "0" and not controllers:
                found[2] = path
        return found

    def _mounts(self, version: int) -> list[tuple[str, str]]:
        """Return (mount point, what of the hierarchy is there) of this version."""
        found = []
        for line in _text(f"{self._root}/proc/self/mountinfo").splitlines():
            fields, _, about = (part.split(" ") for part in line.partition(" - "))
            kind, options = about[0], about[-1].split(",")
            own = kind == "cgroup" and "memory" in options if version == 1 else kind == "cgroup2"
            if own:
                found.append((_plain(fields[4]), _plain(fields[3])))
        return found


def _levels(mount: str, path: str, top: str) -> tuple[str, ...]:
    """Return the folders of our own level and those above it, as far as they can be seen.

    Without a cgroup namespace the path is the host's, and the mount begins somewhere along it.
    """
    below = path[len(top.rstrip("/")) :] if f"{path}/".startswith(f"{top.rstrip('/')}/") else ""
    names = [name for name in below.split("/") if name]
    if ".." in names:  # we are outside of what our namespace shows
        names = []
    return tuple("/".join((mount, *names[:count])) for count in range(len(names), -1, -1))


def _read_v2(level: str) -> CgroupSample | None:
    used = _number(f"{level}/memory.current")
    if used is None:
        return None
    limit = _number(f"{level}/memory.max")  # "max" is no number, the top has no such file
    return CgroupSample(limit, max(used - _idle_file(level, "inactive_file"), 0))


def _read_v1(level: str) -> CgroupSample | None:
    used = _number(f"{level}/memory.usage_in_bytes")
    if used is None:
        return None
    limit = _number(f"{level}/memory.limit_in_bytes")
    known = limit if limit is not None and limit < UNLIMITED else None
    return CgroupSample(known, max(used - _idle_file(level, "total_inactive_file"), 0))


def _idle_file(level: str, field: str) -> int:
    for line in _text(f"{level}/memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name == field:
            return int(value)
    return 0


def _pressure(level: str) -> float | None:
    """Return the share of time, in percent, in which some task waited for memory (PSI)."""
    for line in _text(f"{level}/memory.pressure").splitlines():
        if line.startswith("some avg10="):
            return float(line.split()[1].partition("=")[2])
    return None


def _number(path: str) -> int | None:
    try:
        return int(_text(path))
    except ValueError:
        return None


def _plain(field: str) -> str:
    """Undo what mountinfo does to spaces (proc(5))."""
    return field.replace("\\040", " ")


def _text(path: str) -> str:
    """Return a file's text, nothing when it can't be read: what is missing is not there."""
    try:
        with open(path, encoding="ascii", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""
