"""For how long servers let a request take, by files that are neither Python's nor uWSGI's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.house.traffic import Traffic
from supervisor.doctor.knowledge.trials import trial
from supervisor.doctor.reading.nginx import walk
from supervisor.doctor.reading.rubyserver import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

NGINX: Final = (
    *("proxy_read_timeout", "uwsgi_read_timeout", "fastcgi_read_timeout"),
    *("grpc_read_timeout", "scgi_read_timeout"),
)
PHP_FPM: Final = ("request_terminate_timeout", "process_control_timeout")
RUBY: Final = {"puma": ("worker_timeout",), "unicorn": ("timeout",)}
IDLE: Final = re.compile(r"(?:^|,)\s*idle_timeout\.timeout_seconds=(\d{1,6})\b")
NOTES: Final = (
    "nginx.ingress.kubernetes.io/proxy-read-timeout",
    "nginx.org/proxy-read-timeout",
    "service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout",
)
ALB: Final = "alb.ingress.kubernetes.io/load-balancer-attributes"


class Patience(Record):
    """One time-out. `service`: whose requests it is of, None if nobody can tell.

    `limits`  a request ends with it; else it only says that there may be long ones
    """

    key: str
    value: str
    place: Place
    service: Service | None = None
    limits: bool = True


def patiences(house: House) -> Iterator[Patience]:
    """Return them, the first of its kind of each file."""
    yield from _nginx(house)
    yield from _php_fpm(house)
    yield from _ruby(house)
    yield from _balancers(house)


def _only(house: House, name: str) -> Service | None:
    """Return the service that runs such a program, where there is just one."""
    found = [one for one in house.services if not one.oneshot and _runs(one, name)]
    return found[0] if len(found) == 1 else None


def _runs(service: Service, name: str) -> bool:
    """Tell whether its main program is that, also behind `bundle exec`."""
    argv = service.chain.main.argv if service.chain else ()
    words = argv[:3] if argv[:1] and base(argv[0]) == "bundle" else argv[:1]
    return any(re.fullmatch(rf"{name}[\d.]*", base(word)) for word in words)


def _nginx(house: House) -> Iterator[Patience]:
    """A WebSocket is no request."""
    for source in house.of_kind("nginx"):
        if trial(source.path):
            continue
        directives = list(walk(house.files.nginx(source.path)))
        upgraded = [
            one.place
            for one in directives
            if any(each.args[:1] in (("Upgrade",), ("upgrade",)) for each in one.block or ())
        ]
        for one in directives:
            at = one.place.line
            if one.name in NGINX and not any(p.line <= at <= p.last for p in upgraded):
                yield Patience(one.name, " ".join(one.args), one.place)


def _php_fpm(house: House) -> Iterator[Patience]:
    service = _only(house, "php-fpm")
    for source in house.of_kind("php-fpm"):
        parsed = house.files.ini(source.path, "php-fpm")
        for section in parsed.sections if parsed and not trial(source.path) else ():
            for key in PHP_FPM:
                if (said := section.get(key)) is not None:
                    value = said.value.partition(";")[0].strip("\"' ")
                    yield Patience(key, value, said.place, service)


def _ruby(house: House) -> Iterator[Patience]:
    services = {name: _only(house, name) for name in RUBY}
    for source in house.of_kind("ruby-server"):
        if trial(source.path):
            continue
        name = "unicorn" if "unicorn" in source.path.lower() else "puma"
        for one in settings(source):
            if one.name in RUBY[name]:
                limits = name == "unicorn"
                yield Patience(one.name, one.value, one.place, services[name], limits)


def _balancers(house: House) -> Iterator[Patience]:
    """Look at what stands before pods: how long it waits for their answers."""
    traffic = Traffic(house)
    for service, senders in traffic.served(house):
        for node in (*traffic.ingresses(senders), *senders):
            notes = node.get("metadata", "annotations")
            said = notes.entries() if notes is not None and notes.kind == "map" else {}
            for key in NOTES:
                if key in said:
                    yield Patience(key, said[key].value, said[key].place, service)
            idle = IDLE.search(said[ALB].value) if ALB in said else None
            if idle is not None:
                yield Patience("idle_timeout", idle[1], said[ALB].place, service)
