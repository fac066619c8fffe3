"""What a service does that a stop has to wait for: databases, and workers with their tasks."""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.knowledge import workloads
from supervisor.doctor.knowledge.trials import trial

if TYPE_CHECKING:
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

LIMIT: Final = re.compile(
    r"^[^#\n]*?\b(?:celeryd?_)?task_(?:soft_)?time_limit[\"']?\s*[=:]\s*"
    r"(?P<product>\d{1,6}(?:[ \t]*\*[ \t]*\d{1,6}){0,3})[ \t]*(?:[,)}#]|$)",
    re.IGNORECASE | re.MULTILINE,
)


def task_limit(house: House) -> float:
    """Return the longest time that the tree's settings give a task of Celery's; 0 for none."""
    texts = [one for one in house.of_kind("python") if not trial(one.path)]
    return max((_product(m["product"]) for t in texts for m in LIMIT.finditer(t.text)), default=0.0)


def _product(text: str) -> float:
    return float(math.prod(int(one) for one in text.split("*") if one.strip().isdecimal()))


def image_of(service: Service) -> str:
    """Return the short name of what it runs: of an image made here, of what that is built on."""
    return workloads.short(service.image.base if service.image else service.image_name)


def database(service: Service) -> bool:
    """Tell whether it is a database, and not another program in a database's image."""
    return image_of(service) in workloads.DATABASES and _own_program(service)


def backend(service: Service) -> bool:
    """Tell whether it is a database, a broker or a cache."""
    return image_of(service) in workloads.BACKENDS and _own_program(service)


def worker(service: Service) -> bool:
    """Tell whether it takes tasks from a queue."""
    if service.chain is None:
        return False
    words = [base(word) for word in service.chain.main.argv]
    if service.chain.program in ("celery", "airflow") or (
        service.chain.program == "manage.py" and "celery" in words
    ):
        return "worker" in words
    if "worker" in words[1:4] and any(word.startswith("--queue") for word in words):
        return True
    if ("rq", "worker") in itertools.pairwise(words):  # of Django, of Flask
        return True
    return service.chain.program in workloads.WORKERS or bool(
        set(words[:4]) & workloads.WORKER_WORDS
    )


def _own_program(service: Service) -> bool:
    entry = service.entrypoint
    if service.oneshot or (entry and not entry.inherited and not _usual(entry.argv)):
        return False
    words = service.cmd.argv if service.cmd and not service.cmd.inherited else ()
    first = base(words[0]) if words else ""
    return (
        not first
        or first.startswith("-")
        or first
        in workloads.DATABASE_PROGRAMS
        | {*("redis-server", "valkey-server", "rabbitmq-server", "memcached", "server", "start")}
    )


def _usual(argv: tuple[str, ...]) -> bool:
    """Tell whether an entrypoint is nothing, or the one that such images have."""
    return not argv or base(argv[0]) in ("docker-entrypoint.sh", *workloads.DATABASE_PROGRAMS)
