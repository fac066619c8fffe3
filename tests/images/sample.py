"""One container of an image under test: start it hardened, ask it to stop, see how it ended."""

from __future__ import annotations

import json
import re
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy, LogMessageWaitStrategy

APP_PORT = 8000
HEALTH_PORT = 8081
INIS = Path(__file__).parent / "inis"
PYTHON = "/opt/venv/bin/python3"
HARDENED: dict[str, Any] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "user": "10001",
}

_OOM_COUNTS = (
    "/sys/fs/cgroup/memory.events",  # cgroup v2
    "/sys/fs/cgroup/memory/memory.oom_control",  # and v1
)
_READY_WITHIN_S = 60
_LINE_WITHIN_S = 30
_END_WITHIN_S = 60

# Runs inside: /proc/net is the container's own.
_WAIT_CONNECTED = """
import sys, time
port, count, deadline = int(sys.argv[1]), int(sys.argv[2]), time.monotonic() + 30
while True:
    rows = [row.split() for name in ("tcp", "tcp6") for row in open(f"/proc/net/{name}")]
    established = [row[1] for row in rows if row[3] == "01"]
    if sum(int(local[-4:], 16) == port for local in established) >= count:
        break
    if time.monotonic() > deadline:
        sys.exit(f"not {count} connections to port {port} within 30 s")
"""


@dataclass(frozen=True)
class Ending:
    """How a container ended. Times are of CLOCK_MONOTONIC, as in a drill's tally."""

    code: int
    asked: float  # before the signal was sent
    told: float  # the engine has confirmed that it was delivered
    ended: float
    log: str
    out: str  # only what went to stdout: Docker does not keep the order between the two

    @property
    def report(self) -> dict[str, Any]:
        """The last line of stdout, which must be the report."""
        last = self.out.splitlines()[-1]
        record: dict[str, Any] = json.loads(last)
        assert record["event"] == "report", last
        return record

    def told_log(self) -> str:
        """The end of the log, for messages of assertions."""
        return "\n".join(self.log.splitlines()[-30:])


class Sample:
    """A container of the sample app.

    `ini` is a file of tests/images/inis, a path in the image, or None for the classic one; `ready`
    is what answers 200 once it serves, or None for not to wait; `options` go to Docker in addition
    to, or instead of, the hardened ones.
    """

    def __init__(
        self,
        image: str,
        *,
        ini: str | None = None,
        ready: tuple[int, str] | None = (HEALTH_PORT, "/readyz"),
        **options: Any,
    ) -> None:
        self._container = DockerContainer(image).with_kwargs(**{**HARDENED, **options})
        self._container.with_tmpfs_mount("/tmp")
        self._container.with_exposed_ports(APP_PORT, HEALTH_PORT)
        if ready is not None:
            strategy = HttpWaitStrategy(*ready).with_startup_timeout(_READY_WITHIN_S)
            self._container.waiting_for(strategy)
        if ini is not None:
            self._container.with_volume_mapping(INIS, "/opt/inis")
            self._container.with_command([str(Path("/opt/inis", ini))])

    def env(self, **variables: str) -> Self:
        """Set environment variables, before the start."""
        self._container.with_envs(**variables)
        return self

    def share(self, host: Path, inside: str) -> Self:
        """Mount a file or folder that both sides write, before the start."""
        self._container.with_volume_mapping(host, inside, "rw")
        return self

    def __enter__(self) -> Self:
        """Start, and wait until it is ready."""
        self._container.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the container, running or not."""
        self._container.stop()

    @property
    def id(self) -> str:
        """The container's id."""
        return self._container.get_container_id()

    @property
    def host(self) -> str:
        """Where published ports are reached."""
        return self._container.get_container_host_ip()

    def port(self, inside: int) -> int:
        """The published port."""
        return int(self._container.get_exposed_port(inside))

    def url(self, path: str) -> str:
        """The app's address from outside, through the published port."""
        return f"http://{self.host}:{self.port(APP_PORT)}{path}"

    def wait_for_line(self, part: str, times: int = 1, within_s: int = _LINE_WITHIN_S) -> None:
        """Block until so many lines of the log contain this; TimeoutError shows the log instead."""
        pattern = rf"(?s)(?:{re.escape(part)}.*?){{{times}}}"
        awaited = LogMessageWaitStrategy(pattern).with_startup_timeout(within_s)
        awaited.wait_until_ready(self._container)

    def wait_connected(self, port: int, count: int) -> None:
        """Block until so many clients are connected to this port of the container."""
        code, out = self.run(PYTHON, "-I", "-c", _WAIT_CONNECTED, str(port), str(count))
        assert code == 0, out

    def wait_for_block(self) -> None:
        """Block until PID 1 holds SIGTERM back; before that no program hears it, and it is lost.

        Of an engine elsewhere nobody can tell.
        """
        container = self._container.get_wrapped_container()
        container.reload()
        status = Path(f"/proc/{container.attrs['State']['Pid']}/status")
        until = time.monotonic() + _LINE_WITHIN_S
        while status.exists() and time.monotonic() < until:
            blocked = int(status.read_text().partition("SigBlk:")[2].split()[0], 16)
            if blocked & 1 << (signal.SIGTERM - 1):
                return
            select.poll().poll(1)

    def run(self, *command: str) -> tuple[int | None, str]:
        """Run a command in the container: exit code and output."""
        result = self._container.exec(list(command))
        return result.exit_code, result.output.decode()

    def killed_for_memory(self) -> int:
        """How many processes the kernel has killed in here for want of memory (oom_kill)."""
        code, out = self.run("sh", "-c", f"cat {' '.join(_OOM_COUNTS)} 2>/dev/null; true")
        found = re.search(r"^oom_kill (\d+)$", out, re.MULTILINE)
        assert found, f"{code}: {out}"
        return int(found[1])

    def send(self, signal: str) -> None:
        """Send a signal that is no end."""
        self._container.get_wrapped_container().kill(signal=signal)

    def end(self, signal: str = "SIGTERM") -> Ending:
        """Send the signal, wait for the end."""
        container = self._container.get_wrapped_container()
        asked = time.monotonic()
        container.kill(signal=signal)
        return self._ending(asked, time.monotonic())

    def stop(self, timeout_s: int) -> Ending:
        """`docker stop`: SIGTERM, and SIGKILL after the timeout."""
        container = self._container.get_wrapped_container()
        asked = time.monotonic()
        container.stop(timeout=timeout_s)
        return self._ending(asked, asked)

    def _ending(self, asked: float, told: float) -> Ending:
        container = self._container.get_wrapped_container()
        code = container.wait(timeout=_END_WITHIN_S)["StatusCode"]
        ended = time.monotonic()
        log = container.logs().decode(errors="replace")
        out = container.logs(stderr=False).decode(errors="replace")
        return Ending(code, asked, told, ended, log, out)
