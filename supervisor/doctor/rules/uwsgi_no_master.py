"""A uWSGI without a master, which dies of every stop signal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import HIGH, INFO, MEDIUM, Edit, Finding
from supervisor.doctor.house.granting import after
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import NO_MASTER
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.servers.uwsgi import Uwsgi

HOOK: Final = "hook-master-start = unix_signal:15 gracefully_kill_them_all"
FIX = f"Add `master = true` and `{HOOK}` to its ini."
APPS: Final = ("module", "wsgi-file", "file", "mount", "paste", "callable", "app", "pyrun")
DOORS: Final = (
    "socket",
    "http",
    "http-socket",
    "https",
    "http11-socket",
    "uwsgi-socket",
    "protocol",
)
OTHERS: Final = ("emperor", "vassals", "zerg", "fastrouter", "mules", "command-mode")


def check(house: House) -> Iterator[Finding]:
    """Look at uWSGIs that serve an application by themselves."""
    for uwsgi in house.uwsgis:
        half = uwsgi.half
        read = half or uwsgi
        settings = read.settings
        if settings is None or read.variant != NO_MASTER:
            continue
        if any(settings.last(one) for one in OTHERS):
            continue
        doors = settings.each(*DOORS) or any("$" in one.key for one in settings.all)
        if not doors or ((half or _alone(uwsgi)) and not settings.each(*APPS)):
            continue  # somebody else has the rest of it
        found = _finding(read, house)
        unless = f"Unless what is not known here turns a master on: {_lower(found.why)}"
        yield found.replace(severity=INFO, why=unless, edits=()) if half else found


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _alone(uwsgi: Uwsgi) -> bool:
    return uwsgi.service is None and uwsgi.run is None


def _severity(uwsgi: Uwsgi, place: Place) -> str:
    if _alone(uwsgi):
        return INFO
    return for_path(place.path, HIGH if uwsgi.service else MEDIUM)


def _finding(uwsgi: Uwsgi, house: House) -> Finding:
    place = uwsgi.where("master") or uwsgi.section or uwsgi.place
    hooks = uwsgi.settings.each("hook-master-start") if uwsgi.settings else ()
    dead = "; its hook never runs, for it belongs to the master" if hooks else ""
    unless = "Unless who starts it adds `--master`, it" if _alone(uwsgi) else "It"
    return Finding(
        "uwsgi-no-master",
        _severity(uwsgi, place),
        place,
        f"{unless} dies of SIGTERM within 0.3 s with exit code 30, and cuts every request under"
        f" way{dead}.",
        FIX,
        _edits(uwsgi, house),
        (f"{uwsgi.place}: runs it",) if uwsgi.service else (),
    )


def _edits(uwsgi: Uwsgi, house: House) -> tuple[Edit, ...]:
    """Put a master below `[uwsgi]`, where nothing says that there should be none."""
    settings = uwsgi.settings
    if settings is None or settings.last("master") or uwsgi.section is None:
        return ()
    if uwsgi.service is None or house.line(uwsgi.section).strip() != "[uwsgi]":
        return ()
    hook = "" if 15 in uwsgi.hooks else f"\n{HOOK}"
    return after(house, uwsgi.section, f"master = true{hook}")


DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'


def _files(ini: str, dockerfile: str = DOCKERFILE) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", dockerfile), ("uwsgi.ini", ini))


RULE = Rule(
    id="uwsgi-no-master",
    severity=HIGH,
    title="uWSGI has no master, so nothing waits for its requests",
    why=(
        "Without a master SIGTERM ends uWSGI like any program that has no handler: measured, it"
        " was gone after 0.2 to 0.3 s with exit code 30, and the request under way was cut. Hooks"
        " of the master, the usual remedy, never run."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("[uwsgi]\nhttp-socket = :80\nmodule = app\n"),
            at="uwsgi.ini:1",
            fixed=f"[uwsgi]\nmaster = true\n{HOOK}\nhttp-socket = :80\nmodule = app\n",
        ),
        Example(
            _files(f"[uwsgi]\nmaster = false\n{HOOK}\nsocket = :80\n"),
            at="uwsgi.ini:2",
        ),
        Example(
            _files("", 'FROM python:3.11-slim\nCMD ["uwsgi", "--http", ":80", "-w", "app"]\n'),
            at="Dockerfile:2",
        ),
        Example(
            (("uwsgi.ini", "[uwsgi]\nhttp-socket = :80\nmodule = app\n"),),
            at="uwsgi.ini:1",
            severity=INFO,
        ),
        Example(
            (("run.sh", '#!/bin/sh\nexec uwsgi "--${MODE}" ${AT} --processes $N --module a:b\n'),),
            at="run.sh:2",
            severity=INFO,
        ),
        Example(
            (("run.sh", "#!/bin/sh\nexec uwsgi --http :80 -w app --ini made.ini\n"),),
            at="run.sh:2",
            severity=INFO,
        ),
        Example(
            _files("[uwsgi]\nhttp = :80\nmodule = a\nif-env = PROD\nmaster = true\nendif =\n"),
            at="uwsgi.ini:1",
            severity=INFO,
            by_hand=True,
        ),
        Example(
            (*_files("[uwsgi]\nhttp = :80\nimport = b.ini\n"), ("b.ini", "[uwsgi]\nmaster = 1\n")),
            at="uwsgi.ini:1",  # it imports a module of Python's (plugins/python/python_plugin.c)
        ),
    ),
    good=(
        Example(_files("[uwsgi]\nmaster\nhttp-socket = :80\n")),
        Example(_files("[uwsgi]\nhttp-socket = :80\nstats = :9191\n")),
        Example(_files("[uwsgi]\nhttp-socket = :80\npy-autoreload = 2\n")),
        Example(_files("[uwsgi]\nemperor = /etc/vassals\n")),
        Example((("run.sh", "#!/bin/sh\nexec uwsgi --ini made.ini\n"),)),
        Example((("run.sh", "#!/bin/sh\nexec uwsgi --master --http :80 -w app $MORE\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nmodule = app\n"),)),
        Example(_files("[uwsgi]\nhttp-socket = :80\n", f"{DOCKERFILE}ENV UWSGI_MASTER=1\n")),
    ),
)
