"""supervisord's configuration, and its programs as services of their own."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.command import Command
from supervisor.doctor.knowledge.platforms import SUPERVISORD_STOPWAIT_S
from supervisor.doctor.reading.commandline import shlexed
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.services.service import SUPERVISORD, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.reading.ini import Entry, Section
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.servers.uwsgi import Around
    from supervisor.doctor.services.files import Files

DEFAULTS: Final = (
    "/etc/supervisor/supervisord.conf",
    "/etc/supervisord.conf",
    "/etc/supervisor/conf.d/supervisord.conf",
    "supervisord.conf",
)
PRIORITY: Final = 999
NAMED: Final = "%(program_name)s"
FILLED: Final = re.compile(r"\{\{[^{}\n]{1,200}\}\}")  # by a template: a part of a word


class Program(Record):
    """A `[program:x]`, a `[fcgi-program:x]` or an `[eventlistener:x]`.

    `group`  the `[group:x]` that it is in; else one of its own
    """

    name: str
    section: Section
    listener: bool = False
    group: str = ""

    @property
    def place(self) -> Place:
        """Return where its command stands, or its section."""
        found = self.section.get("command")
        return found.place if found else self.section.place

    def get(self, key: str) -> Entry | None:
        """Return a setting."""
        return self.section.get(key)

    def flag(self, key: str) -> bool:
        """Tell whether a setting is on; killasgroup is with stopasgroup."""
        found = self.section.get(key)
        if found is None:
            return key == "killasgroup" and self.flag("stopasgroup")
        return found.value.lower() in ("true", "yes", "on", "1")

    @property
    def wait_s(self) -> float | None:
        """Return stopwaitsecs; None if it has a variable in it."""
        found = self.section.get("stopwaitsecs")
        return duration(found.value) if found else SUPERVISORD_STOPWAIT_S

    @property
    def priority(self) -> float:
        """Return its place in the order: who has most is stopped first."""
        found = self.section.get("priority")
        return (duration(found.value) or PRIORITY) if found else PRIORITY


class Supervised(Record):
    """One supervisord. `service`: who runs it, None if nobody in the tree does."""

    source: Source
    programs: tuple[Program, ...]
    service: Service | None = None
    nodaemon: bool = False
    section: Section | None = None  # [supervisord]
    place: Place | None = None

    @property
    def stops_s(self) -> float | None:
        """Return how long a stop may take: groups end one after another, also of one priority.

        Source: supervisord.py, ordered_stop_groups_phase_1; a program without a group is one.
        """
        waits: dict[str, float] = {}
        for one in self.programs:
            if one.wait_s is None:
                return None
            if not one.listener:
                waits[one.group] = max(waits.get(one.group, 0.0), one.wait_s)
        return sum(waits.values())


def supervised(
    service: Service | None, argv: tuple[str, ...], files: Files, around: Around | None
) -> Supervised | None:
    """Return the configuration that `supervisord ARGV` reads, if it is in the tree."""
    named = _option(argv, "-c", "--configuration")
    for path in (named,) if named else DEFAULTS:
        source = around.file(path) if around else None
        if source is not None:
            made = of_file(source, files)
            nodaemon = made.nodaemon or "-n" in argv or "--nodaemon" in argv
            return made.replace(service=service, nodaemon=nodaemon)
    return None


def of_file(source: Source, files: Files) -> Supervised:
    """Read a configuration, what it includes as well."""
    sections = list(_sections(source, files))
    own = next((one for one in sections if one.name == "supervisord"), None)
    said = own.get("nodaemon") if own else None
    grouped = dict(_grouped(sections))
    programs = []
    for section in sections:
        kind, _, name = section.name.partition(":")
        if kind in ("program", "fcgi-program", "eventlistener"):
            group = grouped.get(name, f"{kind}:{name}")
            programs.append(Program(name, section, kind == "eventlistener", group))
    nodaemon = said is not None and said.value.lower() in ("true", "yes", "on", "1")
    place = own.place if own else source.place(1)
    return Supervised(source, tuple(programs), None, nodaemon, own, place)


def _grouped(sections: list[Section]) -> Iterator[tuple[str, str]]:
    """Return the programs of every `[group:x]`, each with that name."""
    for section in sections:
        members = section.get("programs") if section.name.startswith("group:") else None
        for name in members.value.split(",") if members else ():
            yield name.strip(), section.name


def _sections(source: Source, files: Files, depth: int = 0) -> Iterator[Section]:
    parsed = files.ini(source.path, "supervisord")
    for section in parsed.sections if parsed else ():
        yield section
        included = section.get("files") if section.name == "include" and depth == 0 else None
        for pattern in included.value.split() if included else ():
            yield from _included(source, pattern, files)


def _included(source: Source, pattern: str, files: Files) -> Iterator[Section]:
    """Return the sections of files beside it, by the pattern's last part."""
    folder, name = posixpath.dirname(source.path), posixpath.basename(pattern)
    below = posixpath.basename(posixpath.dirname(pattern))
    folders = [folder, *([posixpath.join(folder, below)] if below else [])]
    for path in [path for where in folders for path in files.inside(where)]:
        if path != source.path and fnmatch(posixpath.basename(path), name):
            yield from _sections(files.by_path[path], files, 1)


def services_of(found: Supervised) -> Iterator[Service]:
    """Return its programs as services: they are stopped by it, not by a platform."""
    parent = found.service
    for program in found.programs:
        entry = program.get("command")
        if entry is None or program.listener:
            continue
        said = FILLED.sub("$X", entry.value)
        argv = tuple(word.replace(NAMED, program.name) for word in shlexed(said) or ())
        wait, signal = program.get("stopwaitsecs"), program.get("stopsignal")
        yield Service(
            kind=SUPERVISORD,
            name=program.name,
            place=program.section.place,
            image=parent.image if parent else None,
            image_name=parent.image_name if parent else "",
            cmd=Command(argv, entry.place, text=entry.value),
            grace_s=program.wait_s if wait else None,
            grace_place=wait.place if wait else None,
            stop_signal=signal.value if signal else None,
            stop_signal_place=signal.place if signal else None,
            env=parent.env if parent else {},
            parent=parent,
        )


def _option(argv: tuple[str, ...], *names: str) -> str:
    for at, word in enumerate(argv):
        for name in names:
            if word == name and argv[at + 1 :]:
                return argv[at + 1]
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
    return ""
