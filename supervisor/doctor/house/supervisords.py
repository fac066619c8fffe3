"""Every supervisord of a tree: what services run, and configurations that nobody runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.platforms import supervising

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.platforms.supervising import Supervised
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.services.service import Service

STARTERS: Final = (
    *("dockerfile", "shell", "compose", "kubernetes", "procfile", "makefile", "systemd", "ci"),
    "package",
)
STAYS: Final = re.compile(
    r"supervisord\b[^\n]{0,300}?[\s\"'](?:-[a-z]{0,3}n[a-z]{0,3}|--nodaemon)\b"
)
OUT: Final = re.compile(r"/dev/(?:std(?:out|err)|fd/[12])\b|/proc/(?:1|self)/fd/[12]\b|/dev/tty\b")
CONTAINED: Final = re.compile(r"docker|container|k8s|kube|rootfs", re.IGNORECASE)


def contained(house: House, found: Supervised) -> bool:
    """Tell whether its own file says that it is a container's: it logs to where one's logs go."""
    path = found.source.path
    if CONTAINED.search(path) or OUT.search(found.source.text):
        return True
    name = path.rpartition("/")[2].lower()
    return name in house.mentioned or (not found.nodaemon and "supervisord" in house.mentioned)


def stays(house: House) -> bool:
    """Tell whether some file of the tree starts a supervisord that stays in front."""
    return any(STAYS.search(source.text) for source in house.of_kind(*STARTERS))


def supervisords(house: House, services: tuple[Service, ...]) -> tuple[Supervised, ...]:
    """Return them with their configurations; a lone one is that of the only supervisord."""
    found: list[Supervised] = []
    runs = []
    for service in services:
        if service.chain is None or service.chain.program != "supervisord":
            continue
        runs.append(service)
        what = "reading the settings of its supervisord"
        found += house.guard.each(what, service.place, _of_service, house, service)
    read = {program.place.path for one in found for program in one.programs}
    read |= {one.source.path for one in found}

    def unread(source: Source) -> Iterator[Supervised]:
        if source.path not in read:
            alone = supervising.of_file(source, house.files)
            yield alone.replace(service=runs[0]) if len(runs) == 1 else alone

    return (*found, *_outer(tuple(house.each("supervisord", unread))))


def _outer(found: tuple[Supervised, ...]) -> Iterator[Supervised]:
    """Leave out what another one includes."""
    included = {
        program.place.path
        for one in found
        for program in one.programs
        if program.place.path != one.source.path
    }
    return (one for one in found if one.source.path not in included)


def _of_service(house: House, service: Service) -> Iterator[Supervised]:
    if service.chain is not None:
        argv, around = service.chain.main.argv, house.around(service)
        found = supervising.supervised(service, argv, house.files, around)
        if found is not None:
            yield found


def programs(house: House, every: tuple[Supervised, ...]) -> Iterator[Service]:
    """Return what they run, as services."""
    for one in every:
        place = one.source.place(1)
        yield from house.guard.each("reading its programs", place, supervising.services_of, one)
