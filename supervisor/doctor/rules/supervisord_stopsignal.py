"""A program that supervisord stops by the wrong signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import MEDIUM, Edit, Finding
from supervisor.doctor.house.granting import after
from supervisor.doctor.knowledge.servers import graceful
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import DIE, NAMES, RELOAD
from supervisor.doctor.services.hearing import for_path, hears
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = "Set `stopsignal` to the signal at which the program finishes its requests."
HOOK = "hook-master-start = unix_signal:15 gracefully_kill_them_all"


def check(house: House) -> Iterator[Finding]:
    """Look at programs whose graceful signal is known."""
    for service in house.services:
        if service.kind != SUPERVISORD or not hears(service) or service.chain is None:
            continue
        name = service.chain.program
        wanted = graceful(name)
        if name in NAMES or not wanted or service.signal in wanted:
            continue
        yield _finding(
            service,
            f"{service.signal} makes {name} drop what is under way; at {wanted[0]} it would finish"
            " it first.",
            f"Write `stopsignal={wanted[0].removeprefix('SIG')}`.",
            _edits(house, service, wanted[0].removeprefix("SIG")),
        )
    for uwsgi in house.uwsgis:
        used = uwsgi.service
        if used is None or used.kind != SUPERVISORD or not hears(used) or 15 in uwsgi.hooks:
            continue
        if used.signal == "SIGTERM" and uwsgi.variant in (DIE, RELOAD):
            does = "ends at once" if uwsgi.variant == DIE else "reloads until it is killed"
            yield _finding(
                used,
                f"At SIGTERM this uWSGI {does}, and cuts every request under way: it has no hook"
                " that waits for them.",
                f"Leave the signal, and add `{HOOK}` to its ini.",
            )


def _finding(service: Service, why: str, fix: str, edits: tuple[Edit, ...] = ()) -> Finding:
    place = service.stop_signal_place or (service.cmd.place if service.cmd else service.place)
    return Finding("supervisord-stopsignal", for_path(place.path, MEDIUM), place, why, fix, edits)


def _edits(house: House, service: Service, signal: str) -> tuple[Edit, ...]:
    place = service.stop_signal_place
    if place is not None:
        return (Edit(place.replace(end_line=0), f"stopsignal={signal}"),)
    return after(house, service.cmd.place, f"stopsignal={signal}") if service.cmd else ()


def _conf(text: str) -> tuple[tuple[str, str], ...]:
    return (("supervisord.conf", f"[supervisord]\nnodaemon=true\n[program:x]\n{text}"),)


RULE = Rule(
    id="supervisord-stopsignal",
    severity=MEDIUM,
    title="supervisord stops a program by a signal at which it drops its requests",
    why=(
        "supervisord sends SIGTERM unless `stopsignal` says otherwise. Measured: nginx cuts its"
        " requests at SIGTERM and finishes them at SIGQUIT; gunicorn answers with 500 at SIGQUIT"
        " and SIGINT; uWSGI without its hook cuts them at every signal."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _conf("command=nginx -g 'daemon off;'\nautorestart=true\n"),
            at="supervisord.conf:4",
            fixed="[supervisord]\nnodaemon=true\n[program:x]\ncommand=nginx -g 'daemon off;'\n"
            "stopsignal=QUIT\nautorestart=true\n",
        ),
        Example(
            _conf("command=gunicorn app:app\nstopsignal=QUIT\n"),
            at="supervisord.conf:5",
            fixed="[supervisord]\nnodaemon=true\n[program:x]\ncommand=gunicorn app:app\n"
            "stopsignal=TERM\n",
        ),
        Example(
            (("s.conf", "[program:nginx]\ncommand=/usr/sbin/%(program_name)s -g 'daemon off;'\n"),),
            at="s.conf:2",
        ),
        Example(_conf("command=uwsgi --master --http-socket :80\n"), at="supervisord.conf:4"),
    ),
    good=(
        Example(_conf("command=nginx -g 'daemon off;'\nstopsignal=QUIT\n")),
        Example(_conf("command=gunicorn app:app\n")),
        Example(_conf("command=php-fpm -F\nstopsignal=QUIT\n")),
        Example(_conf("command=./server\nstopsignal=INT\n")),
        Example(_conf("command=celery -A app worker\nstopsignal=INT\n")),
    ),
)
