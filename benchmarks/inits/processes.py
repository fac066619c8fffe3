"""What the kernel tells about an init and its helpers, seen from outside of the namespace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROC = Path("/proc")


class Memory(NamedTuple):
    """KiB; compare the anonymous part: PSS depends on who else maps the same files."""

    pss: int
    rss: int
    anonymous: int


class Activity(NamedTuple):
    """What a process has done since it was made."""

    switches: int
    cpu_ns: int


def family(pid: int) -> list[int]:
    """A process and all below it, zombies too."""
    found = [pid]
    for one in found:
        for task in _entries(_PROC / str(one) / "task"):
            found += map(int, _text(task / "children").split())
    return found


def own(pid: int, payload: Iterable[str]) -> list[int]:
    """PID 1 and what it needs besides: all that do not run one of these programs."""
    programs = set(payload)
    return [one for one in family(pid) if _program(one) not in programs]


def zombies(pid: int) -> int:
    """Children of a process that it has not reaped."""
    children = _text(_PROC / str(pid) / "task" / str(pid) / "children").split()
    states = (_text(_PROC / child / "stat").rpartition(")")[2].split() for child in children)
    return sum(state[:1] == ["Z"] for state in states)


def memory(pid: int) -> Memory:
    """Of one process."""
    text = _text(_PROC / str(pid) / "smaps_rollup", must=True)
    fields = {line.split()[0]: line.split()[1] for line in text.splitlines()[1:]}
    return Memory(int(fields["Pss:"]), int(fields["Rss:"]), int(fields["Anonymous:"]))


def activity(pids: Iterable[int]) -> Activity:
    """Of all threads of some processes together."""
    switches = cpu_ns = 0
    for pid in pids:
        for task in _entries(_PROC / str(pid) / "task"):
            lines = _text(task / "status", must=True).splitlines()
            switches += sum(int(it.split()[1]) for it in lines if "ctxt_switches" in it)
            cpu_ns += int(_text(task / "schedstat", must=True).split()[0])
    return Activity(switches, cpu_ns)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _program(pid: int) -> str:
    try:
        return str((_PROC / str(pid) / "exe").readlink())
    except OSError:
        return ""  # a zombie, or gone


def _text(path: Path, *, must: bool = False) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        if must:
            raise
        return ""
