"""Processes of a container on another machine, from the table that its engine makes with ps(1).

It has names, masks and waits, which is all that a forecast starts from. Files, descriptors and
variables stay there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from supervisor.ops.masking import masked
from supervisor.ops.process import SHELLS, Process, Tree

FIELDS: Final = (
    *("pid", "ppid", "pgid", "uid", "stat", "etimes", "nlwp"),
    *("pending", "blocked", "ignored", "caught", "wchan:32", "comm", "args"),
)
COLUMNS: Final = "-eo " + ",".join(FIELDS)
HIDDEN: Final = (
    "its scripts and configuration files, sockets, descriptors, variables and cgroup: the engine"
    " runs on another machine. Run this there for all of it"
)


def tree(rows: Sequence[Sequence[str]], first: int, argv: tuple[str, ...]) -> Tree:
    """Return the processes; `first` is the container's PID 1 as its engine counts.

    `argv`: what that was started as, with its words still apart; what it runs now may differ.
    None at all where another ps(1) understood the columns otherwise.
    """
    try:
        found = [_process(row, first) for row in rows if len(row) >= len(FIELDS) - 1]
    except (ValueError, IndexError):
        return Tree(())
    found = [_exact(one, argv) for one in found]
    return Tree(tuple(sorted(found, key=lambda p: p.pid != first)))


def _process(row: Sequence[str], first: int) -> Process:
    pid, ppid, group, uid, stat, age, threads, *masks = row[:11]
    pending, blocked, ignored, caught = (int(mask, 16) for mask in masks)
    argv = tuple(" ".join(row[13:]).split())
    return Process(
        pid=int(pid),
        ppid=int(ppid),
        inner=1 if int(pid) == first else 0,
        name=row[12],
        argv=argv,
        uid=int(uid) if uid.isdigit() else 0,
        state=stat[0],
        wchan=row[11].partition(".")[0].strip("-"),
        threads=int(threads),
        age_s=float(age),
        group=int(group),
        pending=pending,
        blocked=blocked,
        ignored=ignored,
        caught=caught,
        text=_inline(argv),
    )


def _exact(process: Process, argv: tuple[str, ...]) -> Process:
    if process.inner != 1 or masked(process.argv) != tuple(" ".join(argv).split()):
        return process
    return process.replace(argv=argv, text=_inline(argv))


def _inline(argv: tuple[str, ...]) -> str | None:
    """Return the script of `sh -c`: the words are known, their quotes are not."""
    shell = bool(argv) and argv[0].rpartition("/")[2] in SHELLS
    return " ".join(argv[2:]) if shell and argv[1:2] == ("-c",) else None
