"""The cgroup of a process: memory, kills for want of it, and how many processes (v1 and v2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from supervisor.core.record import Record

UNLIMITED = 1 << 60  # v1 writes the highest multiple of a page


class Memory(Record):
    """Bytes and counts; None where nothing tells, or there is no limit."""

    used: int | None = None
    limit: int | None = None
    kills: int | None = None
    tasks: int | None = None
    most_tasks: int | None = None
    version: int = 0


def of(pid: int) -> Memory | None:
    """Read the cgroup that a process is in; None when it can't be seen."""
    paths = _paths(pid)
    for controllers, folder in _mounts(paths):
        if controllers == "memory":
            return _v1(folder, next((f for c, f in _mounts(paths) if c == "pids"), None))
    unified = next((folder for c, folder in _mounts(paths) if not c), None)
    return _v2(unified) if unified and (unified / "memory.current").exists() else None


def _paths(pid: int) -> dict[str, str]:
    """Return the process's path by controller; v2's has no name (cgroups(7))."""
    found: dict[str, str] = {}
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return {}
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        found |= dict.fromkeys(controllers.split(","), path)
    return found


def _mounts(paths: dict[str, str]) -> Iterator[tuple[str, Path]]:
    """Return (controller, folder) for each hierarchy that is mounted here."""
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        fields, _, about = (part.split(" ") for part in line.partition(" - "))
        if about[0] not in ("cgroup", "cgroup2"):
            continue
        names = [""] if about[0] == "cgroup2" else about[-1].split(",")
        for name in names:
            if name in paths:
                top = fields[3].rstrip("/")
                inside = f"{paths[name]}/".startswith(f"{top}/")
                below = paths[name][len(top) :] if inside else ""
                yield name, Path(fields[4]) / below.strip("/").replace("..", "")


def _v1(memory: Path, pids: Path | None) -> Memory:
    limit = _number(memory / "memory.limit_in_bytes")
    return Memory(
        used=_number(memory / "memory.usage_in_bytes"),
        limit=None if limit is None or limit > UNLIMITED else limit,
        kills=_field(memory / "memory.oom_control", "oom_kill"),
        tasks=_number(pids / "pids.current") if pids else None,
        most_tasks=_number(pids / "pids.max") if pids else None,
        version=1,
    )


def _v2(folder: Path) -> Memory:
    return Memory(
        used=_number(folder / "memory.current"),
        limit=_number(folder / "memory.max"),
        kills=_field(folder / "memory.events", "oom_kill"),
        tasks=_number(folder / "pids.current"),
        most_tasks=_number(folder / "pids.max"),
        version=2,
    )


def _number(path: Path) -> int | None:
    """Return a number; "max" is none."""
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _field(path: Path, name: str) -> int | None:
    try:
        lines = path.read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.split()[0] == name), None)
