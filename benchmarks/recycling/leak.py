"""An application that leaks a mebibyte a request, in a container with little memory (Docker).

The load runs in a container of its own inside the network of the one under test, so it crosses
nothing but loopback. The image is the sample app's: `make image`.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LIMIT_MIB, HEADROOM_MIB, WORKERS, CLIENTS, ROUTE_S = 256, 96, 2, 4, 0.1
PATH = f"/leak?bytes={1 << 20}&s={ROUTE_S:g}"
_READY_S, _DOCKER_S, _MARGIN_S = 60.0, 60.0, 90.0
_PYTHON = "/opt/venv/bin/python3"
_HARDENED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--user", "10001")
_UWSGI = (
    *("uwsgi", "--master", "--processes", str(WORKERS), "--http-socket", ":8000"),
    *("--pythonpath", "/opt/bench", "--wsgi-file", "/opt/bench/benchmarks/app/leaking.py"),
    *("--need-app", "--disable-logging"),
)
_RSS_MIB = (LIMIT_MIB - HEADROOM_MIB) // WORKERS
_KEEPER = (
    *(_PYTHON, "-I", "-m", "supervisor", "run", "--recycle-headroom", f"{HEADROOM_MIB}MiB"),
    *("--recycle-cool-down", "0s", "--recycle-per-hour", "100000", "--"),
)
_READY = """
import sys, time, urllib.request
end_at = time.monotonic() + float(sys.argv[1])
while True:
    try:
        sys.exit(urllib.request.urlopen("http://127.0.0.1:8000/", timeout=5).status != 200)
    except OSError as error:
        if time.monotonic() > end_at:
            sys.exit(f"not ready: {error}")
    time.sleep(0.1)
"""
# cgroup v2, then v1: both tell how many the kernel has killed for want of memory.
_KILLED = """
for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
    try:
        rows = dict(line.split() for line in open(path))
    except OSError:
        continue
    print(rows["oom_kill"])
    break
"""


class LeakError(Exception):
    """The drill could not be made; it says nothing about losses."""


@dataclass(frozen=True, slots=True)
class Leaker:
    """One row: PID 1 of the container, and the line that it writes for each fresh worker."""

    name: str
    title: str
    command: tuple[str, ...]
    replaced: str


LEAKERS = (
    Leaker("uwsgi", "uWSGI alone", _UWSGI, "Respawned uWSGI worker"),
    Leaker(
        "uwsgi-rss",
        f"uWSGI, reload-on-rss {_RSS_MIB}",
        (*_UWSGI, "--reload-on-rss", str(_RSS_MIB), "--min-worker-lifetime", "1"),
        "Respawned uWSGI worker",
    ),
    Leaker(
        "gracekeeper",
        f"gracekeeper, --recycle-headroom {HEADROOM_MIB}MiB",
        (*_KEEPER, *_UWSGI),
        '"event": "recycled"',
    ),
)


def measure(leaker: Leaker, image: str, seconds: float) -> dict[str, Any]:
    """Leak for so long; a row, in requests and seconds, or with why there is none."""
    row: dict[str, Any] = {"name": leaker.name, "title": leaker.title, "seconds": seconds}
    try:
        with _container(leaker, image) as one:
            print(f"{leaker.title}: leaking for {seconds:g} s", file=sys.stderr, flush=True)
            _docker("exec", one, _PYTHON, "-I", "-c", _READY, f"{_READY_S:g}", most_s=2 * _READY_S)
            tally = json.loads(_load(image, one, seconds).splitlines()[-1])
            state = json.loads(_docker("inspect", "--format", "{{json .State}}", one))
            log = _docker("logs", one)
            killed = _docker("exec", one, _PYTHON, "-I", "-c", _KILLED) if state["Running"] else ""
    except LeakError as error:
        return {**row, "failed": str(error)}
    return {
        **row,
        "failed": "",
        "tally": {key: tally[key] for key in tally if key not in {"lost_results", "results"}},
        "killed": int(killed) if killed.strip() else None,
        "replaced": log.count(leaker.replaced),
        "ended": "" if state["Running"] else f"PID 1 ended with {state['ExitCode']}",
    }


@contextlib.contextmanager
def _container(leaker: Leaker, image: str) -> Iterator[str]:
    program, *arguments = leaker.command
    limit = f"{LIMIT_MIB}m"
    one = _docker(
        *("run", "--detach", *_HARDENED, "--memory", limit, "--memory-swap", limit),
        *("--volume", f"{ROOT}/benchmarks:/opt/bench/benchmarks:ro", "--no-healthcheck"),
        *("--entrypoint", program, image, *arguments),
    ).strip()
    try:
        yield one
    finally:
        _docker("rm", "--force", one)


def _load(image: str, network_of: str, seconds: float) -> str:
    """Drive the load to its end; its tally, as JSON. A server that has gone ends it earlier."""
    return _docker(
        *("run", "--rm", *_HARDENED, "--network", f"container:{network_of}", "--no-healthcheck"),
        *("--entrypoint", _PYTHON, image, "-I", "-m", "supervisor.drill.load"),
        *("--url", f"http://127.0.0.1:8000{PATH}", "--clients", str(CLIENTS), "--json"),
        *("--max-seconds", f"{seconds:g}", "--until-refused", "200"),
        most_s=seconds + _MARGIN_S,
        fine=(0, 1),
    )


def _docker(*words: str, most_s: float = _DOCKER_S, fine: tuple[int, ...] = (0,)) -> str:
    """What a docker command prints, both streams of `logs`. Raises LeakError."""
    err = subprocess.STDOUT if words[0] == "logs" else subprocess.PIPE
    try:
        done = subprocess.run(
            ["docker", *words],
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            errors="replace",
            timeout=most_s,
            check=False,
        )
    except OSError as error:
        raise LeakError(f"cannot run docker: {error.strerror}. Install it.") from error
    except subprocess.TimeoutExpired as error:
        raise LeakError(f"docker {words[0]} has not ended within {most_s:g} s") from error
    if done.returncode not in fine:
        last = (done.stderr or "").strip().splitlines()[-1:] or [f"code {done.returncode}"]
        raise LeakError(f"cannot {words[0]} with docker: {last[0]}")
    return done.stdout
