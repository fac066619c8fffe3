"""One stop, inside a network namespace of its own: start, load, SIGTERM, measure.

`unshare --net python -m benchmarks.trial` reads a Trial as JSON from stdin and prints what it
measured. The entrypoint runs in a further PID namespace, so that it is PID 1 and its end is the end
of everything it started - as in a container, without Docker. `docker stop` is: SIGTERM to PID 1
from outside, and SIGKILL when the grace period is over.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supervisor.drill.load import Driver, Load, Request, Result, SlowReader, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_DEADLINE_S = 30.0
REQUEST_DEADLINE_S = 60.0
WATCH_AFTER_END_S = 0.3  # long enough for each client to be refused several times
_FOLDERS = re.compile(r"/(?:[^/\s\"']+/)+")  # published errors name files, not the host's folders
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1


class TrialError(Exception):
    """The trial could not be made; it says nothing about losses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What to start, what to send and when to stop. Placeholders: see benchmarks.entrypoints."""

    command: list[str]
    ini: str
    url: str
    root: str
    path: str
    clients: int
    per_client: int | None
    keep_alive: bool
    slow_bytes_per_s: float | None
    expect_bytes: int | None
    answered: int
    pause_s: float
    grace_s: float

    def load(self, tmp: str) -> Load:
        """The load; it goes on until the caller ends it."""
        load = Load(self.url.replace("{tmp}", tmp))
        request = Request(load.path, expect_bytes=self.expect_bytes)
        rate = self.slow_bytes_per_s
        return Load(
            load.url,
            clients=self.clients,
            per_client=self.per_client,
            keep_alive=self.keep_alive,
            requests=(request,),
            deadline_s=REQUEST_DEADLINE_S,
            slow_reader=SlowReader(bytes_per_s=rate, receive_buffer_bytes=65536) if rate else None,
        )


def run(trial: Trial) -> dict[str, Any]:
    """Make the trial; return its measurements, in seconds and requests."""
    _bring_loopback_up()
    with tempfile.TemporaryDirectory(prefix="stop-") as tmp:
        Path(tmp, "uwsgi.ini").write_text(_fill(trial.ini, trial, tmp), encoding="utf-8")
        with _entrypoint(trial, tmp) as (process, pid):
            load = trial.load(tmp)
            _await_ready(load.base, tmp, process)
            try:
                return _stop_under_load(trial, Driver(load), process, pid)
            except TimeoutError as error:
                raise TrialError(f"{error}; {_log_tail(tmp)}") from error


def _stop_under_load(
    trial: Trial, driver: Driver, process: subprocess.Popen[bytes], pid: int
) -> dict[str, Any]:
    with driver:
        driver.wait_answered(trial.answered, READY_DEADLINE_S)
        driver.wait_in_flight(trial.clients, READY_DEADLINE_S)
        time.sleep(trial.pause_s)
        ended = os.pidfd_open(pid)
        asked_at = driver.mark("asked")
        os.kill(pid, signal.SIGTERM)
        is_killed = not select.select([ended], [], [], trial.grace_s)[0]
        if is_killed:
            os.kill(pid, signal.SIGKILL)
            select.select([ended], [], [])
        ended_at = driver.mark("ended")
        os.close(ended)
        exit_code = _exit_code(process.wait(), is_killed=is_killed)
        time.sleep(WATCH_AFTER_END_S)
        tally = driver.stop()
    return {
        "stop_s": ended_at - asked_at,
        "exit_code": exit_code,
        "killed": is_killed,
        **_measure(tally, asked_at, ended_at),
    }


def _measure(tally: Tally, asked_at: float, ended_at: float) -> dict[str, Any]:
    """Counts at and after the signal; how long the end came after the last answer."""
    in_flight, after = tally.in_flight("asked"), tally.after("asked")
    last = max((in_flight.last_answer or asked_at, after.last_answer or asked_at))
    return {
        "in_flight": _counts(in_flight),
        "after": _counts(after),
        "lost_before": tally.before("asked").lost,
        "tail_s": ended_at - last,
        "reasons": dict(tally.reasons()),
        "losses": [_loss(result, asked_at) for result in tally.lost_results()],
    }


def _loss(result: Result, asked_at: float) -> dict[str, Any]:
    """When a lost request was accepted and when it ended, in seconds after the signal."""
    accepted_at = result.t_start if result.t_connected is None else result.t_connected
    return {
        "reason": result.reason,
        "accepted_s": round(accepted_at - asked_at, 6),
        "ended_s": round(result.t_end - asked_at, 6),
    }


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "accepted": tally.accepted,
        "answered": tally.answered,
        "turned_away": tally.turned_away,
        "refused": tally.refused,
        "lost": tally.lost,
        "errors": sum(n for status, n in tally.statuses().items() if status >= 500),
    }


@contextlib.contextmanager
def _entrypoint(trial: Trial, tmp: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the command as PID 1 of a new namespace; yield unshare, and the pid seen from here."""
    unshare = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--mount-proc"]
    command = [_fill(word, trial, tmp) for word in trial.command]
    env = {"PATH": trial.path, "LANG": "C.UTF-8", "HOME": tmp, "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        Path(tmp, "log").open("wb") as log,
        subprocess.Popen(
            [*unshare, "--kill-child", "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=tmp,
            env=env,
        ) as process,
    ):
        try:
            yield process, _first_child(process)
        finally:
            process.kill()


def _first_child(process: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    end_at = time.monotonic() + READY_DEADLINE_S
    while time.monotonic() < end_at and process.poll() is None:
        pids = children.read_text(encoding="ascii").split()
        if pids:
            return int(pids[0])
        time.sleep(0.001)
    raise TrialError("cannot make a PID namespace: unshare has no child")


def _await_ready(base_url: str, tmp: str, process: subprocess.Popen[bytes]) -> None:
    end_at = time.monotonic() + READY_DEADLINE_S
    load = Load(f"{base_url}/", clients=1, per_client=1, deadline_s=5.0)
    while time.monotonic() < end_at:
        if process.poll() is not None:
            raise TrialError(f"ended with {process.returncode} before ready; {_log_tail(tmp)}")
        if Driver(load).start().join().statuses().get(200):
            return
        time.sleep(0.05)
    raise TrialError(f"not ready within {READY_DEADLINE_S:g} s; {_log_tail(tmp)}")


def _log_tail(tmp: str) -> str:
    text = Path(tmp, "log").read_text(encoding="utf-8", errors="replace")
    return "log: " + " | ".join(text.strip().splitlines()[-4:])


def _fill(template: str, trial: Trial, tmp: str) -> str:
    return template.replace("{root}", trial.root).replace("{tmp}", tmp)


def _exit_code(returncode: int, *, is_killed: bool) -> int:
    """As Docker shows it: 128 + the signal. unshare cannot repeat a SIGKILL, it says 1 instead."""
    if is_killed:
        return 128 + signal.SIGKILL
    return 128 - returncode if returncode < 0 else returncode


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = struct.pack("16sH14x", b"lo", 0)
        name, flags = struct.unpack("16sH14x", fcntl.ioctl(sock, _SIOCGIFFLAGS, request))
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sH14x", name, flags | _IFF_UP))


def make(trial: Trial, timeout_s: float) -> dict[str, Any]:
    """Make a trial in a process and a network namespace of its own. Raises TrialError."""
    privilege = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *privilege, "--net", "--", sys.executable, "-m", "benchmarks.trial"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(asdict(trial)),
            capture_output=True,
            text=True,
            cwd=trial.root,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TrialError(f"not done within {timeout_s:g} s") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise TrialError(_FOLDERS.sub("", lines[-1]))
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def jittered(pause_s: float, jitter_s: float) -> float:
    """A stop may come at any moment of a request."""
    return pause_s + random.uniform(0, jitter_s)


def main() -> int:
    """Run the trial that stdin describes."""
    trial = Trial(**json.load(sys.stdin))
    try:
        print(json.dumps(run(trial)))
    except TrialError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
