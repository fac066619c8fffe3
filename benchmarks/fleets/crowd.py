"""200 services under one supervisor: until all run, until all are over, and in which order."""

from __future__ import annotations

import os
import select
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.fleets.contenders import Service
from benchmarks.fleets.running import DEADLINE_S, Run, RunError
from benchmarks.inits import processes
from benchmarks.inits.contenders import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.fleets.contenders import Contender
    from benchmarks.inits.installed import Installed

PROBED = "a chain, each ready by a file"
SHAPES: dict[str, Callable[[int], int]] = {
    "a chain": lambda number: number,
    PROBED: lambda number: number,
    "layers of 20": lambda number: number // 20,
    "side by side": lambda _number: 0,
}
_MOST = 200
_SECONDS = 1_000_000  # each sleeps so long and its number: that tells them apart
_LOOK_EVERY_S = 0.01


def offered(contender: Contender, shape: str) -> bool:
    """Whether it can be told what a shape needs."""
    flat = SHAPES[shape](_MOST) == 0
    return (contender.orders or flat) and (contender.probes or shape != PROBED)


def services(shape: str, count: int, folder: Path) -> list[Service]:
    """So many, in layers."""
    return [_service(shape, number, folder) for number in range(count)]


def _service(shape: str, number: int, folder: Path) -> Service:
    name, layer, seconds = f"s{number:03}", SHAPES[shape](number), str(_SECONDS + number)
    if shape != PROBED:
        return Service(name, ("sleep", seconds), layer)
    shell = f"touch {name}.here; exec sleep {seconds}"
    return Service(name, ("sh", "-c", shell), layer, ready=str(folder / f"{name}.here"))


def measure(
    contender: Contender, shape: str, tools: Installed, folder: Path, count: int
) -> dict[str, Any]:
    """One start and stop."""
    wanted = services(shape, count, folder)
    command = contender.command(tools, folder, wanted, "")
    with Run(command, folder, environment(folder)) as run:
        pids = _all_running(run, count)
        start_s = time.monotonic() - run.began
        born = sorted(pids, key=lambda pid: _age(pid, run.pid))
        memory = [processes.memory(pid) for pid in processes.own(run.pid, _sleeps(pids))]
        sample = {
            "start_s": start_s,
            "start_in_order": is_sorted([wanted[pids[pid]].layer for pid in born]),
            "rss_kib": sum(one.rss for one in memory),
            "anonymous_kib": sum(one.anonymous for one in memory),
            "processes": len(memory),
        }
        stop_s, gone = _stop(run, pids)
        code = run.ended()
    layers = [wanted[pids[pid]].layer for pid in gone]
    left = sum(_number(pid) == number for pid, number in pids.items())
    return {
        **sample,
        "stop_s": stop_s,
        "stop_in_order": len(gone) == count and is_sorted(layers[::-1]),
        "code": code,
        "left": left,
    }


def is_sorted(layers: Sequence[int]) -> bool:
    """None before one that it comes after."""
    return list(layers) == sorted(layers)


def _all_running(run: Run, count: int) -> dict[int, int]:
    """Wait until all are there; which pid has which number."""
    found: dict[int, int] = {}
    until = time.monotonic() + DEADLINE_S
    while len(found) < count:
        if run.process.poll() is not None:
            raise RunError(f"it has ended: {run.words}")
        if time.monotonic() > until:
            raise RunError(f"{len(found)} of {count} were started: {run.words}")
        time.sleep(_LOOK_EVERY_S)
        _look(run.pid, found)
    return found


def _look(pid: int, found: dict[int, int]) -> None:
    """Find those that are new below a process."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    except OSError:
        return
    for child in map(int, text.split()):
        if child not in found:
            number = _number(child)
            if number is None:
                _look(child, found)
            else:
                found[child] = number


def _number(pid: int) -> int | None:
    """Which of the services a process is; None: it is none, or none yet."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    if words[0] != b"sleep" or not words[1].isdigit():
        return None
    return int(words[1]) - _SECONDS


def _age(pid: int, first: int) -> int:
    """A rank in the order of birth: pids are given in turn, and begin again at the last."""
    most = int(Path("/proc/sys/kernel/pid_max").read_text(encoding="utf-8"))
    return (pid - first) % most


def _sleeps(pids: dict[int, int]) -> set[str]:
    """The program that is payload."""
    return {str(Path(f"/proc/{next(iter(pids))}/exe").readlink())}


def _stop(run: Run, pids: dict[int, int]) -> tuple[float, list[int]]:
    """Send TERM; the seconds until the supervisor's end, and the services in the order of theirs.

    A pidfd is ready as soon as its process is over, and epoll tells who was first.
    """
    fds = {os.pidfd_open(pid): pid for pid in pids}
    gone: list[int] = []
    with select.epoll() as poll:
        for fd in (*fds, run.pidfd):
            poll.register(fd, select.EPOLLIN | select.EPOLLONESHOT)
        asked = time.monotonic()
        run.process.send_signal(signal.SIGTERM)
        ended = 0.0
        while not ended or len(gone) < len(fds):
            ready = poll.poll(1.0 if ended else DEADLINE_S)
            if not ready:
                break
            ended = ended or (time.monotonic() if run.pidfd in dict(ready) else 0.0)
            gone += [fds[fd] for fd, _ in ready if fd in fds]
    for fd in fds:
        os.close(fd)
    for pid in set(pids) - set(gone):
        os.kill(pid, signal.SIGKILL)
    return ended - asked, gone
