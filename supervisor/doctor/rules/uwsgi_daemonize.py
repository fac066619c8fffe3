"""A uWSGI that goes to the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.finding import HIGH, Edit, Finding
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import NAMES, Uwsgi, of_command
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = "Leave it in the foreground: write `logto` instead, or let it log to its container."
KEYS: Final = ("daemonize",)


def check(house: House) -> Iterator[Finding]:
    """Look at what services run, and at every uWSGI that their scripts start."""
    for uwsgi in _run(house):
        for key in KEYS:
            settings = uwsgi.settings or uwsgi.said
            said = settings.last(key) if settings else None
            if said is None or said.value.lower() in ("false", "0", "no", "off"):
                continue
            place = uwsgi.where(key) or uwsgi.place
            yield Finding(
                "uwsgi-daemonize",
                for_path(place.path, HIGH),
                place,
                "uWSGI leaves for the background, so no stop signal gets to it: it is killed with"
                " its container, and every request under way is cut.",
                FIX,
                _edits(house, uwsgi, key),
                (f"{uwsgi.place}: runs it",),
            )


def _run(house: House) -> Iterator[Uwsgi]:
    yield from (one for one in house.uwsgis if one.service is not None)
    for use in house.uses:
        for run in use.link.facts.runs if use.link.facts else ():
            if program_of(run.argv)[0] in NAMES:
                yield of_command(use.service, run.argv, run.place, house.around(use.service))


def _edits(house: House, uwsgi: Uwsgi, key: str) -> tuple[Edit, ...]:
    """Write `logto` where an ini names a file."""
    place = uwsgi.where(key)
    line = house.line(place) if place else ""
    value = line.partition("=")[2].strip()
    if place is None or line.partition("=")[0].strip() != "daemonize" or value[:1] != "/":
        return ()
    return (Edit(place, line.replace("daemonize", "logto", 1)),)


DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'
SCRIPT = 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'

RULE = Rule(
    id="uwsgi-daemonize",
    severity=HIGH,
    title="uWSGI goes to the background of its container",
    why=(
        "`daemonize` makes uWSGI fork and leave. As the main program its container ends at once;"
        " behind another one nobody passes SIGTERM on to it, and it is killed when PID 1 ends."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (
                ("Dockerfile", DOCKERFILE),
                ("uwsgi.ini", "[uwsgi]\nmaster = 1\ndaemonize = /var/log/uwsgi.log\n"),
            ),
            at="uwsgi.ini:3",
            fixed="[uwsgi]\nmaster = 1\nlogto = /var/log/uwsgi.log\n",
        ),
        Example(
            (
                ("Dockerfile", SCRIPT),
                (
                    "start.sh",
                    "#!/bin/sh\nuwsgi --daemonize /l -s :1\nexec nginx -g 'daemon off;'\n",
                ),
            ),
            at="start.sh:2",
        ),
    ),
    good=(
        Example((("uwsgi.ini", "[uwsgi]\nmaster = 1\ndaemonize = /var/log/uwsgi.log\n"),)),
        Example(
            (
                ("Dockerfile", DOCKERFILE),
                ("uwsgi.ini", "[uwsgi]\nmaster = 1\nlogto = /dev/stdout\n"),
            )
        ),
    ),
)
