"""How fast the lines of two services get through, what that costs, and whether any was torn."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.fleets.contenders import CONTENDERS, OURS, Service
from benchmarks.fleets.running import DEADLINE_S, Run, RunError
from benchmarks.inits import processes
from benchmarks.inits.contenders import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.fleets.contenders import Contender
    from benchmarks.inits.installed import Installed

WRITER = Path(__file__).with_name("writer.py")
WAYS = {"block": "in blocks of 8 KiB", "line": "a write for each line"}
_AT_ONCE = 1 << 20
_SILENCE_S = 0.5  # after all was written: nothing is on its way any more
_PAYLOAD = re.compile(rb"xx+|[ab]\d{9} ")
_FORMS = {  # how a whole line looks
    "prefix": rb"(?P<name>[ab]) \| (?P=name)\d{9} x{68}",
    "json": rb'\{"service":"(?P<name>[ab])","stream":"stdout","time":[\d.]+,'
    rb'"line":"(?P=name)\d{9} x{68}"\}',
}
_AS_IT_IS = rb"[ab]\d{9} x{68}"


class Case(NamedTuple):
    """One row to be; `writers` is 1 for a service that is alone."""

    contender: str
    log: str
    way: str
    writers: int = 2

    @property
    def title(self) -> str:
        if self.writers == 1:
            return f"{CONTENDERS[self.contender].title}, one service alone"
        return f"{CONTENDERS[self.contender].title}, {self.log}"


class Came(NamedTuple):
    """What came through."""

    chunks: list[bytes]
    seconds: float  # from the first byte of theirs to the last
    cpu_s: float  # of the supervisor, meanwhile


def cases(names: Iterable[str]) -> list[Case]:
    """All rows, the ways of writing one after the other."""
    found = []
    for way in WAYS:
        for name in names:
            found += [Case(name, log, way) for log in CONTENDERS[name].logs]
            found += [Case(name, "", way, writers=1)] if name == OURS else []
    return found


def measure(case: Case, tools: Installed, folder: Path, count: int) -> dict[str, Any]:
    """One run: lines per second, the supervisor's CPU time, and lines that were torn or lost."""
    contender = CONTENDERS[case.contender]
    done = [folder / f"{letter}.done" for letter in "ab"[: case.writers]]
    words = [sys.executable, "-I", "-S", str(WRITER)]
    services = [
        Service(path.stem, [*words, path.stem, str(count), case.way, str(path)]) for path in done
    ]
    came = _read(contender, case.log, tools, folder, services, done)
    whole, torn = told(came.chunks, case.log)
    return {
        "lines_per_s": count * case.writers / came.seconds,
        "cpu_s_per_million": came.cpu_s / count / case.writers * 1e6,
        "lines": count * case.writers,
        "whole": whole,
        "torn": torn,
    }


def _read(
    contender: Contender,
    log: str,
    tools: Installed,
    folder: Path,
    services: Sequence[Service],
    done: Sequence[Path],
) -> Came:
    command = contender.command(tools, folder, services, log)
    source, theirs = os.pipe()
    with Run(command, folder, environment(folder), theirs) as run:
        os.close(theirs)
        try:
            came = _until_silence(source, run.pid, done)
            run.process.send_signal(signal.SIGTERM)
            _drain(source)
            run.ended()
        finally:
            os.close(source)
    return came


def _until_silence(source: int, pid: int, done: Sequence[Path]) -> Came:
    chunks: list[bytes] = []
    begun = last = cpu = 0.0
    until = time.monotonic() + DEADLINE_S
    while True:
        if select.select([source], [], [], _SILENCE_S)[0]:
            chunk = os.read(source, _AT_ONCE)
            if not chunk:
                raise RunError(f"it ended early: {b''.join(chunks)[-500:]!r}")
            last = time.monotonic()
            chunks.append(chunk)
            if not begun and _PAYLOAD.search(chunk):
                begun, cpu = last, cpu_s(pid)
        elif all(path.exists() for path in done):
            return Came(chunks, last - begun, cpu_s(pid) - cpu)
        if time.monotonic() > until:
            raise RunError(f"not all came in {DEADLINE_S:g} s: {b''.join(chunks)[-500:]!r}")


def _drain(source: int) -> None:
    """Read its last words, so that it can say them."""
    with contextlib.suppress(OSError):
        while os.read(source, _AT_ONCE):
            pass


def cpu_s(pid: int) -> float:
    """Of one process."""
    return processes.activity([pid]).cpu_ns / 1e9


def told(chunks: Sequence[bytes], log: str) -> tuple[int, int]:
    """How many lines are whole, and how many are torn."""
    form = re.compile(_FORMS.get(log, _AS_IT_IS))
    whole = torn = 0
    rest = b""
    for chunk in (*chunks, b"\n"):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if form.fullmatch(line):
                whole += 1
            elif _PAYLOAD.search(line):
                torn += 1
    return whole, torn
