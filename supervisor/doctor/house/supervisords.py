"""Every supervisord of a tree: what services run, and configurations that nobody runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.platforms import supervising

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.platforms.supervising import Supervised
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.services.service import Service


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
