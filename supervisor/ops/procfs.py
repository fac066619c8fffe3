"""Reads processes from /proc, as far as we may (proc(5)).

Names, masks, states and sockets can be read by anybody. Descriptors, variables, the root and the
namespaces need the same user, and CAP_SYS_PTRACE where it has changed its user: what is hidden by
that is said, not guessed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import psutil

from supervisor.errors import GracekeeperError
from supervisor.ops import evidence
from supervisor.ops.process import Process, Tree

TICKS = os.sysconf("SC_CLK_TCK")
GROUP, STARTED = 2, 19  # fields of stat behind the name, counted from 0


def tree(pid: int) -> Tree:
    """Return a process and all below it; of a PID 1, all that live in its namespace."""
    first = read(pid)
    if first is None:
        raise GracekeeperError(
            f"cannot inspect process {pid}: there is no such process here. Give a PID of this"
            " machine, or a container's name."
        )
    pids = _namespace(pid) if first.inner == 1 else _below(pid)
    found = (read(one) for one in pids if one != pid)
    return Tree((first, *(one for one in found if one is not None)))


def read(pid: int) -> Process | None:
    """Return one process; None when there is none."""
    status, stat = _fields(pid), _text(pid, "stat").rpartition(")")[2].split()
    if not status or not stat:
        return None
    argv = tuple(_text(pid, "cmdline").removesuffix("\0").split("\0"))
    process = Process(
        pid=pid,
        ppid=int(status.get("PPid", "0")),
        inner=int(status.get("NSpid", str(pid)).split()[-1]),
        name=status.get("Name", "?"),
        argv=argv if argv != ("",) else (),
        uid=int(status.get("Uid", "0").split()[0]),
        state=stat[0],
        wchan=_text(pid, "wchan").partition(".")[0].removeprefix("0"),
        threads=int(status.get("Threads", "1")),
        age_s=max(0.0, _uptime() - int(stat[STARTED]) / TICKS),
        group=int(stat[GROUP]),
        pending=_mask(status, "ShdPnd") | _mask(status, "SigPnd"),
        blocked=_mask(status, "SigBlk"),
        ignored=_mask(status, "SigIgn"),
        caught=_mask(status, "SigCgt"),
        variables=_variables(pid),
    )
    if process.state in "ZX":
        return process
    doors, waited = _descriptors(pid)
    return evidence.of(process.replace(doors=doors, waited=waited))


def _fields(pid: int) -> dict[str, str]:
    lines = (line.partition(":") for line in _text(pid, "status").splitlines())
    return {name: value.strip() for name, _, value in lines}


def _mask(status: dict[str, str], name: str) -> int:
    return int(status.get(name, "0"), 16)


def _variables(pid: int) -> tuple[tuple[str, str], ...] | None:
    """Return the variables that it was started with; None when they are hidden."""
    try:
        text = Path(f"/proc/{pid}/environ").read_text("utf-8", "surrogateescape")
    except OSError:
        return None
    pairs = (entry.partition("=") for entry in text.split("\0") if entry)
    return tuple((name, value) for name, _, value in pairs)


def _descriptors(pid: int) -> tuple[frozenset[int] | None, int | None]:
    """Return the inodes of its sockets and what its signalfds take; None when they are hidden."""
    doors, waited = set(), 0
    try:
        numbers = [fd.name for fd in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return None, None
    for number in numbers:
        try:
            target = str(Path(f"/proc/{pid}/fd/{number}").readlink())
        except PermissionError:
            return None, None  # CAP_DAC_OVERRIDE lists them; what they are takes CAP_SYS_PTRACE
        except OSError:
            continue  # closed meanwhile
        if target.startswith("socket:["):
            doors.add(int(target[8:-1]))
        elif target == "anon_inode:[signalfd]":
            waited |= _signalfd(pid, number)
    return frozenset(doors), waited


def _signalfd(pid: int, fd: str) -> int:
    for line in _text(pid, f"fdinfo/{fd}").splitlines():
        if line.startswith("sigmask:"):
            return int(line.split()[1], 16)
    return 0


def _namespace(pid: int) -> Iterable[int]:
    """Return who lives in its PID namespace; those below it when that is hidden."""
    own = _link(pid, "ns/pid")
    if pid == 1:
        return psutil.pids()
    if not own:
        return _below(pid)
    return [one for one in psutil.pids() if _link(one, "ns/pid") == own]


def _below(pid: int) -> Iterable[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def _uptime() -> float:
    return float(Path("/proc/uptime").read_text("ascii").split()[0])


def _link(pid: int, name: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/{name}").readlink())
    except OSError:
        return ""


def _text(pid: int, name: str) -> str:
    """Return a file's text, nothing when it can't be read."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
