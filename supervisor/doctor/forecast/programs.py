"""The programs at the end of the signal's path, and what they do with what arrives."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from supervisor.core.budget import RESERVE_S
from supervisor.core.signalnames import number as signal_number
from supervisor.doctor.commands.daemon import daemonized
from supervisor.doctor.commands.options import options_of
from supervisor.doctor.forecast.fate import Fate, unknown
from supervisor.doctor.house.pythonmain import hides
from supervisor.doctor.house.pythonmodules import BEFORE
from supervisor.doctor.knowledge import servers
from supervisor.doctor.knowledge.servers import CUT, ERROR, KEPT, Reaction
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.scripts.ends import DRAINS, FIFO, GRACE, NOW
from supervisor.doctor.servers.servers import IDLE
from supervisor.doctor.servers.uwsgi import NAMES as UWSGI
from supervisor.doctor.services.program import PROGRAM, Link

if TYPE_CHECKING:
    from supervisor.doctor.forecast.stop import Stop
    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.pythonnodes import Python
    from supervisor.doctor.servers.servers import Server
    from supervisor.doctor.servers.uwsgi import Uwsgi
    from supervisor.doctor.services.service import Service

HANDLED: Final = frozenset(("uwsgi:reload",))  # it hangs by its own doing
KEEPER: Final = "gracekeeper"
GRACE_S: Final = 10.0  # its own, where none is given
DIES: Final = frozenset(("KILL", "STOP"))


class Programs:
    """The servers of a house, by the services that run them."""

    def __init__(self, house: House) -> None:
        """Sort them."""
        self._house = house
        self._servers = {id(one.service): one for one in house.servers}
        self._uwsgis = {id(one.service): one for one in house.uwsgis if one.service}

    def fate(self, service: Service, link: Link, stop: Stop) -> Fate:
        """Return what becomes of it, and of its requests."""
        if link.kind != PROGRAM:
            what = f"`{link.name}` is not followed" if link.name else "its command is not known"
            return unknown(f"nobody can tell what runs: {what}")
        uwsgi, server = self._uwsgis.get(id(service)), self._servers.get(id(service))
        if stop.signal in DIES:
            return _uncaught(stop)
        if daemonized(link.argv) or (uwsgi and _leaves(uwsgi)):
            return unknown(f"`{link.name}` goes to the background, and who waits for it ends")
        if link.name in UWSGI:
            return self._uwsgi(uwsgi, stop)
        if server is not None and server.variant:
            return self._server(server, stop)
        if link.name == KEEPER:
            return self._keeper(link, stop)
        if link.name in servers.RUNNERS:
            fate = self._measured(link.name, stop)
            return fate.doubted(f"what `{link.name}` starts is not followed")
        if link.name == "busybox" and link.argv[1:2] and link.argv[1] in IDLE:
            return self._measured("idle", stop)
        parsed = self._house.files.python(link.source.path) if link.source else None
        if parsed is not None and _deaf(parsed) and not self._house.files.has(*BEFORE):
            why = f"it has no handler for {stop.name}"
            return _default(Fate(GRACE, 137, KEPT, why), stop)
        return unknown(f"nobody has measured what `{link.name}` does at {stop.name}")

    def _uwsgi(self, found: Uwsgi | None, stop: Stop) -> Fate:
        if found is None or not found.variant:
            return unknown("uWSGI's options decide, and not all of them are in the tree")
        if stop.signal == FIFO:
            return Fate(DRAINS, 0, KEPT, "its FIFO tells it to finish its requests")
        fate = self._measured(found.variant, stop)
        if stop.group and fate.ends == DRAINS:
            why = "its workers get SIGTERM themselves and drop their requests"
            return fate.replace(ends=NOW, request=CUT, why=why)
        return fate

    def _server(self, server: Server, stop: Stop) -> Fate:
        fate = self._measured(server.variant, stop)
        if stop.group and server.variant == "celery" and stop.signal == "TERM":
            why = "its pool gets SIGTERM itself: tasks die, and it waits for them"
            return fate.replace(ends=GRACE, code=137, request=CUT, why=why)
        if fate.ends != DRAINS:
            return fate
        limit = server.graceful_s
        if limit is not None:
            long = server.name == "uvicorn"
            where = "timeout-graceful-shutdown" if long else "graceful-timeout"
            return fate.replace(limit_s=limit, limit_place=server.where(where))
        if not server.sure:
            why = f"the configuration of {server.name} is not in the tree, nor how long it waits"
            return fate.doubted(why)
        return fate

    def _keeper(self, link: Link, stop: Stop) -> Fate:
        """Return what `gracekeeper run` comes to: in its own grace, less what it keeps of that."""
        fate = self._measured(KEEPER, stop)
        options, _ = options_of(link.argv[1:], {}, link.place)
        said = options.get("grace")
        if said is None and "config" in options:
            return fate.doubted("its grace is in its configuration, which is not followed")
        grace = duration(said.value) if said else GRACE_S
        if grace is None:
            return fate.doubted("its grace is computed")
        return fate.replace(limit_s=max(0.0, grace - RESERVE_S), limit_place=link.place)

    def _measured(self, variant: str, stop: Stop) -> Fate:
        """Return what the tables say."""
        name = variant.partition(":")[0]
        found = servers.reaction(variant, f"SIG{stop.signal}")
        if found is None:
            if stop.signal == FIFO or signal_number(stop.signal) is None:
                return unknown(f"nobody knows what `{name}` does at {stop.name}")
            return unknown(f"nobody has measured what `{name}` does at {stop.name}")
        ends = {servers.NOW: NOW, servers.DRAINS: DRAINS, servers.HANGS: GRACE}[found.ends]
        code = found.code
        if code is None:
            code = 128 + (signal_number(stop.signal) or 0)
        fate = Fate(ends, code, found.request, _why(variant, found, stop))
        if not found.measured:
            fate = fate.doubted(f"{name} at {stop.name} was not measured")
        if variant in HANDLED:
            return fate.replace(again=fate.ends == GRACE)
        return _default(fate, stop)


def _leaves(uwsgi: Uwsgi) -> bool:
    found = uwsgi.settings or uwsgi.said
    return found is not None and found.last("daemonize") is not None


def _why(variant: str, found: Reaction, stop: Stop) -> str:
    """Say in a few words what it does."""
    if found.ends == servers.HANGS:
        if variant in HANDLED:
            return f"takes {stop.name} for a reload: drops its requests and starts again"
        return f"has no handler for {stop.name}"
    if found.ends == servers.DRAINS:
        return "finishes its requests and ends"
    said = {ERROR: "ends at once, its requests get a 500", CUT: "ends at once, drops its requests"}
    return said.get(found.request, "ends at once")


def _default(fate: Fate, stop: Stop) -> Fate:
    """What hangs because it has no handler dies of the signal where it isn't PID 1."""
    if fate.ends != GRACE or stop.pid1:
        return fate
    return _uncaught(stop).replace(request=CUT if fate.request else "", unsure=fate.unsure)


def _uncaught(stop: Stop) -> Fate:
    if stop.signal == "STOP":
        return Fate(GRACE, 137, CUT, "SIGSTOP halts it until it is killed")
    code = 128 + (signal_number(stop.signal) or 0)
    return Fate(NOW, code, CUT, f"{stop.name} ends it at once: it has no handler")


def _deaf(parsed: Python) -> bool:
    """Tell whether a program in Python surely has no handler: all that it imports is Python's."""
    own = {name.partition(".")[0] for name in parsed.imports}
    if parsed.handlers or hides(parsed) or own & {"signal", "ctypes"}:
        return False
    return own <= sys.stdlib_module_names
