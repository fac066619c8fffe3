"""Other load generators: how each is called, and what it says about what became of requests."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MARGIN_S = 60.0
_ERROR = re.compile(r"\[(\d+)\] Get \"[^\"]*\": (.*)")  # hey's: a line for each pair of ports
_ADDRESS = re.compile(r" ?127\.0\.0\.1:\d+(?:->)?")


@dataclass(frozen=True)
class Peer:
    """`command(url, clients, seconds, keep_alive)`; `says`: the lines about what went wrong."""

    name: str
    command: Callable[[str, int, int, bool], list[str]]
    says: str

    @property
    def installed(self) -> bool:
        return shutil.which(self.name) is not None

    def run(self, url: str, clients: int, seconds: int, *, keep_alive: bool) -> str:
        """All that it prints."""
        command = self.command(url, clients, seconds, keep_alive)
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds + _MARGIN_S, check=False
        )
        return done.stdout + done.stderr

    def rate(self, printed: str) -> float:
        """Requests a second, as it says. Raises ValueError."""
        found = re.search(r"^\s*Requests(?: per second|/sec):\s+([\d.]+)", printed, re.MULTILINE)
        if found is None:
            raise ValueError(f"cannot read what {self.name} printed: {printed[-500:]!r}")
        return float(found[1])

    def words(self, printed: str) -> str:
        """What it says became of the requests, on one line."""
        counts: Counter[str] = Counter()
        lines = []
        for found in re.findall(self.says, printed, re.MULTILINE):
            line = " ".join(found.split())
            error = _ERROR.fullmatch(line)
            if error:
                counts[_ADDRESS.sub("", error[2])] += int(error[1])
            else:
                lines.append(line)
        return "; ".join([*lines, *(f"[{count}] {what}" for what, count in counts.items())])


def _ab(url: str, clients: int, seconds: int, keep_alive: bool) -> list[str]:
    more = ["-k"] if keep_alive else []
    return ["ab", "-q", "-r", "-c", f"{clients}", "-t", f"{seconds}", "-n", "9999999", *more, url]


def _wrk(url: str, clients: int, seconds: int, keep_alive: bool) -> list[str]:
    more = [] if keep_alive else ["-H", "Connection: close"]
    return ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", *more, url]


def _hey(url: str, clients: int, seconds: int, keep_alive: bool) -> list[str]:
    more = [] if keep_alive else ["-disable-keepalive"]
    return ["hey", "-cpus", "1", "-c", f"{clients}", "-z", f"{seconds}s", *more, url]


PEERS = (
    Peer("ab", _ab, r"^(?:Complete|Failed|Non-2xx).*$|^ +\(Connect:.*\)$|^apr_.*$"),
    Peer("wrk", _wrk, r"^ +\d+ requests in|^ +(?:Socket errors|Non-2xx).*$|^unable.*$"),
    Peer("hey", _hey, r"^ +\[\d+\]\t.*$"),
)
