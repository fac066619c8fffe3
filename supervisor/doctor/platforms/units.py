"""Units of systemd: what they run, and how they are stopped (systemd.service(5), systemd.kill(5)).

What `systemctl stop` does first is ExecStop; what is left then gets KillSignal: all processes of
the unit, unless KillMode says otherwise. TimeoutStopSec is for each of the two; nobody
kills what is left where it is 0 or `infinity`, or with `SendSIGKILL=no`.
"""

from __future__ import annotations

import posixpath
import re
from math import inf
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.command import Command
from supervisor.doctor.knowledge.platforms import PLATFORMS
from supervisor.doctor.reading.commandline import shlexed
from supervisor.doctor.servers.uwsgi import NAMES
from supervisor.doctor.services.service import SYSTEMD, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.ini import Entry, Section
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.services.files import Files

TIMEOUTS: Final = ("TimeoutStopSec", "TimeoutSec")
NO: Final = ("no", "false", "off", "0", "n", "f")
PROGRAMS: Final = (*NAMES, "gunicorn", "uvicorn", "hypercorn", "celery", "nginx")
PREFIXES: Final = "@-:+!|"
RUNS_ON: Final = ("simple", "exec", "notify", "notify-reload", "idle", "")
DEFAULT_S: Final = PLATFORMS[SYSTEMD].grace_s
_FILLED: Final = re.compile(r"[{}@$<%]")  # a template: who fills it in says how long
_PART: Final = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z\u00b5\u03bc]*)\s*")
_UNITS: Final = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("us", "usec", "\u00b5s", "\u03bcs"), 1e-6),
    **{"ms": 1e-3, "msec": 1e-3},
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86400.0),
    **dict.fromkeys(("M", "month", "months"), 2629800.0),
    **dict.fromkeys(("y", "year", "years"), 31557600.0),
}


class Unit(Record):
    """A unit; `container`: what a Quadlet says to Podman."""

    path: str
    service: Section | None
    container: Section | None = None

    def get(self, key: str) -> Entry | None:
        """Return what `[Service]` says last."""
        return self.service.get(key) if self.service else None

    def text(self, key: str) -> str:
        """Return a value; empty if nothing is said."""
        found = self.get(key)
        return found.value.strip("\"' ") if found else ""

    def commands(self, key: str) -> tuple[tuple[str, Place], ...]:
        """Return command lines; one without anything forgets those before."""
        found: list[tuple[str, Place]] = []
        for entry in self.service.all(key) if self.service else ():
            text = entry.value.lstrip(PREFIXES).strip()
            found = [*found, (text, entry.place)] if text else []
        return tuple(found)

    @property
    def timeout(self) -> Entry | None:
        """Return who says last for how long a stop is waited for; what is no time is ignored."""
        said = (one for one in self.service.entries if one.key in TIMEOUTS) if self.service else ()
        told = [one for one in said if _FILLED.search(one.value) or timespan(one.value) is not None]
        return told[-1] if told else None

    @property
    def timeout_s(self) -> float | None:
        """Return for how long, without an end for 0; None: nobody can tell."""
        said = self.timeout
        seconds = timespan(said.value) if said else DEFAULT_S
        return inf if seconds == 0 else seconds

    @property
    def kills(self) -> bool:
        """Tell whether KILL comes in the end."""
        return self.text("SendSIGKILL").lower() not in NO


def unit_of(files: Files, source: Source) -> Unit | None:
    """Return what a file and its drop-ins say, if that is how something is run."""
    own = _dropped_in(files, source, "Service"), _dropped_in(files, source, "Container")
    found = Unit(source.path, *own)
    return found if found.service is not None or found.container is not None else None


def _dropped_in(files: Files, source: Source, name: str) -> Section | None:
    """Return a section with what its drop-ins add behind it, in the order of their names."""
    found: Section | None = None
    behind = (one for one in files.inside(f"{source.path}.d") if one.endswith(".conf"))
    for path in (source.path, *behind):
        parsed = files.ini(path, "systemd")
        more = parsed.section(name) if parsed else None
        if found is not None and more is not None:
            found = found.replace(entries=(*found.entries, *more.entries))
        found = found or more
    return found


def units(files: Files) -> Iterator[Unit]:
    """Return all units of a tree that run something."""
    for source in files:
        if source.kind == "systemd" and (found := unit_of(files, source)) is not None:
            yield found


def service_of(unit: Unit) -> Service | None:
    """Return what a unit runs itself, if nobody but systemd says how it is stopped."""
    starts, mode = unit.commands("ExecStart"), unit.text("KillMode") or "control-group"
    if len(starts) != 1 or unit.commands("ExecStop") or unit.text("Type") not in RUNS_ON:
        return None
    text, place = starts[0]
    argv = shlexed(text)
    if not argv or mode == "none" or "%" in argv[0] or unit.timeout_s is None:
        return None
    signal, timeout = unit.get("KillSignal"), unit.timeout
    return Service(
        kind=SYSTEMD,
        name=posixpath.basename(unit.path),
        place=place,
        cmd=Command(argv, place, text=text),
        grace_s=None if unit.kills and timeout is None else unit.timeout_s if unit.kills else inf,
        grace_place=timeout.place if timeout else None,
        stop_signal=signal.value if signal else None,
        stop_signal_place=signal.place if signal else None,
        all_told=mode == "control-group",
        env=_environment(unit),
    )


def _environment(unit: Unit) -> dict[str, str]:
    entries = unit.service.all("Environment") if unit.service else ()
    words = (word for entry in entries for word in shlexed(entry.value) or ())
    return {name: value for name, equals, value in (w.partition("=") for w in words) if equals}


def timespan(text: str) -> float | None:
    """Return the seconds of `1min 30s` (systemd.time(7)); None for what is no time."""
    if text.strip() == "infinity":
        return inf
    left, total = text.strip(), 0.0
    if not left or len(left) > 60:
        return None
    while left:
        match = _PART.match(left)
        if match is None or match[2] not in _UNITS:
            return None
        total += float(match[1]) * _UNITS[match[2]]
        left = left[match.end() :]
    return total
