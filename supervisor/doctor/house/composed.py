"""Services of Compose files beside each other: who says what of whom, over several files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from supervisor.doctor.services.service import COMPOSE, SWARM

if TYPE_CHECKING:
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service


class Composed:
    """All services of Compose, by their files and names."""

    def __init__(self, house: House) -> None:
        """Sort them."""
        self._house = house
        self.by_file: dict[str, dict[str, Service]] = {}
        self._same: dict[tuple[str, str], list[Service]] = {}
        for one in house.services:
            if one.kind in (COMPOSE, SWARM):
                self.by_file.setdefault(one.place.path, {})[one.name] = one
                folder = posixpath.dirname(one.place.path)
                self._same.setdefault((folder, one.name), []).append(one)

    def project(self, path: str) -> dict[str, Service]:
        """Return the services of a file by name, those that it includes as well."""
        found: dict[str, Service] = {}
        for one in (*reversed(self._house.projects.included(path)), path):
            found.update(self.by_file.get(one, {}))
        return found

    def owned(self, service: Service) -> bool:
        """Tell whether its own file says what it is, and nothing of it is in a file not read."""
        if service.node is None:
            return False
        own = service.node.entries()
        extends = own.get("extends")
        if extends is not None and extends.kind == "map" and (file := extends.get("file")):
            folder = self._house.files.home(extends.place.path)
            if self._house.files.get(posixpath.join(folder, file.value)) is None:
                return False
        said = own.get("image") or own.get("build")
        return extends is not None or (said is not None and said.place.path == service.place.path)

    def grace_elsewhere(self, service: Service | None) -> bool:
        """Tell whether its grace period is said in a file beside, and not in its own."""
        if service is None or service.grace_place is not None:
            return False
        return self.said_elsewhere(service, "stop_grace_period")

    def said_elsewhere(self, service: Service, key: str) -> bool:
        """Tell whether a file beside says this of the service: it may be put over this one."""
        folder = posixpath.dirname(service.place.path)
        return any(
            other.place.path != service.place.path and other.node and other.node.get(key)
            for other in self._same.get((folder, service.name), ())
        )
