"""uWSGI's effective options, from its command line, its environment and its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from supervisor.core.record import Record
from supervisor.doctor.finding import Place
from supervisor.doctor.knowledge.uwsgi_options import MASTER
from supervisor.doctor.servers.uwsgifiles import Inside
from supervisor.errors import UsageError
from supervisor.servers.uwsgi import settings
from supervisor.servers.uwsgi.settings import FALSE, Setting, Settings

if TYPE_CHECKING:
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.scripts.shellfacts import Run
    from supervisor.doctor.services.files import Files
    from supervisor.doctor.services.service import Service

NAMES: Final = ("uwsgi", "uwsgi-core", "pyuwsgi", "uwsgi_python3", "uwsgi_python")
# The function is behind the first blank, whatever else stands behind the number (core/hooks.c).
_HOOK: Final = re.compile(r"unix_signal:\s*(\d{1,3})(?:[^ ]* +|\s+)(\w+)")
_PAST: Final = re.compile(r"(?P<path>.+):(?P<line>\d+)")
GRACEFULLY: Final = "gracefully_kill_them_all"
# What tells how it stops, and what might load more of that under a condition.
_TELLING: Final = frozenset(
    ("master", "die-on-term", "exit-on-reload", "hook-master-start", "ini", "include", "inherit")
)
_REFERENCE: Final = re.compile(r"\$\([^()]+\)")
NO_MASTER, RELOAD, DIE, HOOK = (
    *("uwsgi:no-master", "uwsgi:reload", "uwsgi:die-on-term", "uwsgi:hook"),
)


class Uwsgi(Record):
    """One uWSGI as a service runs it, or a script on another path, or nobody: `service` is None.

    `settings`  None if a file of it is missing or is no ini; `unread` says why
    `said`      then, what is known of them: more may be set
    `ini`       its first ini file in the tree; `section`: that file's `[uwsgi]`
    `place`     what runs it, or its section
    `run`       the command of a script that starts it, where that is not what its service ends in
    `untold`    that script stays, and passes no signal on
    `unsure`    only its environment at run time tells how it stops
    """

    place: Place
    service: Service | None = None
    settings: Settings | None = None
    unread: str = ""
    said: Settings | None = None
    ini: Source | None = None
    section: Place | None = None
    paths: tuple[tuple[str, str], ...] = ()  # (as uWSGI calls it, in the tree)
    lines: tuple[tuple[str, tuple[int, ...]], ...] = ()  # of files that are no ini
    run: Run | None = None
    untold: bool = False
    unsure: bool = False

    @property
    def half(self) -> Uwsgi | None:
        """Return it by what is known, where that may not be all; None where it is."""
        if self.settings is None and self.said is not None:
            return self.replace(settings=self.said, unsure=False)
        return self.replace(unsure=False) if self.unsure else None

    @property
    def master(self) -> bool:
        """Tell whether it has a master: it says so, or an option needs one (`stats`, `cheaper`)."""
        on = False
        for one in self.settings.all if self.settings else ():
            if one.key == "master":
                on = one.value.lower() not in FALSE
            on = on or one.key in MASTER
        return on

    @property
    def hooks(self) -> dict[int, str]:
        """Return which signal its hooks bind to what."""
        found = self.settings.each("hook-master-start") if self.settings else ()
        return {int(m[1]): m[2] for one in found for m in _HOOK.finditer(one.value)}

    @property
    def variant(self) -> str:
        """Return how it is set up, as knowledge/servers.py knows it; empty if nobody can tell."""
        if self.settings is None or self.unsure:
            return ""
        if not self.master:
            return NO_MASTER
        if self.hooks.get(15) == GRACEFULLY:
            return HOOK
        if self.settings.flag("exit-on-reload"):
            return HOOK  # it ends where it would have reloaded, as gracefully
        return DIE if self.settings.flag("die-on-term") else RELOAD

    @property
    def mastered(self) -> Place | None:
        """Return where the first option stands that turns the master on."""
        found = self.settings.all if self.settings else ()
        on = (one for one in found if one.key == "master" or one.key in MASTER)
        return next((place for one in on if (place := self.at(one)) is not None), None)

    def where(self, key: str) -> Place | None:
        """Return where an option stands; None if it isn't set, or not in a file of the tree."""
        found = self.settings.last(key) if self.settings else None
        return self.at(found) if found else None

    def at(self, found: Setting) -> Place | None:
        """Return where one of its settings stands; None if it is in no file of the tree."""
        match = _PAST.fullmatch(found.where)
        if match is None:
            return None
        path = dict(self.paths).get(match["path"])
        lines, line = dict(self.lines).get(match["path"]), int(match["line"])
        return Place(path, lines[line - 1] if lines else line) if path else None

    def editable(self, key: str) -> Place | None:
        """Return where an option stands in an ini, to which lines can be added."""
        found = self.settings.last(key) if self.settings else None
        other = found is not None and found.where.rpartition(":")[0] in dict(self.lines)
        return None if found is None or other else self.at(found)


class Around(Protocol):
    """What a command meets."""

    env: dict[str, str]
    files: Files

    def file(self, path: str) -> Source | None:
        """Return a file of the tree by its path inside."""


def of_command(
    service: Service | None,
    argv: tuple[str, ...],
    place: Place,
    around: Around,
    cwd: str = "/",
    run: Run | None = None,
) -> Uwsgi:
    """Read what `uwsgi ...` comes to in a service, or in a script's folder.

    `run`: the command of a script that starts it, which may have given it variables.
    """
    cwd = service.image.workdir if service and service.image else cwd
    env = {**around.env, **dict(run.env if run else ())}
    inside = Inside(around.files, around, cwd, env)
    made = Uwsgi(place, service)
    if any(word.startswith("$") and not word[1:].isidentifier() for word in argv[1:]):
        return made.replace(unread="its arguments are not known", said=_said(argv, inside))
    argv = inside.taken(argv)
    try:
        found = settings.read(argv, inside)
    except (UsageError, OSError, ValueError, RecursionError) as error:
        said = _said(argv, inside)
        return made.replace(unread=str(error), said=said, **_files(inside))
    if not found.all:
        return made.replace(unread="it has no options that are known")
    return made.replace(settings=found, unsure=_unsure(found, inside), **_files(inside))


def of_file(source: Source, files: Files) -> Uwsgi:
    """Read an ini, or a file of another format, by itself."""
    inside = Inside(files, None, "/", {})
    inside.found[source.path] = source
    if source.kind.startswith("uwsgi-"):
        inside.forms[source.path] = source.kind.removeprefix("uwsgi-")
    made = Uwsgi(source.place(1))
    argv = ("uwsgi", "--ini", source.path)
    try:
        found = settings.read(argv, inside)
        made = made.replace(settings=found if found.all else None, unread="it is empty")
        made = made.replace(unsure=_unsure(found, inside))
    except (UsageError, OSError, ValueError, RecursionError) as error:
        made = made.replace(unread=str(error), said=_said(argv, inside))
    made = made.replace(unread="" if made.settings else made.unread, **_files(inside))
    return made.replace(place=made.section or made.place)


def _unsure(found: Settings, inside: Inside) -> bool:
    """Tell whether how it stops hangs on a variable or a file that nobody knows before it runs."""
    telling = (one for one in found.all if one.key in _TELLING)
    return any(_REFERENCE.search(one.value) for one in telling) or any(
        key in _TELLING or key in MASTER for key in inside.conditional()
    )


def _said(argv: tuple[str, ...], inside: Inside) -> Settings | None:
    """Read what there is: files that are missing, and arguments that nobody knows, are left out."""
    inside.lenient = True
    before = ("", *argv)
    known = [
        word
        for last, word in zip(before, argv, strict=False)
        if not word.startswith(("$", '"$')) or (last.startswith("-") and "=" not in last)
    ]
    try:
        return settings.read(known, inside)
    except (UsageError, OSError, ValueError, RecursionError):
        return None


def _files(inside: Inside) -> dict[str, object]:
    """Return the files that were read, as fields of Uwsgi."""
    first = next(iter(inside.found.values()), None)
    section = None
    if first is not None:
        heads = [at for at, line in enumerate(first.lines, 1) if line.strip() == "[uwsgi]"]
        heads = heads or list(inside.lines.get(next(iter(inside.found)), ()))
        section = first.place(heads[0]) if heads else None
    paths = tuple((name, source.path) for name, source in inside.found.items())
    lines = tuple(inside.lines.items())
    return {"ini": first, "section": section, "paths": paths, "lines": lines}
