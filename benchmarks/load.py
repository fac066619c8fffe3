"""How many requests a second the drill's load makes on one core, beside other load generators.

`make bench-load`: nginx answers 200 from one core, the load runs on the other: closed and open
loop, with a connection each and with keep-alive. The best of some rounds counts: the machine may be
busy with other things, never idle with them. Then each is asked what became of the requests to a
server that answers, turns away, resets and half-answers; and to a port that is closed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import versions
from benchmarks.load_mixed import Mixed
from benchmarks.load_peers import PEERS
from benchmarks.load_table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = Path(__file__).parent / "results"
LEAST = 3000.0  # requests/s on one core
CLIENTS = 32
READY_S = 10.0
OURS = "gracekeeper drill"

_NGINX = """\
daemon off; worker_processes 1; pid {tmp}/pid; error_log {tmp}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {tmp}; proxy_temp_path {tmp}; fastcgi_temp_path {tmp};
  uwsgi_temp_path {tmp}; scgi_temp_path {tmp};
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "hello\\n"; }} }}
}}
"""


def main() -> int:
    """Write the results; 1 if our load is slower than it must be."""
    parser = argparse.ArgumentParser(prog="make bench-load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of one round (4)")
    parser.add_argument("--rounds", type=int, default=3, help="the best of them counts (3)")
    parser.add_argument("--print", action="store_true", help="write no files")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2 or shutil.which("nginx") is None:
        parser.error("cannot compare: two cores and nginx are needed. Install nginx-light.")
    with _nginx(cores[-1]) as url:
        os.sched_setaffinity(0, {cores[0]})
        speeds = _speeds(url, options.seconds, options.rounds)
    os.sched_setaffinity(0, set(cores))
    found = {
        "versions": {**versions.collect(os.environ["PATH"]), "clients": CLIENTS},
        "speeds": speeds,
        "words": _words(options.seconds),
    }
    text = table(found)
    print(text)
    if not options.print:
        (RESULTS / "load.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        (RESULTS / "load.md").write_text(text, encoding="utf-8")
    slow = [one for one in speeds if one["tool"] == OURS and one["per_cpu_s"] < LEAST]
    for one in slow:
        print(f"cannot pass: {one['way']} makes {one['per_cpu_s']:.0f} requests a CPU second")
    return int(bool(slow))


@contextlib.contextmanager
def _nginx(core: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as tmp, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        config = Path(tmp, "nginx.conf")
        config.write_text(_NGINX.format(tmp=tmp, port=port), encoding="utf-8")
        command = ["taskset", "-c", str(core), "nginx", "-c", str(config)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                _await_port(port)
                yield f"http://127.0.0.1:{port}/"
            finally:
                process.terminate()


def _await_port(port: int) -> None:
    end = time.monotonic() + READY_S
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), READY_S).close()
            return
        if time.monotonic() > end:
            raise TimeoutError("nginx does not listen")


def _speeds(url: str, seconds: int, rounds: int) -> list[dict[str, Any]]:
    """The best round of everybody, in every way."""
    found = []
    for keep_alive in (True, False):
        way = "keep-alive" if keep_alive else "a connection each"
        ours = [_ours(url, seconds, keep_alive=keep_alive) for _ in range(rounds)]
        found.append({"tool": OURS, "way": way, **_best(ours)})
        for peer in PEERS:
            if peer.installed:
                theirs = []
                for _ in range(rounds):
                    cpu_s, said = _cpu_s(), peer.run(url, CLIENTS, seconds, keep_alive=keep_alive)
                    rate = peer.rate(said)
                    theirs.append({"per_s": rate, "per_cpu_s": rate * seconds / (_cpu_s() - cpu_s)})
                found.append({"tool": peer.name, "way": way, **_best(theirs)})
    for keep_alive in (True, False):
        way = f"{LEAST:g}/s, " + ("keep-alive" if keep_alive else "a connection each")
        ours = [_ours(url, seconds, keep_alive=keep_alive, rate=LEAST) for _ in range(rounds)]
        found.append({"tool": OURS, "way": way, **min(ours, key=lambda one: one["late"])})
    return found


def _best(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return max(rounds, key=lambda one: one["per_s"])


def _ours(url: str, seconds: float, *, keep_alive: bool, rate: float = 0) -> dict[str, Any]:
    cpu_s = _cpu_s()
    tally = _load(url, seconds, keep_alive=keep_alive, rate=rate)
    return {
        "per_s": tally["answered"] / seconds,
        "per_cpu_s": tally["answered"] / (_cpu_s() - cpu_s),
        "late": tally["late"],
        "unsent": tally["unsent"],
        "p50_ms": tally["p50_s"] * 1000,
        "p99_ms": tally["p99_s"] * 1000,
    }


def _load(url: str, seconds: float, *, keep_alive: bool = False, rate: float = 0) -> dict[str, Any]:
    command = [sys.executable, "-m", "supervisor.drill.load", "--url", url, "--json"]
    command += ["--clients", str(CLIENTS), "--max-seconds", str(seconds)]
    command += ["--keep-alive"] * keep_alive
    command += ["--rate", str(rate)] if rate else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    tally: dict[str, Any] = json.loads(done.stdout)
    return tally


def _cpu_s() -> float:
    """CPU seconds of all children that have ended; nginx has not."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _words(seconds: int) -> list[dict[str, Any]]:
    """What everybody says of a server that does four things, and of a closed port."""
    found = []
    for name in (OURS, *(peer.name for peer in PEERS if peer.installed)):
        with Mixed() as server:
            url = server.url
            said = _said(name, url, seconds)
        refused = _said(name, url, 1)
        found.append({"tool": name, "done": dict(server.done), "said": said, "refused": refused})
    return found


def _said(name: str, url: str, seconds: int) -> str:
    if name == OURS:
        tally = _load(url, seconds)
        fates = ("answered", "turned_away", "refused", "lost")
        reasons = ", ".join(f"{count} {reason}" for reason, count in tally["reasons"].items())
        counts = ", ".join(f"{tally[fate]} {fate.replace('_', ' ')}" for fate in fates)
        return f"{counts} ({reasons})" if reasons else counts
    (peer,) = (peer for peer in PEERS if peer.name == name)
    return peer.words(peer.run(url, CLIENTS, seconds, keep_alive=False))


if __name__ == "__main__":
    sys.exit(main())
