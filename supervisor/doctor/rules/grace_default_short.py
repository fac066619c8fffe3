"""A database or a worker that has only the ten seconds that everybody has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.composed import Composed
from supervisor.doctor.house.longwork import database, worker
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import FLY, KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

GRACE = "stop_grace_period"
FIX = (
    "Set `{}` to what it needs: a worker its longest task, a database the time to"
    " write its memory to disk; a minute is a beginning."
)


def check(house: House) -> Iterator[Finding]:
    """Look at services of Compose files and of Fly.io; of Kubernetes at what is below its default.

    Who says nothing there has another finding: k8s-default-grace.
    """
    composed = Composed(house)
    for services in composed.by_file.values():
        for service in services.values():
            if composed.owned(service) and not composed.said_elsewhere(service, GRACE):
                yield from _short(service, GRACE)
    for service in house.services:
        if service.kind == FLY:
            yield from _short(service, "kill_timeout")
        elif service.kind == KUBERNETES and service.grace_s is not None:
            yield from _short(service, "terminationGracePeriodSeconds")


def _short(service: Service, key: str) -> Iterator[Finding]:
    """Tell of a service that says nothing by that key, or less than everybody has."""
    what = (
        "what is killed while it writes has to recover at its next start"
        if database(service)
        else "a task that still runs then is cut"
        if worker(service)
        else ""
    )
    said, least = service.grace_place, service.platform.grace_s
    if what and said is not None and not service.oneshot and 0 < service.grace < least:
        yield Finding(
            "grace-default-short",
            for_path(said.path, MEDIUM),
            said,
            f"{service.platform.title} kills {service.name} {service.grace:g} s after the stop,"
            f" which is less than its default ({least:g} s): {what}.",
            FIX.format(key),
        )
    if what and said is None and not service.oneshot:
        yield Finding(
            "grace-default-short",
            for_path(service.place.path, MEDIUM),
            service.place,
            f"{service.platform.title} kills {service.name} {service.grace:g} s after the stop"
            f" (its default): {what}.",
            FIX.format(key),
        )


def _compose(service: str, name: str = "compose.yml") -> tuple[str, str]:
    return (name, f"services:\n  it:\n{service}")


DATABASE = (
    "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  template:\n"
    "    spec:\n      terminationGracePeriodSeconds: %d\n      containers:\n"
    "        - {name: db, image: 'mysql:8'}\n"
)

RULE = Rule(
    id="grace-default-short",
    severity=MEDIUM,
    title="A database or a worker has only the default grace period",
    why=(
        "Who does not set `stop_grace_period` gets 10 s; on Fly.io, without `kill_timeout`, 5 s."
        " That is enough for a web server with short requests; a worker is killed in the middle of"
        " its task, and a database while it writes its memory to disk, so that it has to recover"
        " when it is started again."
    ),
    fix=FIX.format(GRACE),
    check=check,
    bad=(
        Example((_compose("    image: postgres:15\n"),), at="compose.yml:2"),
        Example((_compose("    image: mysql:8\n    stop_grace_period: 2s\n"),), at="compose.yml:4"),
        Example((("db.yaml", DATABASE % 5),), at="db.yaml:7"),
        Example(
            (_compose("    image: app\n    command: celery -A app worker\n"),), at="compose.yml:2"
        ),
        Example(
            (_compose("    image: app\n    command: bench worker --queue long\n"),),
            at="compose.yml:2",
        ),
        Example(
            (_compose("    image: mysql:8\n    command: --max-connections=99\n"),),
            at="compose.yml:2",
        ),
        Example(
            (_compose("    image: mariadb:11\n", "docker-compose.dev.yml"),),
            at="docker-compose.dev.yml:2",
            severity="low",
        ),
        Example(
            (("fly.toml", 'app = "a"\n[processes]\nweb = "web"\njobs = "celery -A a worker"\n'),),
            at="fly.toml:4",
        ),
    ),
    good=(
        Example((("db.yaml", DATABASE % 60),)),
        Example((_compose("    image: app\n    stop_grace_period: 2s\n"),)),
        Example(
            (
                (
                    "fly.toml",
                    'app = "a"\nkill_timeout = "2m"\n[processes]\njobs = "celery -A a worker"\n',
                ),
            )
        ),
        Example((_compose("    image: postgres:15\n    stop_grace_period: 1m\n"),)),
        Example((_compose("    image: nginx:1.27\n"),)),
        Example((_compose("    image: app\n    command: celery -A app beat\n"),)),
        Example((_compose("    image: postgres:15\n    command: ./backup.sh\n"),)),
        Example((_compose("    image: postgres:15\n    entrypoint: [/backup.sh]\n"),)),
        Example(
            (
                _compose("    image: postgres:15\n"),
                _compose("    stop_grace_period: 1m\n", "compose.prod.yml"),
            )
        ),
        Example(
            (
                (
                    "compose.yml",
                    "x-app: &app\n  image: app\n  stop_grace_period: 30s\n"
                    "services:\n  worker:\n    <<: *app\n    command: celery -A app worker\n",
                ),
            )
        ),
        Example((_compose("    extends:\n      file: gone.yml\n      service: db\n"),)),
    ),
)
