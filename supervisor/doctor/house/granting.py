"""Edits that give a service a longer grace period, and lines that are put behind others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import Edit
from supervisor.doctor.services.service import COMPOSE, FLY, KUBERNETES, SWARM, SYSTEMD

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

_SAID: Final = re.compile(
    r"(?P<key>\s*(?:(?:stop_grace_period|terminationGracePeriodSeconds):|(?:kill_timeout|TimeoutStopSec)\s*=)\s*)"
    r"(?P<quote>[\"']?)\d+(?P<unit>s?)(?P=quote)(?P<rest>\s*(?:#.*)?)"
)
FLY_MOST_S: Final = 300
_CHILD: Final = re.compile(r"(\s+)[\w-]+:")


def granted(house: House, service: Service, seconds: float) -> tuple[Edit, ...]:
    """Give a service that grace period, where it is plain how; else ()."""
    if service.kind == FLY and seconds > FLY_MOST_S:
        return ()
    if service.grace_place is not None:
        line = house.line(service.grace_place)
        match = _SAID.fullmatch(line)
        if match is None:
            return ()
        quote = match["quote"]
        text = f"{match['key']}{quote}{seconds:g}{match['unit']}{quote}{match['rest']}"
        return (Edit(service.grace_place.replace(end_line=0), text),)
    if service.kind in (COMPOSE, SWARM):
        child = _CHILD.match(house.line(service.place.replace(line=service.place.line + 1)))
        own = house.line(service.place)
        if child is None or own.strip() != f"{service.name}:":
            return ()
        if len(child[1]) <= len(own) - len(own.lstrip()):
            return ()
        return after(house, service.place, f"{child[1]}stop_grace_period: {seconds:g}s")
    if service.kind == SYSTEMD:
        return after(house, service.place, f"TimeoutStopSec={seconds:g}")
    if service.kind == FLY:
        return top_level(house, service, f"kill_timeout = {seconds:g}")
    key = service.pod.key("containers") if service.kind == KUBERNETES and service.pod else None
    if key is None or house.line(key.place).strip() != "containers:":
        return ()
    line = house.line(key.place)
    said = f"{line[: -len(line.lstrip())]}terminationGracePeriodSeconds: {seconds:g}\n{line}"
    return (Edit(key.place.replace(end_line=0), said),)


def top_level(house: House, service: Service, line: str) -> tuple[Edit, ...]:
    """Put a line into a fly.toml, behind the app's name."""
    found = house.files.fly(service.place.path)
    place = found.place("app") if found else None
    return after(house, place, line) if place else ()


def after(house: House, place: Place, line: str) -> tuple[Edit, ...]:
    """Put a line behind a place; () if it is no line of the tree."""
    source = house.files.get(place.path)
    if source is None or not 0 < place.last <= len(source.lines):
        return ()
    last = place.replace(line=place.last, end_line=0)
    return (Edit(last, f"{source.line(place.last)}\n{line}"),)
