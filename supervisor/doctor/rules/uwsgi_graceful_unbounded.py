"""uWSGI's graceful stop, which waits for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.waiting import until
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import GRACEFULLY
from supervisor.doctor.services.hearing import for_grace, hears

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = (
    "Bound requests from outside: time-outs in the application and its proxy that are shorter than"
    " the grace period."
)


def check(house: House) -> Iterator[Finding]:
    """Look at uWSGIs that a service runs, and that wait for their requests."""
    for uwsgi in house.uwsgis:
        service = uwsgi.service
        if service is None or uwsgi.hooks.get(15) != GRACEFULLY or not uwsgi.master:
            continue
        if service.signal != "SIGTERM" or not hears(service):
            continue
        if service.chain and any(link.name == "gracekeeper" for link in service.chain.links):
            continue  # it has the budget
        yield Finding(
            "uwsgi-graceful-unbounded",
            for_grace(service, MEDIUM),
            uwsgi.where("hook-master-start") or uwsgi.place,
            "While it stops, uWSGI enforces neither harakiri nor its mercies: one request that"
            f" hangs keeps it {until(service.grace, more=', which cuts all others as well')}.",
            FIX,
            (),
            (f"{uwsgi.place}: runs it",),
        )


DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'
COMPOSE = "services:\n  web:\n    build: .\n    stop_grace_period: 30s\n"
INI = "[uwsgi]\nmaster = true\nhook-master-start = unix_signal:15 gracefully_kill_them_all\n"

RULE = Rule(
    id="uwsgi-graceful-unbounded",
    severity=MEDIUM,
    title="uWSGI's graceful stop has no upper bound",
    why=(
        "`gracefully_kill_them_all` of uWSGI 2.0.31 waits in its signal handler for the last"
        " request. Measured with worker-reload-mercy 2 and harakiri 3, a request of 6 s ran 6 s:"
        " neither limit is enforced while it stops, so only the platform's KILL ends it."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (("Dockerfile", DOCKERFILE), ("compose.yml", COMPOSE), ("uwsgi.ini", INI)),
            at="uwsgi.ini:3",
        ),
        Example(
            (("Dockerfile", DOCKERFILE), ("uwsgi.ini", INI)), at="uwsgi.ini:3", severity="info"
        ),
    ),
    good=(
        Example((("uwsgi.ini", INI),)),
        Example(
            (("Dockerfile", DOCKERFILE), ("uwsgi.ini", "[uwsgi]\nmaster = 1\ndie-on-term = 1\n"))
        ),
        Example((("Dockerfile", f"{DOCKERFILE}STOPSIGNAL SIGINT\n"), ("uwsgi.ini", INI))),
    ),
)
