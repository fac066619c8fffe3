"""A Celery worker whose tasks may take longer than its grace period."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import LOW, MEDIUM, Finding
from supervisor.doctor.house.granting import granted
from supervisor.doctor.house.longwork import task_limit
from supervisor.doctor.knowledge.trials import trial
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_grace
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Edit
    from supervisor.doctor.house.house import House
    from supervisor.doctor.servers.servers import Server

FIX = (
    "Give the worker a grace period above its longest task, and set `task_acks_late` (with"
    " `task_reject_on_worker_lost`) for tasks that may be run twice."
)
LATE: Final = re.compile(r"^[^#\n]*acks_late[\"']?\s*[=:]\s*True", re.IGNORECASE | re.MULTILINE)
SPARE_S: Final = 10


def check(house: House) -> Iterator[Finding]:
    """Look at workers that a platform stops; supervisord's have a rule of their own."""
    workers = [one for one in house.servers if one.variant == "celery"]
    texts = [one for one in house.of_kind("python") if not trial(one.path)] if workers else []
    if any(LATE.search(one.text) for one in texts):
        return  # what is cut is run again
    said = task_limit(house) if workers else 0.0
    for server in workers:
        service = server.service
        if service.kind == SUPERVISORD or service.oneshot or service.signal != "SIGTERM":
            continue
        own = server.get("time-limit") or server.get("soft-time-limit")
        limit = (duration(own) if own else None) or said
        unlimited = not limit and service.grace_s is None and not service.platform.all
        if unlimited or limit > service.grace:
            yield _finding(house, server, limit)


def _finding(house: House, server: Server, limit: float) -> Finding:
    service = server.service
    takes = f"A task may take {limit:g} s" if limit else "No limit of a task is known"
    grace = f"{service.grace:g} s{' (its default)' if service.grace_s is None else ''}"
    edits: tuple[Edit, ...] = granted(house, service, limit + SPARE_S) if limit else ()
    return Finding(
        "celery-grace",
        for_grace(service, MEDIUM if limit else LOW),
        server.place,
        f"{takes}, and {service.platform.title} kills the worker {grace} after the stop: a task"
        " that still runs then is lost, for it was acknowledged when it began.",
        FIX,
        edits,
        (f"{service.grace_place or service.place}: {service.grace:g} s of grace",),
    )


def _compose(options: str = "", grace: str = "") -> tuple[str, str]:
    command = f"    command: celery -A app worker{options}\n"
    return ("compose.yml", f"services:\n  worker:\n    image: app\n{command}{grace}")


RULE = Rule(
    id="celery-grace",
    severity=MEDIUM,
    title="Celery's tasks do not fit into the grace period",
    why=(
        "At SIGTERM a Celery worker takes no new tasks and waits without a limit for those that it"
        " has. When the grace period is over it is killed; a task is acknowledged before it runs,"
        " unless `acks_late` is set, so what is cut is lost and not run again."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (_compose(), ("app/celery.py", "task_time_limit = 5 * 60\n")),
            at="compose.yml:4",
            fixed="services:\n  worker:\n    stop_grace_period: 310s\n    image: app\n"
            "    command: celery -A app worker\n",
        ),
        Example(
            (_compose(" --time-limit=600", "    stop_grace_period: 30s\n"),),
            at="compose.yml:4",
        ),
        Example((_compose(),), at="compose.yml:4", severity=LOW),
    ),
    good=(
        Example((_compose(), ("app/celery.py", "task_acks_late = True\n"))),
        Example((_compose("", "    stop_grace_period: 5m\n"),)),
        Example(
            (
                _compose("", "    stop_grace_period: 10m\n"),
                ("settings.py", "CELERY_TASK_TIME_LIMIT = 300\n"),
            )
        ),
        Example((("compose.yml", "services:\n  b:\n    image: a\n    command: celery beat\n"),)),
    ),
)
