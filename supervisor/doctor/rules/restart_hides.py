"""A service that is started again whenever it was killed, so that nobody sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, Finding
from supervisor.doctor.house.composed import Composed
from supervisor.doctor.platforms.composing import interpolated
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = (
    "Watch `RestartCount`, or the events `oom` and `die` with their exit codes; `on-failure:5` ends"
    " a loop."
)
LIMIT: Final = re.compile(r"[1-9]\d*(?:\.\d+)?\s*[bkmg]?b?", re.IGNORECASE)


def check(house: House) -> Iterator[Finding]:
    """Look at services that are always restarted, and that something kills now and then."""
    composed = Composed(house)
    for services in composed.by_file.values():
        for service in services.values():
            if service.restart not in ("always", "unless-stopped"):
                continue
            limit = _limit(service)
            if limit is not None and composed.owned(service):
                yield Finding(
                    "restart-hides",
                    INFO,
                    service.place,
                    f"When {service.name} goes over its limit of memory it is killed (137) and"
                    f" started again by `restart: {service.restart}`: what it was doing is lost,"
                    " and only RestartCount tells.",
                    FIX,
                    (),
                    (f"{limit}: its limit",),
                )


def _limit(service: Service) -> Place | None:
    """Return where its memory is limited."""
    own = service.node.entries() if service.node else {}
    deploy = own.get("deploy")
    said = own.get("mem_limit") or (
        deploy.get("resources", "limits", "memory") if deploy is not None else None
    )
    if said is None or said.kind != "scalar":
        return None
    return said.place if LIMIT.fullmatch(interpolated(said.value).strip()) else None


def _compose(restart: str, limit: str) -> tuple[tuple[str, str], ...]:
    return (("compose.yml", f"services:\n  web:\n    image: app\n    {restart}\n    {limit}\n"),)


RULE = Rule(
    id="restart-hides",
    severity=INFO,
    title="Restarts hide that it is killed",
    why=(
        "`restart: always` starts a container again whatever its exit code was. One that is killed"
        " (137) for its memory, or at the end of its grace period, comes back within a second:"
        " requests are lost each time, and only RestartCount and the events tell of it."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_compose("restart: always", "mem_limit: 512m"), at="compose.yml:2"),
        Example(
            _compose("restart: unless-stopped", "deploy: {resources: {limits: {memory: 1G}}}"),
            at="compose.yml:2",
        ),
    ),
    good=(
        Example(_compose("restart: always", "init: true")),
        Example(_compose("restart: on-failure", "mem_limit: 512m")),
        Example(_compose("restart: always", 'mem_limit: "${LIMIT:-0}"')),
    ),
)
