"""Adds to a process what its files say about a stop: its script, or its configuration."""

from __future__ import annotations

import configparser
import json
import re
import socket
from contextlib import closing

from supervisor.errors import UsageError
from supervisor.ops.house import House
from supervisor.ops.process import Process
from supervisor.ops.programs import main_word, program
from supervisor.servers.uwsgi import settings

UWSGI_KEYS = ("master", "die-on-term", "exit-on-reload")
SUPERVISORD = (
    *("supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf"),
    "/etc/supervisor/supervisord.conf",
)
CONTROL, CONTROL_PATIENCE_S = "/run/gracekeeper.sock", 1.0
LIBRARIES = ("/usr/lib/python3", "/usr/lib/python3*", "/usr/local/lib/python3*")


def of(process: Process) -> Process:
    """Return it with its script and its settings, where there are any and we may read them."""
    kind = program(process)
    house = House(process.pid, dict(process.variables or ()))
    if kind in ("shell", "python", "node"):
        return process.replace(text=_script(process, kind, house))
    if kind == "uwsgi":
        return process.replace(settings=_uwsgi(process, house))
    if kind == "gracekeeper":
        return process.replace(settings=_gracekeeper(process, house))
    if kind == "supervisord":
        return process.replace(settings=_supervisord(process, house))
    if kind == "uvicorn":
        return process.replace(settings=_version(process, kind, house))
    return process


def _script(process: Process, kind: str, house: House) -> str | None:
    """Return the text of `-c`, `-e`, or of the file that it runs."""
    argv = process.argv[process.program == "busybox" :]
    inline = next((at for at, word in enumerate(argv) if at and _is_inline(word, kind)), None)
    if inline is not None and all(word.startswith("-") for word in argv[1:inline]):
        return argv[inline + 1] if argv[inline + 1 :] else None
    if kind == "python":
        file = main_word(argv)
        if file and "/" not in file and not file.endswith(".py"):
            file = f"{file.replace('.', '/')}.py"  # of -m, where it lies in its folder
    else:
        file = next((word for word in argv[1:] if not word.startswith("-")), "")
    try:
        return house.read(file) if file else None
    except OSError:
        return None


def _is_inline(word: str, kind: str) -> bool:
    if kind == "node":
        return word in ("-e", "--eval", "-p")
    return re.fullmatch(r"-[a-zA-Z]*c", word) is not None


def _uwsgi(process: Process, house: House) -> tuple[tuple[str, str], ...]:
    if len(process.argv) < 2:
        return (("unread", "its command line was overwritten (procname)"),)
    try:
        found = settings.read(process.argv, house)
    except (UsageError, OSError) as error:
        return (("unread", str(error)),)
    hooks = " ".join(one.value for one in found.each("hook-master-start"))
    flags = ((key, str(found.flag(key)).lower()) for key in UWSGI_KEYS)
    return (*flags, ("hook-master-start", hooks))


def _gracekeeper(process: Process, house: House) -> tuple[tuple[str, str], ...]:
    """Ask a keeper for its budget: what it was started with is not on its command line."""
    said = process.variable("GRACEKEEPER_CONTROL")
    for place in (said,) if said else (CONTROL, f"/tmp/gracekeeper-{process.uid}.sock"):  # noqa: S108
        with closing(socket.socket(socket.AF_UNIX)) as client:
            client.settimeout(CONTROL_PATIENCE_S)
            try:
                client.connect(house.outside(place))
                client.sendall(b'{"do": "status"}\n')
                with client.makefile("rb") as answers:
                    grace = json.loads(answers.read())["grace_s"]
            except (OSError, ValueError, LookupError):
                continue
            return (("grace", f"{grace:g}"),)
    return ()


def _supervisord(process: Process, house: House) -> tuple[tuple[str, str], ...]:
    """Return for each program, by the first word of its command, how it is stopped."""
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(" ;",))
    line = f"{' '.join(process.argv)} "
    given = re.search(r"(?:-c|--configuration)[ =](\S+)", line)
    for place in (given[1],) if given else SUPERVISORD:
        try:
            parser.read_string(house.read(place))
            folder = place.rpartition("/")[0]
            for pattern in parser.get("include", "files", fallback="").split():
                for file in house.matches(
                    pattern if pattern.startswith("/") else f"{folder}/{pattern}"
                ):
                    parser.read_string(house.read(file))
        except (OSError, configparser.Error):
            continue
        break
    return tuple(
        _program(parser, name) for name in parser.sections() if name.startswith("program:")
    )


def _program(parser: configparser.RawConfigParser, section: str) -> tuple[str, str]:
    command = parser.get(section, "command", fallback="").split() or [""]
    signal = parser.get(section, "stopsignal", fallback="TERM")
    patience = parser.get(section, "stopwaitsecs", fallback="10")
    return f"program {command[0].rpartition('/')[2]}", f"{signal} {patience}"


def _version(process: Process, name: str, house: House) -> tuple[tuple[str, str], ...]:
    """Return an installed distribution's version, by the folder that it is installed in."""
    prefix = process.argv[0].rpartition("/")[0].rpartition("/")[0]
    places = (f"{prefix}/lib/python3*", *LIBRARIES) if prefix else LIBRARIES
    for place in places:
        for kind in ("site-packages", "dist-packages"):
            for found in house.matches(f"{place}/{kind}/{name}-*"):
                if match := re.search(rf"/{name}-(\d[\w.]*?)(?:\.dist-info|\.egg-info)", found):
                    return (("version", match[1]),)
    return ()
