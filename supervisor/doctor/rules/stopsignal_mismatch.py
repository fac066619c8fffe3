"""A stop signal at which the program does not finish its work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.signalnames import number
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import HIGH, INFO, MEDIUM, Edit, Finding, Place
from supervisor.doctor.house.granting import after, top_level
from supervisor.doctor.house.waiting import until
from supervisor.doctor.knowledge import images
from supervisor.doctor.knowledge.servers import CUT, ERROR, HANGS, Reaction, graceful, reaction
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path, hears
from supervisor.doctor.services.service import FLY, IMAGE, OWN_SIGNAL, SUPERVISORD, SYSTEMD, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.image import Image

# Images of systems and languages, which say nothing about a stop signal.
SILENT: Final = frozenset(
    ("centos", "fedora", "amazonlinux", "rockylinux", "almalinux", "oraclelinux", "golang", "rust")
)
SAME: Final = {"openresty": "nginx", "httpd-foreground": "httpd", "apache2-foreground": "httpd"}
DOCUMENTED: Final = (("haproxy", "SIGTERM"), ("haproxy", "SIGINT"))  # a hard stop, its manual says
OTHERS: Final = ("uwsgi", "systemd")
"""uWSGI has rules of its own; of systemd nobody knows."""
SAID: Final = re.compile(
    r"(?P<key>\s*(?:STOPSIGNAL\s+|stop_signal:\s*|(?:kill_signal|KillSignal)\s*=\s*))"
    r"(?P<quote>[\"']?)\w+(?P=quote)(?P<rest>\s*)"
)


def check(house: House) -> Iterator[Finding]:
    """Look at services whose program gets the stop signal, and is known."""
    for service in house.services:
        chain, signal = service.chain, _signal(service)
        if chain is None or not signal or service.kind == SUPERVISORD or not hears(service):
            continue
        if chain.program in OTHERS or _rewritten(service) or _ends(chain.main.argv):
            continue
        wanted = graceful(chain.program)
        if not wanted or signal in wanted or number(signal) in (None, 9, 19):
            continue
        name = SAME.get(chain.program, chain.program)
        yield _finding(name, signal, wanted[0], service, house)


def _ends(argv: tuple[str, ...]) -> bool:
    """Tell whether it does not stay: `celery inspect`, `apachectl start`."""
    name = base(argv[0]) if argv else ""
    if name in ("apachectl", "apache2ctl"):
        return not any(word.endswith("FOREGROUND") for word in argv)
    return name == "celery" and "worker" not in argv


def _signal(service: Service) -> str:
    """Return the signal that surely is sent; empty if the base image may say another."""
    if service.stop_signal or service.kind in OWN_SIGNAL:
        return service.signal
    if service.image is not None:
        return service.signal if service.image.stop_signal or _silent(service.image) else ""
    known = images.base(service.image_name)
    return (known.stop_signal or "SIGTERM") if known else ""


def _silent(image: Image) -> bool:
    return image.known_base is not None or image.base.partition(":")[0] in SILENT


def _rewritten(service: Service) -> bool:
    """Tell whether an init turns a signal into another: `dumb-init -r 15:3`."""
    init = service.chain.init if service.chain else None
    own = init.argv[1:4] if init else ()
    return any(word.startswith(("-r", "--rewrite")) for word in own)


def _finding(name: str, signal: str, wanted: str, service: Service, house: House) -> Finding:
    does = reaction(name, signal)
    place = _place(service)
    severity = HIGH if does else MEDIUM if (name, signal) in DOCUMENTED else INFO
    said = service.stop_signal_place
    if service.kind not in OWN_SIGNAL and service.image is not None:
        said = said or service.image.stop_signal_place
    own = service.platform.title if service.kind in OWN_SIGNAL else ""
    default = f"the default of {own}, whatever its image says" if own else "the default"
    given = "which is said here" if said else default
    return Finding(
        "stopsignal-mismatch",
        for_path(place.path, severity) if severity != INFO else INFO,
        place,
        f"At {signal}, {given}, `{name}` {_does(name, does, service)}; it finishes its work at"
        f" {wanted}.",
        f"Stop it with {wanted}.",
        _edits(wanted, place, service, house) if severity != INFO else (),
        (f"{service.place}: stops it with {signal}",),
    )


def _does(name: str, does: Reaction | None, service: Service) -> str:
    if name in ("postgres", "postmaster"):
        return f"waits for all its clients, up to the grace period ({service.grace:g} s), then KILL"
    if does is not None and does.ends == HANGS:
        return f"goes on {until(service.grace)}"
    if does is not None and does.request == ERROR:
        return "answers requests under way with an error"
    if does is not None and does.request == CUT:
        return "ends at once and cuts the requests under way"
    return "may end without finishing its work"


def _place(service: Service) -> Place:
    if service.stop_signal_place is not None:
        return service.stop_signal_place
    if service.kind in OWN_SIGNAL:
        return service.place
    if service.image is not None and service.image.stop_signal_place is not None:
        return service.image.stop_signal_place
    return service.chain.main.place if service.chain else service.place


def _edits(wanted: str, place: Place, service: Service, house: House) -> tuple[Edit, ...]:
    """Change the line that says it; where nobody does, put one behind the image's command."""
    match = SAID.fullmatch(house.line(place))
    if match is not None:
        quote = match["quote"]
        text = f"{match['key']}{quote}{wanted}{quote}{match['rest']}"
        return (Edit(place.replace(end_line=0), text),)
    if service.kind == FLY:
        return top_level(house, service, f'kill_signal = "{wanted}"')
    if service.kind == SYSTEMD:
        return after(house, service.place, f"KillSignal={wanted}")
    command = service.cmd or service.entrypoint
    if service.kind != IMAGE or command is None or command.inherited:
        return ()
    return after(house, command.place, f"STOPSIGNAL {wanted}")


_GUNICORN: Final = 'FROM python:3.11-slim\nCMD ["gunicorn", "app:app"]\n'
_NGINX: Final = 'CMD ["nginx", "-g", "daemon off;"]\n'


def _files(text: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", text), *more)


RULE = Rule(
    id="stopsignal-mismatch",
    severity=HIGH,
    title="The stop signal is not the one at which the program finishes",
    why=(
        "Each server has a signal at which it finishes its requests: nginx and php-fpm SIGQUIT,"
        " httpd SIGWINCH, postgres SIGINT, haproxy SIGUSR1, gunicorn and uvicorn SIGTERM. Measured"
        " with a request of 2 s: nginx cut it at SIGTERM after 0.3 s with exit code 0, gunicorn"
        " answered 500 at SIGINT and SIGQUIT, uvicorn was killed after SIGQUIT."
    ),
    fix=(
        "Name the program's signal in STOPSIGNAL, in `stop_signal` of Compose, or in `kill_signal`"
        " of fly.toml: Fly.io sends SIGINT otherwise, whatever the image says."
    ),
    check=check,
    bad=(
        Example(
            _files(f"FROM nginx:alpine\nSTOPSIGNAL SIGTERM\n{_NGINX}"),
            at="Dockerfile:2",
            fixed=f"FROM nginx:alpine\nSTOPSIGNAL SIGQUIT\n{_NGINX}",
        ),
        Example(
            _files(f"FROM alpine\nRUN apk add nginx\n{_NGINX}"),
            at="Dockerfile:3",
            fixed=f"FROM alpine\nRUN apk add nginx\n{_NGINX}STOPSIGNAL SIGQUIT\n",
        ),
        Example(
            _files(
                'FROM python:3.11-slim\nCMD ["gunicorn", "app:app"]\n',
                ("compose.yml", "services:\n  a:\n    build: .\n    stop_signal: SIGINT\n"),
            ),
            at="compose.yml:4",
            fixed="services:\n  a:\n    build: .\n    stop_signal: SIGTERM\n",
        ),
        Example(
            _files('FROM python:3.11\nSTOPSIGNAL SIGQUIT\nCMD ["hypercorn", "a"]\n'),
            at="Dockerfile:2",
            severity=INFO,
        ),
        Example(
            _files('FROM python:3.11\nSTOPSIGNAL SIGQUIT\nCMD ["celery", "-A", "a", "worker"]\n'),
            at="Dockerfile:2",
            fixed='FROM python:3.11\nSTOPSIGNAL SIGTERM\nCMD ["celery", "-A", "a", "worker"]\n',
        ),
        Example(
            _files('FROM debian:12\nCMD ["apachectl", "-D", "FOREGROUND"]\n'),
            at="Dockerfile:2",
            severity=INFO,
        ),
        Example(
            _files(_GUNICORN, ("fly.toml", 'app = "a"\n\n[http_service]\ninternal_port = 80\n')),
            at="fly.toml:1",
            fixed='app = "a"\nkill_signal = "SIGTERM"\n\n[http_service]\ninternal_port = 80\n',
        ),
        Example(
            _files("FROM nginx:1.25\n", ("fly.toml", 'app = "a"\nkill_signal = "SIGINT"\n')),
            at="fly.toml:2",
            fixed='app = "a"\nkill_signal = "SIGQUIT"\n',
        ),
        Example(
            _files(
                _GUNICORN,
                ("fly.toml", 'app = "a"\n[processes]\nweb = "gunicorn b:c"\njob = "./job"\n'),
            ),
            at="fly.toml:3",
        ),
        Example(
            (("a.service", "[Service]\nExecStart=gunicorn a:b\nKillSignal=SIGINT\n"),),
            at="a.service:3",
            fixed="[Service]\nExecStart=gunicorn a:b\nKillSignal=SIGTERM\n",
        ),
        Example(
            (("a.service", "[Service]\nExecStart=/usr/sbin/nginx -g 'daemon off;'\nUser=a\n"),),
            at="a.service:2",
            fixed="[Service]\nExecStart=/usr/sbin/nginx -g 'daemon off;'\nKillSignal=SIGQUIT\n"
            "User=a\n",
        ),
    ),
    good=(
        Example((("a.service", "[Service]\nType=forking\nExecStart=nginx\n"),)),
        Example((("a.service", "[Service]\nExecStart=nginx\nExecStop=nginx -s quit\n"),)),
        Example((("a.service", "[Service]\nExecStart=gunicorn a:b\nKillMode=mixed\n"),)),
        Example(
            _files(
                f"FROM alpine\nRUN apk add nginx\n{_NGINX}",
                ("fly.toml", 'app = "a"\nkill_signal = "SIGQUIT"\n'),
            )
        ),
        Example(_files(_GUNICORN, ("fly.toml", 'app = "a"\nkill_signal = "SIGTERM"\n'))),
        Example(_files(_GUNICORN, ("fly.toml", 'app = "a"\n[build]\nimage = "x/y"\n'))),
        Example(_files('FROM python:3.11\nCMD ["uvicorn", "a:b"]\n', ("fly.toml", 'app = "a"\n'))),
        Example(_files(f"FROM nginx:1.25\n{_NGINX}")),
        Example(_files("FROM nginx:1.25\nCOPY a /b\n")),
        Example(_files(f"FROM their/nginx\n{_NGINX}")),
        Example(_files('FROM python:3.11\nSTOPSIGNAL SIGINT\nCMD ["uvicorn", "a:b"]\n')),
        Example(
            _files('FROM python:3.11\nSTOPSIGNAL SIGQUIT\nCMD ["celery", "-A", "a", "beat"]\n')
        ),
        Example(_files('FROM php:8\nSTOPSIGNAL SIGINT\nCMD ["php", "-S", "[::]:80"]\n')),
        Example(_files('FROM alpine\nCMD ["dumb-init", "-r", "15:3", "nginx"]\n')),
        Example((("compose.yml", "services:\n  a:\n    image: nginx:1.25\n"),)),
    ),
    evidence=(
        *("nginxinc/docker-nginx#377", "nginxinc/docker-nginx#457", "sclorg/nginx-container#242"),
        *("docker-library/postgres#184", "docker-library/postgres#714"),
    ),
)
