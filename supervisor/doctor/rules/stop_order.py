"""A service that loses its database while it is still finishing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.composed import Composed
from supervisor.doctor.house.longwork import backend
from supervisor.doctor.knowledge import workloads
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import COMPOSE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = "Name it in `depends_on`: Compose then stops it after this one."
NAMING: Final = re.compile(r"(?:HOST|SERVER|ADDR|ADDRESS|ENDPOINT)S?$", re.IGNORECASE)
ADDRESS: Final = re.compile(r"(?:^|[\s=,;]|://|@)([A-Za-z0-9][\w.-]{0,80})(?=:\d{2,5}\b|/|$|[,;])")
MOST: Final = 500  # services of one file
LONGEST: Final = 2000  # characters of one value


def check(house: House) -> Iterator[Finding]:
    """Look for services that speak of a backend by its name, but do not depend on it."""
    composed = Composed(house)
    for path, own in composed.by_file.items():
        services = composed.project(path)
        backends = {name for name, one in services.items() if backend(one)}
        if not backends or len(services) > MOST:
            continue
        called = {name: one for one in sorted(backends) for name in _names(services[one])}
        for service in own.values():
            if service.kind != COMPOSE or service.oneshot or service.name in backends:
                continue
            if workloads.ONLOOKERS.search(f"{service.name} {service.image_name}".lower()):
                continue
            if not composed.owned(service) or composed.said_elsewhere(service, "depends_on"):
                continue
            said = {called[name]: at for name, at in _addresses(service) if name in called}
            above = _all(service, services) if said else set()
            for name, place in said.items():
                if name not in above:
                    yield _finding(service, services[name], place)


def _finding(service: Service, other: Service, said: Place) -> Finding:
    return Finding(
        "stop-order",
        for_path(service.place.path, MEDIUM),
        service.place,
        f"Compose stops {service.name} and {other.name} at the same time: {other.name} is gone"
        f" while {service.name} still finishes what it has, which then fails.",
        FIX,
        (),
        (f"{said}: {service.name} uses {other.name}",),
    )


def _names(service: Service) -> tuple[str, ...]:
    """Return the names that others reach it by: the service's, the container's, the host's."""
    own = service.node.entries() if service.node else {}
    said = (own[key].value for key in ("container_name", "hostname") if key in own)
    return (service.name, *(name for name in said if name))


def _all(service: Service, services: dict[str, Service]) -> set[str]:
    """Return the names of all that have to be there before a service, and go after it."""
    found: set[str] = set()
    left = [service]
    while left:
        one = left.pop()
        for name in _before(one) - found:
            found.add(name)
            if name in services:
                left.append(services[name])
    return found


def _before(service: Service) -> set[str]:
    names = set(service.depends)
    own = service.node.entries() if service.node else {}
    for key in ("links", "volumes_from"):
        if (said := own.get(key)) is not None:
            names.update(one.partition(":")[0] for one in said.texts())
    for key in ("network_mode", "pid", "ipc"):
        value = own[key].value if key in own else ""
        if value.startswith("service:"):
            names.add(value.removeprefix("service:"))
    return names


def _addresses(service: Service) -> Iterator[tuple[str, Place]]:
    """Return the names of hosts in its environment and its command, and where they are."""
    own = service.node.entries().get("environment") if service.node else None
    place = own.place if own is not None else service.place
    for key, value in service.env.items():
        if NAMING.search(key):
            yield value, place
        if len(value) <= LONGEST and ":" in value:
            yield from ((match[1], place) for match in ADDRESS.finditer(value))
    for command in (service.entrypoint, service.cmd):
        if command is None or command.inherited:
            continue
        for word in command.argv:
            if len(word) <= LONGEST and "://" in word:
                yield from ((match[1], command.place) for match in ADDRESS.finditer(word))


def _compose(app: str, rest: str = "") -> tuple[tuple[str, str], ...]:
    text = f"services:\n  web:\n    image: app\n{app}  db:\n    image: postgres:16\n{rest}"
    return (("compose.yml", text),)


USES = "    environment:\n      DATABASE_URL: postgres://me:secret@db:5432/app\n"

RULE = Rule(
    id="stop-order",
    severity=MEDIUM,
    title="The database is stopped together with the app that uses it",
    why=(
        "Compose stops services in the reverse order of `depends_on`, and all that do not depend"
        " on each other at once. A database or a broker that nobody depends on is gone while the"
        " app still finishes its requests and tasks: they end in errors, although they had time."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_compose(USES), at="compose.yml:2"),
        Example(_compose("    environment:\n      - DB_HOST=db\n"), at="compose.yml:2"),
        Example(
            _compose(
                "    environment: {MONGO_URL: 'mongodb://store:27017/x'}\n",
                "  m:\n    image: mongo\n    container_name: store\n",
            ),
            at="compose.yml:2",
        ),
        Example(
            _compose(
                "    command: celery -b redis://mq:6379 worker\n", "  mq:\n    image: redis\n"
            ),
            at="compose.yml:2",
        ),
        Example(
            (
                (
                    "compose.yml",
                    f"include: [infra/db.yml]\nservices:\n  web:\n    image: app\n{USES}",
                ),
                ("infra/db.yml", "services:\n  db:\n    image: postgres:15\n"),
            ),
            at="compose.yml:3",
        ),
    ),
    good=(
        Example(_compose(f"{USES}    depends_on:\n      - db\n")),
        Example(
            _compose(f"{USES}    depends_on:\n      db:\n        condition: service_started\n")
        ),
        Example(
            _compose(f"{USES}    depends_on: [api]\n", "  api:\n    image: a\n    links: [db]\n")
        ),
        Example(_compose("    environment:\n      DB_HOST: db.example.org\n")),
        Example(_compose("    environment:\n      DB_NAME: db\n      POSTGRES_USER: db\n")),
        Example(_compose("")),
        Example(_compose("", f"  pgadmin:\n    image: dpage/pgadmin4\n{USES}")),
        Example(_compose(f"{USES}    deploy:\n      replicas: 2\n")),
        Example(
            (
                *_compose(USES),
                ("compose.prod.yml", "services:\n  web:\n    depends_on: [db]\n"),
            )
        ),
        Example(
            (
                (
                    "compose.yml",
                    "include:\n  - path: infra/db.yml\nservices:\n  web:\n    image: app\n"
                    f"{USES}    depends_on: [db]\n",
                ),
                ("infra/db.yml", "services:\n  db:\n    image: postgres:15\n"),
            )
        ),
    ),
)
