"""Another program that uWSGI's master runs beside its workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.daemon import bare
from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.finding import LOW, MEDIUM, Finding
from supervisor.doctor.reading.commandline import shlexed
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.servers.uwsgi import Uwsgi
    from supervisor.servers.uwsgi.settings import Setting

FIX = "Run it as a service of its own, with a grace period of its own."
KEYS: Final = ("attach-daemon", "attach-daemon2", "smart-attach-daemon", "smart-attach-daemon2")
WORKING: Final = frozenset(
    (
        *("celery", "rq", "rqworker", "huey_consumer", "huey_consumer.py", "dramatiq", "arq"),
        *("redis-server", "postgres", "mysqld", "memcached", "rabbitmq-server", "manage.py"),
        *("daphne", "uvicorn", "gunicorn", "node"),
    )
)


def check(house: House) -> Iterator[Finding]:
    """Look at daemons that are attached."""
    for uwsgi in house.uwsgis:
        for said in uwsgi.settings.each(*KEYS) if uwsgi.settings else ():
            yield _finding(uwsgi, said)


def _finding(uwsgi: Uwsgi, said: Setting) -> Finding:
    name = _name(said)
    place = uwsgi.at(said) or uwsgi.place
    smart = said.key.startswith("smart")
    known = name in WORKING
    how = (
        "is not stopped by uWSGI at all, and is killed with its container"
        if smart
        else "gets TERM together with the workers, and KILL when reload-mercy, or 3 s, are over"
    )
    return Finding(
        "uwsgi-attach-daemon",
        for_path(place.path, MEDIUM if known else LOW),
        place,
        f"`{name or 'It'}` {how}: what it works at is lost, and requests that still need it fail.",
        FIX,
        (),
        (f"{uwsgi.place}: runs it",) if uwsgi.service else (),
    )


def _name(said: Setting) -> str:
    """Return the program's name: behind a pid file, or in `cmd=`."""
    text = said.value
    if said.key.endswith("2"):
        text = next((p[4:] for p in text.split(",") if p.startswith("cmd=")), "")
    words = shlexed(text) or ()
    return program_of(bare(words[1:] if said.key == "smart-attach-daemon" else words))[0]


RULE = Rule(
    id="uwsgi-attach-daemon",
    severity=MEDIUM,
    title="uWSGI runs another program, which goes down with its workers",
    why=(
        "A daemon that is attached is stopped with, or before, the workers: its process group gets"
        " TERM, then KILL after reload-mercy or 3 s (core/daemons.c). A task that a Celery worker"
        " has begun is lost, and a request under way that needs Redis fails."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (("uwsgi.ini", "[uwsgi]\nmaster = 1\nattach-daemon = nice -n 5 celery -A a worker\n"),),
            at="uwsgi.ini:3",
        ),
        Example(
            (("uwsgi.ini", "[uwsgi]\nmaster = 1\nattach-daemon = celery -A app worker\n"),),
            at="uwsgi.ini:3",
        ),
        Example(
            (
                (
                    "uwsgi.ini",
                    "[uwsgi]\nmaster = 1\n"
                    "smart-attach-daemon = /tmp/c.pid celery -A app worker --pidfile=/tmp/c.pid\n",
                ),
            ),
            at="uwsgi.ini:3",
        ),
        Example(
            (("uwsgi.ini", "[uwsgi]\nmaster = 1\nattach-daemon2 = cmd=./tick,freq=3\n"),),
            at="uwsgi.ini:3",
            severity=LOW,
        ),
    ),
    good=(
        Example((("uwsgi.ini", "[uwsgi]\nmaster = 1\nmule = jobs.py\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = 1\n# attach-daemon = celery\nsocket=:1\n"),)),
    ),
)
