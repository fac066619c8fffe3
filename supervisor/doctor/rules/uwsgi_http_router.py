"""uWSGI's HTTP router, whose waiting requests are lost at a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import LOW, MEDIUM, Finding
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = "Put a proxy in front and give uWSGI `http-socket` instead: its workers answer by themselves."


def check(house: House) -> Iterator[Finding]:
    """Look for `http` and `https`: each is a process between clients and workers."""
    for uwsgi in house.uwsgis:
        for key in ("http", "https"):
            settings = uwsgi.settings or uwsgi.said
            found = settings.last(key) if settings else None
            if found is None:
                continue
            place = uwsgi.at(found) or uwsgi.place
            yield Finding(
                "uwsgi-http-router",
                for_path(place.path, MEDIUM if uwsgi.service else LOW),
                place,
                f"`{key}` puts a router in front of the workers, which uWSGI ends by KILL when it"
                " stops: requests that wait in it get no answer.",
                FIX,
                (),
                (f"{uwsgi.place}: runs it",) if uwsgi.service else (),
            )


DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'

RULE = Rule(
    id="uwsgi-http-router",
    severity=MEDIUM,
    title="uWSGI's HTTP router loses the requests that wait in it",
    why=(
        "`http = :80` starts a router that takes connections and hands them to workers. When uWSGI"
        " stops, gateways get SIGKILL (uwsgi_destroy_processes in its source), so a request that no"
        " worker has taken yet is reset. What a worker has is finished where the hook is set."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (("Dockerfile", DOCKERFILE), ("uwsgi.ini", "[uwsgi]\nmaster = true\nhttp = :8000\n")),
            at="uwsgi.ini:3",
        ),
        Example(
            (("Dockerfile", 'FROM python:3.11-slim\nCMD ["uwsgi", "-M", "--http", ":80"]\n'),),
            at="Dockerfile:2",
        ),
        Example(
            (("uwsgi.ini", "[uwsgi]\nmaster = true\nhttp = :8000\n"),),
            at="uwsgi.ini:3",
            severity=LOW,
        ),
        Example(
            (("run.sh", '#!/bin/sh\nexec gosu x uwsgi --ini x.ini --http :80 "$@"\n'),),
            at="run.sh:2",
            severity=LOW,
        ),
        Example(
            (("Dockerfile", "FROM python:3.11-slim\nCMD uwsgi --http :80 --ini /etc/x.ini\n"),),
            at="Dockerfile:2",
        ),
        Example(
            (("uwsgi.ini.j2", "[uwsgi]\nmaster = true\nhttp = :{{ port }}\n"),),
            at="uwsgi.ini.j2:3",
            severity=LOW,
        ),
    ),
    good=(
        Example((("run.sh", '#!/bin/sh\nexec uwsgi --http-socket :80 --ini x.ini "$@"\n'),)),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = true\nhttp-socket = :8000\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = true\nhttp11-socket = :8000\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = true\nsocket = /run/a.sock\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nhttp-timeout = 30\n; http = :80\nsocket = :1\n"),)),
    ),
)
