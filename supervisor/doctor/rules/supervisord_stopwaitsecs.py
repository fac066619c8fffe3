"""A program of supervisord's that is killed before it is done."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import SERVER, is_shell, role
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import INFO, LOW, MEDIUM, Edit, Finding
from supervisor.doctor.house.granting import after
from supervisor.doctor.house.longwork import task_limit, worker
from supervisor.doctor.house.standing import called
from supervisor.doctor.knowledge.daemons import HELPERS
from supervisor.doctor.knowledge.platforms import GUNICORN_GRACEFUL_S, MARGIN_S, UWSGI_MERCY_S
from supervisor.doctor.knowledge.servers import graceful
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import HOOK, RELOAD
from supervisor.doctor.services.hearing import for_path, hears
from supervisor.doctor.services.program import UNKNOWN
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = "Set `stopwaitsecs` some seconds above what the program waits for its requests or tasks."
SPARE_S: Final = 5
MAYS: Final = {HOOK: "waits", RELOAD: "would wait, with a hook,", "": "may wait"}
DEFAULT_S: Final = 10
SHORT_S: Final = 5
LIMITED: Final = ("gunicorn", "uvicorn", "hypercorn")
NAMED: Final = re.compile(r"celery|gunicorn|uwsgi|worker")
SCRIPT: Final = re.compile(r".+\.(?:py|rb|php|m?js)")
TAKES: Final = re.compile(r"(?:^|[_.-])(?:workers?|consumers?)(?:$|[_.-])")


def check(house: House) -> Iterator[Finding]:
    """Look at programs of which it is known how long they take."""
    celery = any(one.variant == "celery" for one in house.servers)
    longest = (task_limit(house) if celery else 0.0) or None
    for server in house.servers:
        service = server.service
        if not _known(service):
            continue
        if server.name in LIMITED and service.signal in graceful(server.name):
            waited = server.graceful_s
            if waited is not None and waited + MARGIN_S > service.grace:
                waits = f"{server.name} waits up to {waited:g} s for its requests"
                yield _finding(house, service, waits, waited)
            elif (
                server.name == "gunicorn"
                and not server.sure
                and "graceful-timeout" not in server.options
            ):
                yield from _defaulted(house, service)
        elif server.variant == "celery" and service.signal in graceful("celery"):
            own = server.get("time-limit") or server.get("soft-time-limit")
            limit = duration(own) if own else longest
            if limit is not None and limit > service.grace:
                yield _finding(house, service, f"A task of Celery may take {limit:g} s", limit)
            elif limit is None and (service.grace_s or 0) <= DEFAULT_S:
                yield _finding(house, service, "A Celery worker waits for its tasks to end")
    limited = {id(one.service) for one in house.servers if one.graceful_s is not None}
    yield from _workers(house, limited)
    for uwsgi in house.uwsgis:
        used = uwsgi.service
        if (
            used is None
            or not _known(used)
            or uwsgi.variant not in (HOOK, RELOAD, "")
            or (used.grace_s or 0) > DEFAULT_S
        ):
            continue
        if used.signal == "SIGTERM":
            unread = uwsgi.variant != HOOK  # a reload cuts them; with a hook it waits for them
            waits = f"uWSGI {MAYS[uwsgi.variant]} for its requests"
            found = _finding(house, used, waits, UWSGI_MERCY_S)
            yield found.replace(severity=INFO, edits=()) if unread else found


def _defaulted(house: House, service: Service) -> Iterator[Finding]:
    """Say what holds unless a configuration that is not in the tree says otherwise."""
    if service.grace < GUNICORN_GRACEFUL_S:
        waits = f"Unless its configuration says otherwise, gunicorn waits {GUNICORN_GRACEFUL_S:g} s"
        yield _finding(house, service, waits).replace(severity=INFO)


def _workers(house: House, limited: set[int]) -> Iterator[Finding]:
    """Look at other programs that end the task which they have taken, before they end."""
    for service in house.services:
        if name := _may_run_one(service):
            what = f"If `{called(name)}` runs a server or a worker, that waits"
            yield _finding(house, service, what).replace(severity=INFO)
        if not _known(service) or (service.grace_s or 0) > DEFAULT_S:
            continue
        chain = service.chain
        name = chain.main.name if chain else ""
        short = service.grace_s is not None and service.grace_s < SHORT_S
        if short and name not in ("uvicorn", "gunicorn", "celery") and _serves(service, name):
            yield _finding(house, service, f"`{called(name)}` may have requests that take longer")
        if service.signal != "SIGTERM":
            continue
        if worker(service) and name != "celery":
            yield _finding(house, service, "A worker waits for its task to end")
        elif name == "uvicorn" and id(service) not in limited:
            found = _finding(house, service, "uvicorn waits for its requests without a limit")
            yield found if short else found.replace(severity=INFO)


def _serves(service: Service, name: str) -> bool:
    """Tell whether it finishes its requests at the signal that it gets, or may do so."""
    known = graceful(name)
    if known:
        return service.signal in known
    return name not in HELPERS and role(service.argv) == SERVER


def _may_run_one(service: Service) -> str:
    """Return the script of which nothing is known but its name, which says that it does."""
    default = service.grace_s is None and service.grace_place is None
    if service.kind != SUPERVISORD or not default or not service.argv or service.oneshot:
        return ""
    if service.chain is None or service.chain.main.kind == UNKNOWN:
        name = base(service.argv[1 if is_shell(service.argv) and service.argv[1:] else 0])
        return name if NAMED.search(name.lower()) else ""
    name = service.chain.program
    takes = SCRIPT.fullmatch(name) and TAKES.search(name.lower()) and hears(service)
    return name if takes else ""


def _known(service: Service) -> bool:
    """Tell whether supervisord runs it, tells it, and says plainly for how long it waits."""
    plain = service.grace_s is not None or service.grace_place is None
    return service.kind == SUPERVISORD and plain and hears(service)


def _finding(house: House, service: Service, waits: str, seconds: float = 0.0) -> Finding:
    default = " (its default)" if service.grace_s is None else ""
    place = service.grace_place or (service.cmd.place if service.cmd else service.place)
    tight = 0 < seconds <= service.grace
    return Finding(
        "supervisord-stopwaitsecs",
        for_path(place.path, LOW if tight else MEDIUM),
        place,
        f"{waits}, but supervisord kills it after {service.grace:g}"
        f" s{default}: what is under way is cut, and children of it are left behind.",
        FIX,
        _edits(house, service, seconds),
    )


def _edits(house: House, service: Service, seconds: float) -> tuple[Edit, ...]:
    """Write the value that is known to be enough."""
    if not seconds or service.cmd is None:
        return ()
    wanted = math.ceil(seconds + SPARE_S)
    if service.grace_place is None:
        return after(house, service.cmd.place, f"stopwaitsecs={wanted}")
    line = house.line(service.grace_place)
    key, equals, value = line.partition("=")
    if not equals or not value.strip().isdecimal():
        return ()
    return (Edit(service.grace_place.replace(end_line=0), f"{key}={wanted}"),)


def _conf(text: str) -> tuple[tuple[str, str], ...]:
    return (("supervisord.conf", f"[supervisord]\nnodaemon=true\n[program:x]\n{text}"),)


RULE = Rule(
    id="supervisord-stopwaitsecs",
    severity=MEDIUM,
    title="supervisord kills a program before it is done",
    why=(
        "supervisord waits 10 s, if nobody says otherwise, and then sends SIGKILL. gunicorn waits"
        " 30 s for its requests, uWSGI's mercy is 60 s, a Celery worker waits for its tasks. What"
        " is killed is the master: its workers are orphaned, and go on until the container ends."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_conf("command=celery -A a worker\nstopsignal=INT\n"), at="supervisord.conf:4"),
        Example(_conf("command=./manage.py rq worker %(ENV_QUEUES)s\n"), at="supervisord.conf:4"),
        Example(
            _conf("command=gunicorn app:app\nautostart=true\n"),
            at="supervisord.conf:4",
            fixed="[supervisord]\nnodaemon=true\n[program:x]\ncommand=gunicorn app:app\n"
            "stopwaitsecs=35\nautostart=true\n",
        ),
        Example(
            _conf("command=gunicorn --graceful-timeout 90 a:a\nstopwaitsecs=60\n"),
            at="supervisord.conf:5",
            fixed="[supervisord]\nnodaemon=true\n[program:x]\n"
            "command=gunicorn --graceful-timeout 90 a:a\nstopwaitsecs=95\n",
        ),
        Example(_conf("command=celery -A app worker\n"), at="supervisord.conf:4"),
        Example(_conf("command=celery -A app worker\nstopwaitsecs=10\n"), at="supervisord.conf:5"),
        Example(_conf("command=python manage.py rqworker\n"), at="supervisord.conf:4"),
        Example(_conf("command=airflow celery worker\n"), at="supervisord.conf:4"),
        Example(_conf("command={{ venv }}/bin/gunicorn app:app\n"), at="supervisord.conf:4"),
        Example(
            (
                *_conf("command=celery -A app worker\nstopwaitsecs=60\n"),
                ("app/settings.py", "CELERY_TASK_TIME_LIMIT = 30 * 60\n"),
            ),
            at="supervisord.conf:5",
        ),
        Example(_conf("command=/start-celery.sh\n"), at="supervisord.conf:4", severity=INFO),
        Example(_conf("command=bash worker.sh\n"), at="supervisord.conf:4", severity=INFO),
        Example(_conf("command=python /app/worker.py\n"), at="supervisord.conf:4", severity=INFO),
        Example(
            _conf("command=gunicorn -c /etc/g.py app:app\n"), at="supervisord.conf:4", severity=INFO
        ),
        Example(_conf("command=uvicorn a:a\nstopwaitsecs=1\n"), at="supervisord.conf:5"),
        Example(
            _conf("command=uvicorn a:a --timeout-graceful-shutdown 60\n"), at="supervisord.conf:4"
        ),
        Example(
            _conf("command=nginx -g 'daemon off;'\nstopsignal=QUIT\nstopwaitsecs=2\n"),
            at="supervisord.conf:6",
        ),
        Example(
            _conf("command=gunicorn app:app\nstopwaitsecs=30\n"),
            at="supervisord.conf:5",
            severity=LOW,
        ),
        Example(_conf("command=uwsgi --ini /x.ini\n"), at="supervisord.conf:4", severity=INFO),
        Example(
            (
                *_conf("command=/v/bin/uwsgi --ini /srv/x.ini\n"),
                ("x.ini", "[uwsgi]\nmaster = true\nmodule = a\n"),
            ),
            at="supervisord.conf:4",
            severity=INFO,
        ),
    ),
    good=(
        Example(_conf("command=gunicorn app:app\nstopwaitsecs=40\n")),
        Example(_conf("command=gunicorn --graceful-timeout 5 app:app\n")),
        Example(_conf("command=celery -A app worker\nstopwaitsecs=600\n")),
        Example(_conf("command=celery -A app beat\n")),
        Example(
            (
                *_conf("command=uwsgi --ini /srv/x.ini\n"),
                ("x.ini", "[uwsgi]\nmaster = true\ndie-on-term = true\nmodule = a\n"),
            )
        ),
        Example(_conf("command=rq worker\nstopwaitsecs=600\n")),
        Example(_conf("command={{ venv }}/bin/{{ program }} app:app\n")),
        Example(_conf("command=uvicorn a:a --timeout-graceful-shutdown 5\n")),
        Example(_conf("command=airflow webserver\n")),
        Example(_conf("command=python manage.py migrate\n")),
        Example(_conf("command=python /app/worker.py\nstopwaitsecs=60\n")),
        Example(_conf("command=python /app/networkers.py\n")),
        Example(_conf("command=gunicorn -c /etc/g.py app:app\nstopwaitsecs=60\n")),
        Example(_conf("command=nginx -g 'daemon off;'\nstopwaitsecs=2\n")),  # cuts at once
        Example(_conf("command=/usr/sbin/cron -f\nstopwaitsecs=1\n")),
        Example(_conf("command=nginx -g 'daemon off;'\n")),
        Example(_conf("command=gunicorn app:app\nstopwaitsecs=%(ENV_WAIT)s\n")),
    ),
    evidence=("frappe/agent#65", "benoitc/gunicorn#1106"),
)
