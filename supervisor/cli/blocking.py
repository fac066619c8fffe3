"""What a stop waits for right now: who, what it does, and for how long."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

from supervisor.core.phases import CLOSING, DELAYING, DONE, QUIESCING, REAPING, SERVING, STARTING

STACK_S = 10  # for one look into a process
MANY = 8  # of a kind that are told one by one


def blocking(found: dict[str, Any]) -> list[str]:
    """Return a line for each thing that one service's stop waits for; none if it does not stop."""
    phase = found.get("phase")
    if phase in (None, STARTING, SERVING, DONE):
        return []
    if phase == DELAYING:
        return ["the drain delay: balancers may still send"]
    if phase == CLOSING:
        return ["answers that are on their way to clients"]
    if phase == REAPING:
        return ["processes that the main process has left behind"]
    lines = [_worker(worker) for worker in found["workers"] if worker["running"]]
    more = len(lines) - MANY
    lines = [*lines[:MANY], *([f"and {more} more workers"] if more > 0 else [])]
    connections = found["connections"]
    for name, told in (("queued", "in the accept queue"), ("half_open", "whose handshake goes on")):
        if connections[name] > 0:
            lines.append(f"{_count(connections[name], 'client')} {told}")
    if not lines and connections["serving"] and phase == QUIESCING:
        lines.append(f"{_count(connections['serving'], 'connection')} that the service holds")
    service = found["service"]
    if not lines and service["pid"]:
        lines.append(f"{service['server']} (pid {service['pid']}), which was told to end")
    return lines


def pids(found: dict[str, Any]) -> list[int]:
    """Return the processes that a stop waits for; of several services, of all that are stopping."""
    if "services" in found:
        return [pid for one in found["services"] if "service" in one for pid in pids(one)]
    if not blocking(found):
        return []
    busy = [worker["pid"] for worker in found["workers"] if worker["running"]]
    main = found["service"]["pid"]
    return busy or ([main] if main else [])


def stacks(waited_for: list[int]) -> list[str]:
    """Return Python stacks, as py-spy tells them; why there are none, where it can't."""
    spy = shutil.which("py-spy")
    if spy is None:
        return ["cannot show stacks: py-spy is not installed here. Install it beside gracekeeper."]
    return [line for pid in waited_for for line in _stack(spy, pid)]


def _stack(spy: str, pid: int) -> list[str]:
    try:
        done = subprocess.run(
            [spy, "dump", "--pid", str(pid)],
            capture_output=True,
            text=True,
            timeout=STACK_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"cannot look into {pid}: {error}. Try again."]
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["py-spy did not say why"])[-1]
        return [f"cannot look into {pid}: {why}. It takes root, or CAP_SYS_PTRACE."]
    return [f"{pid}:", *(f"  {line}" for line in done.stdout.splitlines())]


def _worker(worker: dict[str, Any]) -> str:
    since = worker["busy_s"]
    time = "" if since is None else f", {since:.1f} s"
    return f"worker {worker['id']} (pid {worker['pid']}): {', '.join(worker['running'])}{time}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
