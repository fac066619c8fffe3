"""The rows: supervisors of several services, each as a command line and the files it needs."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.inits import contenders as inits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.inits.installed import Installed

OURS, SUPERVISORD, CIRCUS, S6 = "gracekeeper", "supervisord", "circus", "s6"


@dataclass(frozen=True, slots=True)
class Service:
    """One service, after those of the layer before; `ready`: the file by which it says so."""

    name: str
    command: Sequence[str]
    layer: int = 0
    ready: str = ""


@dataclass(frozen=True, slots=True)
class Contender:
    """One row.

    `orders`, `probes`: it can be told an order, and when a service is ready. `logs`: the ways in
    which it passes lines on.
    """

    name: str
    title: str
    program: str
    command: Callable[[Installed, Path, Sequence[Service], str], list[str]]
    orders: bool = True
    probes: bool = False
    logs: tuple[str, ...] = ("",)

    def missing(self, tools: Installed) -> str:
        """What to do to have this row; empty: it is there."""
        return "" if tools.program(self.program) else f"missing: apt-get install {self.name}"


def toml(services: Sequence[Service], log: str = "") -> str:
    """A gracekeeper.toml: each after all of the layer before."""
    lines = ["grace = 60"]
    for one in services:
        before = [other.name for other in services if other.layer == one.layer - 1]
        lines += [f"[services.{one.name}]", f"command = {json.dumps(list(one.command))}"]
        lines += [f"after = {json.dumps(before)}"] if before else []
        lines += [f'log = "{log}"'] if log else []
        lines += [f'ready = {{ file = "{one.ready}" }}'] if one.ready else []
    return _text(lines)


def _gracekeeper(
    tools: Installed, folder: Path, services: Sequence[Service], log: str
) -> list[str]:
    path = _written(folder / "gracekeeper.toml", toml(services, log))
    return [str(tools.program("gracekeeper")), "run", "--config", path]


def _supervisord(
    tools: Installed, folder: Path, services: Sequence[Service], log: str
) -> list[str]:
    """Its priorities are numbers; the lowest starts first."""
    lines = [
        *("[supervisord]", "nodaemon=true", "silent=true", "user=root", "minfds=4096"),
        f"logfile={folder}/supervisord.log",
        f"pidfile={folder}/supervisord.pid",
        f"childlogdir={folder}",
    ]
    for one in services:
        lines += [f"[program:{one.name}]", f"command={shlex.join(one.command)}"]
        lines += [f"priority={one.layer + 1}", "autorestart=false"]
        if log:
            lines += ["stdout_logfile=/dev/fd/1", "stdout_logfile_maxbytes=0"]
    return [
        str(tools.program("supervisord")),
        "-c",
        _written(folder / "supervisord.conf", _text(lines)),
    ]


def _circus(tools: Installed, folder: Path, services: Sequence[Service], log: str) -> list[str]:
    """Its priorities are numbers; the highest starts first."""
    names = ("endpoint", "pubsub_endpoint")
    lines = ["[circus]", *(f"{it} = ipc://{folder}/{it}" for it in names)]
    for one in services:
        lines += [f"[watcher:{one.name}]", f"cmd = {shlex.join(one.command)}", "respawn = False"]
        lines += [f"priority = {len(services) - one.layer}"]
        lines += ["stdout_stream.class = StdoutStream"] if log else []
    ini = _written(folder / "circus.ini", _text(lines))
    return [str(tools.program("circusd")), "--log-output", f"{folder}/circus.log", ini]


def _s6(tools: Installed, folder: Path, services: Sequence[Service], log: str) -> list[str]:
    commands = [one.command for one in services]
    return inits.CONTENDERS["s6"].command(tools, folder, commands)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def _written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


_ROWS = (
    Contender(OURS, OURS, OURS, _gracekeeper, probes=True, logs=("prefix", "json", "inherit")),
    Contender(SUPERVISORD, SUPERVISORD, SUPERVISORD, _supervisord, logs=("/dev/fd/1",)),
    Contender(CIRCUS, CIRCUS, "circusd", _circus, logs=("StdoutStream",)),
    Contender(S6, "s6-svscan", "s6-svscan", _s6, orders=False, logs=()),
)
CONTENDERS = {row.name: row for row in _ROWS}
