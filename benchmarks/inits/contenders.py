"""The rows: each init as a command line for one command, or for several where it takes them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.inits import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.inits.installed import Installed

DIRECT, OURS, BARE, TINI, SUPERVISORD = "direct", "gracekeeper", "bare", "tini", "supervisord"
OURS_UWSGI = "gracekeeper-uwsgi"  # only its memory is measured


@dataclass(frozen=True, slots=True)
class Contender:
    """One row.

    `package`: where its program comes from. `forwards`: USR1 reaches the child. `ends_with_child`:
    it ends when its command does, with a status that is meant to be that of the command.
    `several`: it takes several commands. `full`: enough rounds to see a loss of one in hundreds.
    """

    name: str
    title: str
    program: str
    command: Callable[[Installed, Path, Sequence[Sequence[str]]], list[str]]
    package: str = ""
    forwards: bool = True
    ends_with_child: bool = True
    several: bool = False
    full: bool = False

    def missing(self, tools: Installed) -> str:
        """What to do to have this row; empty: it is there."""
        if not self.program or tools.program(self.program):
            return ""
        return f"missing: apt-get install {self.package}"


def _simple(program: str, *words: str) -> Callable[..., list[str]]:
    """An init that takes one command as its arguments."""

    def command(tools: Installed, folder: Path, commands: Sequence[Sequence[str]]) -> list[str]:
        return [str(tools.program(program)), *words, *commands[0]]

    return command


def _direct(tools: Installed, folder: Path, commands: Sequence[Sequence[str]]) -> list[str]:
    return list(commands[0])


def _bare(tools: Installed, folder: Path, commands: Sequence[Sequence[str]]) -> list[str]:
    return [tools.python, "-I", "-S", "-E", str(tools.bare_loop), *commands[0]]


def _s6(tools: Installed, folder: Path, commands: Sequence[Sequence[str]]) -> list[str]:
    scan = folder / "scan"
    for number, command in enumerate(commands):
        service = scan / f"one{number}"
        service.mkdir(parents=True)
        run = service / "run"
        run.write_text(f"#!/bin/sh\nexec {shlex.join(command)}\n", encoding="utf-8")
        run.chmod(0o755)
        # Without this it starts the command again, as it is made to.
        finish = service / "finish"
        finish.write_text("#!/bin/sh\nexit 125\n", encoding="utf-8")
        finish.chmod(0o755)
    return [str(tools.program("s6-svscan")), str(scan)]


def _supervisord(tools: Installed, folder: Path, commands: Sequence[Sequence[str]]) -> list[str]:
    lines = [
        "[supervisord]",
        "nodaemon=true",
        "user=root",
        f"logfile={folder}/supervisord.log",
        f"pidfile={folder}/supervisord.pid",
        f"childlogdir={folder}",
    ]
    for number, command in enumerate(commands):
        lines += [f"[program:one{number}]", f"command={shlex.join(command)}", "autorestart=false"]
    return [str(tools.program("supervisord")), "-c", _written(folder / "supervisord.conf", lines)]


def _circus(tools: Installed, folder: Path, commands: Sequence[Sequence[str]]) -> list[str]:
    # No endpoint for statistics: that one starts a second process, which polls.
    names = ("endpoint", "pubsub_endpoint")
    lines = ["[circus]", *(f"{it} = ipc://{folder}/{it}" for it in names)]
    for number, command in enumerate(commands):
        lines += [f"[watcher:one{number}]", f"cmd = {shlex.join(command)}", "respawn = False"]
    return [str(tools.program("circusd")), _written(folder / "circus.ini", lines)]


def _honcho(tools: Installed, folder: Path, commands: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"one{number}: {shlex.join(command)}" for number, command in enumerate(commands)]
    procfile = _written(folder / "Procfile", lines)
    return [str(tools.program("honcho")), "--no-colour", "-f", procfile, "start"]


def _written(path: Path, lines: Sequence[str]) -> str:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


# Straight from its `exec`; not an init, but what the others are compared with.
FLOOR = Contender(DIRECT, "direct exec", "", _direct)
_ROWS = (
    Contender(OURS, "gracekeeper", "gracekeeper", _simple("gracekeeper", "run", "--"), full=True),
    Contender(BARE, "bare CPython loop", "", _bare),
    Contender(TINI, "tini", "tini", _simple("tini", "--"), "tini"),
    Contender("dumb-init", "dumb-init", "dumb-init", _simple("dumb-init", "--"), "dumb-init"),
    Contender("catatonit", "catatonit", "catatonit", _simple("catatonit", "--"), "catatonit"),
    Contender(
        "s6",
        "s6-svscan",
        "s6-svscan",
        _s6,
        "s6",
        forwards=False,
        ends_with_child=False,
        several=True,
    ),
    Contender(
        SUPERVISORD,
        "supervisord",
        "supervisord",
        _supervisord,
        forwards=False,
        ends_with_child=False,
        several=True,
    ),
    Contender(
        "circus", "circus", "circusd", _circus, forwards=False, ends_with_child=False, several=True
    ),
    Contender("honcho", "honcho", "honcho", _honcho, forwards=False, several=True),
)
CONTENDERS = {row.name: row for row in _ROWS}


def environment(folder: Path) -> dict[str, str]:
    """The same for all, and nothing of the caller's; sockets and files go into the folder."""
    path = f"{installed.own_bin()}:{installed.SYSTEM_PATH}"
    home = str(folder)
    return {"PATH": path, "LANG": "C.UTF-8", "HOME": home, "XDG_RUNTIME_DIR": home, "TMPDIR": home}
