"""A request that may take far longer than a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.options import ALIASES, options_of
from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.finding import INFO, MEDIUM, Finding
from supervisor.doctor.house.composed import Composed
from supervisor.doctor.house.patience import patiences
from supervisor.doctor.house.started import started
from supervisor.doctor.knowledge.trials import trial
from supervisor.doctor.reading.duration import duration, unless
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.rules.k8s_no_prestop import manifest
from supervisor.doctor.services.hearing import for_grace
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.commands.options import Option
    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = (
    "Bring both together: a grace period above the longest request, or a time-out below the grace"
    " period; long work belongs to a worker that can take it up again."
)
FAR: Final = 2.0  # times the grace period
ANY_S: Final = 90.0  # far above what Docker (10 s) and Kubernetes (30 s) give by themselves
UWSGI: Final = ("harakiri", "http-timeout")


def check(house: House) -> Iterator[Finding]:
    """Look at time-outs that somebody has written down."""
    composed = Composed(house)
    yield from _uwsgis(house, composed)
    told: set[Place] = set()
    for server in house.servers:
        if server.name == "gunicorn" and "timeout" in server.options:
            told.add(server.where("timeout"))
            if not composed.grace_elsewhere(server.service):
                yield from _limited(server.service, server.options)
    for one in started(house):
        name, args = program_of(one.argv)
        if name != "gunicorn" or one.place in told:
            continue
        told.add(one.place)
        options, _ = options_of(args, ALIASES["gunicorn"], one.place)
        wanted = "reload" not in options and "timeout" in options
        if wanted and not composed.grace_elsewhere(one.service):
            yield from _limited(one.service, options)
    yield from _settings(house, {place.path for place in told})
    yield from _patient(house)


def _uwsgis(house: House, composed: Composed) -> Iterator[Finding]:
    for uwsgi in house.uwsgis:
        if composed.grace_elsewhere(uwsgi.service):
            continue
        settings = uwsgi.settings or uwsgi.said
        for key in UWSGI:
            said = settings.last(key) if settings else None
            if said is not None:
                place = uwsgi.where(key) or uwsgi.place
                yield from _found(uwsgi.service, key, said.value, place)


def _limited(service: Service | None, options: dict[str, Option]) -> Iterator[Finding]:
    """Only a sync worker's time-out ends a request: others have to give signs of life in it."""
    said = options["timeout"]
    threads, kind = options.get("threads"), options.get("worker-class")
    one = threads is None or threads.value.strip() == "1"
    if one and (kind is None or kind.value.strip("\"'") in ("sync", "")):
        yield from _found(service, "timeout", said.value, said.place)
        return
    seconds = duration(said.value)
    grace = service.grace if service else 0.0
    if seconds is not None and seconds >= max(ANY_S, FAR * grace):
        yield Finding("request-timeout-gt-grace", INFO, said.place, _other(seconds), FIX)


def _settings(house: House, read: set[str]) -> Iterator[Finding]:
    """Look at settings of gunicorn's that nobody in the tree names."""
    for source in house.of_kind("gunicorn"):
        parsed = house.files.python(source.path)
        found = parsed.constants.get("timeout") if parsed else None
        if found is None or source.path in read or trial(source.path) or parsed is None:
            continue
        others = parsed.constants.get("worker_class"), parsed.constants.get("threads")
        value = found.constant if found.is_constant else found.fallback
        if value is not None and not any(others):
            yield from _found(None, "timeout", str(value), found.place)


def _patient(house: House) -> Iterator[Finding]:
    """Look at other servers' files, and at what stands before them: once each."""
    told: set[str] = set()
    for one in patiences(house):
        if one.place.path in told:
            continue
        for found in _found(one.service, one.key, one.value, one.place):
            told.add(one.place.path)
            seconds = duration(unless(one.value) or one.value) or 0.0
            if one.limits:
                yield found.replace(severity=INFO) if "." in one.key else found
            elif seconds >= ANY_S:
                yield found.replace(severity=INFO, why=_other(seconds))


def _alone(key: str, seconds: float) -> str:
    return (
        f"`{key}` lets a request take {seconds:g} s; Docker kills 10 s after the stop,"
        " Kubernetes 30 s, if nobody says otherwise: one that takes longer is cut."
    )


def _other(seconds: float) -> str:
    return (
        f"Whoever lets a worker be silent for {seconds:g} s may have requests that take minutes;"
        " one that takes longer than the grace period is cut."
    )


def _found(service: Service | None, key: str, value: str, place: Place) -> Iterator[Finding]:
    """Compare with the grace period, or with what platforms give where nobody says it."""
    default = unless(value)
    seconds = duration(default or value)
    runs = service.parent if service and service.kind == SUPERVISORD else service
    if seconds is None or (runs is not None and runs.oneshot):
        return
    if runs is None:
        if seconds >= ANY_S:
            yield Finding("request-timeout-gt-grace", INFO, place, _alone(key, seconds), FIX)
        return
    if seconds < FAR * runs.grace:
        return
    yield Finding(
        "request-timeout-gt-grace",
        INFO if default else for_grace(runs, MEDIUM),
        place,
        f"`{key}` lets a request take {seconds:g} s, but {runs.platform.title} kills"
        f" {runs.grace:g} s after the stop: one that takes longer than that is cut.",
        FIX,
        (),
        (f"{runs.grace_place or runs.place}: {runs.grace:g} s of grace",),
    )


DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'


def _uwsgi(ini: str, grace: str = "") -> tuple[tuple[str, str], ...]:
    compose = f"services:\n  web:\n    build: .\n{grace}"
    return (("Dockerfile", DOCKERFILE), ("compose.yml", compose), ("uwsgi.ini", ini))


def _gunicorn(options: str, grace: str = "") -> tuple[tuple[str, str], ...]:
    compose = f"services:\n  web:\n    image: app\n    command: gunicorn {options} app:app\n{grace}"
    return (("compose.yml", compose),)


SERVER = "server {\n  location / {\n    "


def _scripted(line: str, *, docker: bool = True) -> tuple[tuple[str, str], ...]:
    made = (("run.sh", f"#!/bin/bash\n{line}\n"),)
    dockerfile = 'FROM python:3.11\nCOPY run.sh /\nCMD ["/run.sh"]\n'
    compose = "services:\n  web:\n    build: .\n"
    return (*made, ("Dockerfile", dockerfile), ("compose.yml", compose)) if docker else made


INGRESS = (
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: x\n  annotations:\n"
    "    nginx.ingress.kubernetes.io/proxy-read-timeout: '%d'\n"
    "spec:\n  defaultBackend: {service: {name: front}}\n"
)

RULE = Rule(
    id="request-timeout-gt-grace",
    severity=MEDIUM,
    title="A request may take far longer than the grace period",
    why=(
        "Whoever sets a time-out of minutes has requests that take minutes. A stop ends them with"
        " the grace period: 10 s for Docker, 30 s for Kubernetes, if nobody says otherwise. Found"
        " in the wild: 620 s for a request, against 10 s and 30 s."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_uwsgi("[uwsgi]\nmaster = true\nharakiri = 620\n"), at="uwsgi.ini:3"),
        Example(_gunicorn("--timeout 120"), at="compose.yml:4"),
        Example(_gunicorn("-t 300", "    stop_grace_period: 1m\n"), at="compose.yml:4"),
        Example(
            (("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "-t", "300", "app:app"]\n'),),
            at="Dockerfile:2",
            severity="info",
        ),
        Example((("uwsgi.ini", "[uwsgi]\nharakiri = 620\n"),), at="uwsgi.ini:2", severity="info"),
        Example(_gunicorn("-t 300 --threads 4"), at="compose.yml:4", severity="info"),
        Example(
            _gunicorn("-t 300 -k uvicorn.workers.UvicornWorker"),
            at="compose.yml:4",
            severity="info",
        ),
        Example(
            _scripted("gunicorn --timeout 300 app:app &\ncelery worker &\nwait"),
            at="run.sh:2",
            severity="info",
        ),
        Example(
            _scripted("exec gunicorn -t ${WEB_TIMEOUT:-600} app:app", docker=False),
            at="run.sh:2",
            severity="info",
        ),
        Example((("Procfile", "web: gunicorn -t 120 app:app\n"),), at="Procfile:1"),
        Example(
            (("gunicorn.conf.py", "timeout = 600\n"),), at="gunicorn.conf.py:1", severity="info"
        ),
        Example(
            (("gunicorn.conf.py", "import os\ntimeout = int(os.environ.get('T', 5 * 60))\n"),),
            at="gunicorn.conf.py:2",
            severity="info",
        ),
        Example(
            (("fpm/www.conf", "[www]\npm = dynamic\nrequest_terminate_timeout = 600s\n"),),
            at="fpm/www.conf:3",
            severity="info",
        ),
        Example(
            (
                ("compose.yml", "services:\n  web:\n    image: 'php:8-fpm'\n"),
                ("www.conf", "[www]\npm = static\nrequest_terminate_timeout = 60\n"),
            ),
            at="www.conf:3",
        ),
        Example(
            (("config/unicorn.rb", 'timeout ENV.fetch("T", 300).to_i\n'),),
            at="config/unicorn.rb:1",
            severity="info",
        ),
        Example(
            (("config/puma.rb", "workers 2\nworker_timeout 600\n"),),
            at="config/puma.rb:2",
            severity="info",
        ),
        Example(
            (("web.yaml", manifest("")), ("ingress.yaml", INGRESS % (600))),
            at="ingress.yaml:6",
            severity="info",
        ),
        Example(
            (("nginx.conf", f"{SERVER}proxy_read_timeout 10m;\n  }}\n}}\n"),),
            at="nginx.conf:3",
            severity="info",
        ),
    ),
    good=(
        Example(_uwsgi("[uwsgi]\nmaster = true\nsocket-timeout = 600\n")),  # of one read or write
        Example(_uwsgi("[uwsgi]\nmaster = true\nharakiri = 15\n")),
        Example(_uwsgi("[uwsgi]\nharakiri = 60\n", "    stop_grace_period: 70s\n")),
        Example(_gunicorn("-t 60 -k uvicorn.workers.UvicornWorker")),
        Example(_gunicorn("-t 60 --threads 4")),
        Example(
            (
                *_gunicorn("-t 60"),
                ("compose.override.yml", "services:\n  web:\n    stop_grace_period: 70s\n"),
            )
        ),
        Example(_scripted("exec gunicorn --timeout 60 app:app", docker=False)),
        Example(_scripted("exec gunicorn --reload --timeout 600 app:app", docker=False)),
        Example((("gunicorn.conf.py", 'timeout = 600\nworker_class = "gevent"\n'),)),
        Example(
            (
                (
                    "nginx.conf",
                    f"{SERVER}proxy_set_header Upgrade $http_upgrade;\n"
                    "    proxy_read_timeout 1d;\n  }\n}\n",
                ),
            )
        ),
        Example((("www.conf", "[www]\npm = dynamic\nrequest_terminate_timeout = 30s\n"),)),
        Example(
            (
                (
                    "config/puma.rb",
                    'worker_timeout 3600 if ENV.fetch("ENV", "development") == "development"\n'
                    "if dev\n  worker_timeout 3600\nend\nthreads 5, 200\n",
                ),
            )
        ),
        Example((("config/puma.rb", "worker_timeout 60\n"),)),
        Example((("web.yaml", manifest("")), ("ingress.yaml", INGRESS % 45))),
        Example(_gunicorn("--timeout 0")),
        Example((("uwsgi.ini", "[uwsgi]\nharakiri = 60\n"),)),
    ),
)
