"""A mercy of uWSGI that is longer than the grace period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, LOW, Finding
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import HOOK
from supervisor.doctor.services.hearing import for_grace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

ANY_S: Final = 30.0  # above what Docker and Kubernetes give by themselves
FIX = "Give the service a grace period above the mercy, or make the mercy shorter."


def check(house: House) -> Iterator[Finding]:
    """Look at mercies that somebody has written down."""
    for uwsgi in house.uwsgis:
        service, settings = uwsgi.service, uwsgi.settings or uwsgi.said
        if settings is None or (service is not None and service.oneshot):
            continue
        if uwsgi.replace(settings=settings).variant != HOOK and (uwsgi.settings or service is None):
            continue  # this stop shows no mercy at all
        for key in ("worker-reload-mercy", "reload-mercy"):
            said = settings.last(key)
            mercy = duration(said.value) if said else None
            place = uwsgi.where(key) or uwsgi.place
            if service is None and mercy is not None and mercy > ANY_S:
                yield Finding("uwsgi-mercy-gt-grace", INFO, place, _alone(key, mercy), FIX)
            if service is None or mercy is None or mercy <= service.grace:
                continue
            yield Finding(
                "uwsgi-mercy-gt-grace",
                for_grace(service, LOW) if uwsgi.settings else INFO,
                place,
                f"{service.platform.title} kills after {service.grace:g} s, so of the {mercy:g} s"
                f" that `{key}` gives a request the last {mercy - service.grace:g} s never come.",
                FIX,
                (),
                (f"{service.grace_place or service.place}: {service.grace:g} s",),
            )


def _alone(key: str, mercy: float) -> str:
    return (
        f"`{key}` gives a request {mercy:g} s; Docker kills after 10 s, Kubernetes after 30 s, if"
        " nobody says otherwise."
    )


DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'
HOOKED = "hook-master-start = unix_signal:15 gracefully_kill_them_all\n"


def _files(mercy: str, compose: str) -> tuple[tuple[str, str], ...]:
    services = f"services:\n  web:\n    build: .\n{compose}"
    ini = f"[uwsgi]\nmaster = true\n{mercy}{HOOKED}"
    return (("Dockerfile", DOCKERFILE), ("compose.yml", services), ("uwsgi.ini", ini))


RULE = Rule(
    id="uwsgi-mercy-gt-grace",
    severity=LOW,
    title="uWSGI's mercy is longer than the grace period",
    why=(
        "`worker-reload-mercy` says how long a worker may finish what it has. A grace period that"
        " is shorter makes a promise of it that nobody keeps. It matters for reloads and for old"
        " versions: the graceful stop of 2.0.31 does not look at it at all."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files("worker-reload-mercy = 120\n", ""), at="uwsgi.ini:3"),
        Example(
            _files("reload-mercy = 60\n", "    stop_grace_period: 30s\n"),
            at="uwsgi.ini:3",
        ),
        Example(
            (("uwsgi.ini", f"[uwsgi]\nmaster = true\n{HOOKED}worker-reload-mercy = 240\n"),),
            at="uwsgi.ini:4",
            severity=INFO,
        ),
        Example(
            (
                ("uwsgi.ini", f"[uwsgi]\nmaster = true\n{HOOKED}worker-reload-mercy = 60\n"),
                (
                    "supervisord.conf",
                    "[supervisord]\nnodaemon=true\n[program:x]\ncommand=uwsgi --ini uwsgi.ini\n",
                ),
            ),
            at="uwsgi.ini:4",
        ),
    ),
    good=(
        Example((("uwsgi.ini", f"[uwsgi]\nmaster = true\n{HOOKED}worker-reload-mercy = 20\n"),)),
        Example(_files("", "")),
        Example(_files("worker-reload-mercy = 60\n", "    stop_grace_period: 90s\n")),
        Example(
            (
                ("Dockerfile", DOCKERFILE),
                ("compose.yml", "services:\n  web:\n    build: .\n"),
                (
                    "uwsgi.ini",
                    "[uwsgi]\nmaster = true\ndie-on-term = true\nworker-reload-mercy = 120\n",
                ),
            )
        ),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = true\nworker-reload-mercy = 240\n"),)),
    ),
)
