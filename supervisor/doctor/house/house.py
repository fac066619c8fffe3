"""All that the files of a tree say together; built once, and read by every rule."""

from __future__ import annotations

import re
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from supervisor.core.record import Record
from supervisor.doctor.commands.command import Command
from supervisor.doctor.finding import Place, Skip
from supervisor.doctor.house.guard import Guard
from supervisor.doctor.house.supervisords import programs, supervisords
from supervisor.doctor.platforms import composing, flying, orchestrating, units
from supervisor.doctor.platforms.including import Projects
from supervisor.doctor.platforms.supervising import Supervised
from supervisor.doctor.reading import kinds, procfile
from supervisor.doctor.reading.source import Source
from supervisor.doctor.reading.yaml import Node
from supervisor.doctor.servers.servers import Server, server_of
from supervisor.doctor.servers.uwsgi import Uwsgi
from supervisor.doctor.services.following import follow
from supervisor.doctor.services.hearing import hears
from supervisor.doctor.services.image import Image, images_of
from supervisor.doctor.services.linked import Linked
from supervisor.doctor.services.names import Names
from supervisor.doctor.services.program import SCRIPT, SHELL, Link
from supervisor.doctor.services.service import FLY, IMAGE, PROCFILE, Service
from supervisor.doctor.services.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MOST_SERVICES: Final = 4000
_NAME: Final = re.compile(r"[\w.-]+")
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_T = TypeVar("_T")


class Use(Record):
    """A shell, or a script, that stands in a service's chain."""

    service: Service
    link: Link
    at: int  # its number in the chain; 0 is PID 1


class House:
    """Read-only for rules. `services` have their chains; `skips`: what was not read.

    `guard` keeps the rest whole when something fails of one file.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        skips: Iterable[Skip] = (),
        links: Mapping[str, str] = _NONE,
        *,
        guarded: bool = True,
    ) -> None:
        """Join sources that were read; `links`: paths of the tree that lead to others in it."""
        self.files = Linked(sources, links)
        self.guard = Guard(on=guarded)
        self._skips = tuple(skips)
        self._stages: dict[str, tuple[Image, ...]] = {}
        for image in self.each("dockerfile", self._staged):
            self._stages[image.path] = (*self._stages.get(image.path, ()), image)
        self.images: tuple[Image, ...] = tuple(made[-1] for made in self._stages.values())
        self.manifests: tuple[Node, ...] = self.each("kubernetes", self._manifests)
        self._names = Names(self.images)
        self.projects = self._projects()
        found = (
            *self._composed(),
            *self._orchestrated(),
            *self.each("procfile", _procfile),
            *map(self._real, self.each("fly", self._flown)),
            *self.each("systemd", self._united),
        )
        found = self._first(found)
        said = {(_key(s.image), s.argv) for s in found if s.image and self._judged(s)}
        bare = [self._bare(one) for one in self.images if (_key(one), one.argv) not in said]
        run = tuple(map(self._followed, (*bare, *found)))
        self.supervised: tuple[Supervised, ...] = supervisords(self, run)
        below = self._first(tuple(programs(self, self.supervised)))
        self.services: tuple[Service, ...] = (*run, *map(self._followed, below))

    def each(self, kind: str, make: Callable[[Source], Iterable[_T]]) -> tuple[_T, ...]:
        """Return all that is made of the files of a kind, each by itself."""
        what = f"reading it as {kind}"
        found: list[_T] = []
        for source in self.of_kind(kind):
            found += self.guard.each(what, source.place(1), make, source)
        return tuple(found)

    def _first(self, found: tuple[Service, ...]) -> tuple[Service, ...]:
        """Return as many services as are looked at."""
        if len(found) > MOST_SERVICES:
            why = f"only the first {MOST_SERVICES} of {len(found)} services were looked at"
            self._skips = (*self._skips, Skip(found[MOST_SERVICES].place, why))
        return found[:MOST_SERVICES]

    @property
    def skips(self) -> tuple[Skip, ...]:
        """Return what was not read, or not understood, and why."""
        return (*self._skips, *self.files.skips, *self.guard.skips)

    def of_kind(self, *wanted: str) -> Iterator[Source]:
        """Return the sources of some kinds (reading/kinds.py), by path."""
        return (source for source in self.files if source.kind in wanted)

    def line(self, place: Place) -> str:
        """Return the first line of a place; empty if its file is not in the tree."""
        source = self.files.get(place.path)
        return source.line(place.line) if source else ""

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Return every shell and script that stands between a platform and a program."""
        return tuple(
            Use(service, link, at)
            for service in self.services
            for at, link in enumerate(service.chain.links if service.chain else ())
            if link.kind in (SCRIPT, SHELL)
        )

    @cached_property
    def uwsgis(self) -> tuple[Uwsgi, ...]:
        """Return every uWSGI that a service or a script runs, and each ini that none reads."""
        from supervisor.doctor.house.uwsgis import uwsgis

        return tuple(self.guard.each("reading the settings of uWSGI", Place(""), uwsgis, self))

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Return all names, in lower case, that are written in Dockerfiles."""
        texts = (source.text.lower() for source in self.of_kind("dockerfile"))
        return frozenset(word for text in texts for word in _NAME.findall(text))

    @cached_property
    def servers(self) -> tuple[Server, ...]:
        """Return the known servers that services end in; of uWSGI see `uwsgis`."""
        what = "reading the settings of its server"
        found = (self.guard.one(what, one.place, None, self._server, one) for one in self.services)
        return tuple(one for one in found if one is not None)

    def _server(self, service: Service) -> Server | None:
        return server_of(service, self.files, self.around(service))

    def around(self, service: Service) -> Surroundings:
        """Return what a service's commands meet: its files, its shell, its environment."""
        service = service.parent or service
        stages = self._stages.get(service.image.path, ()) if service.image else ()
        return Surroundings(service, self.files, stages)

    def stages(self, path: str) -> tuple[Image, ...]:
        """Return all stages of a Dockerfile as images."""
        return self._stages.get(path, ())

    def _followed(self, service: Service) -> Service:
        """Put its chain in, unless following it fails."""
        what = "following its command"
        return self.guard.one(what, service.place, service, self._chained, service)

    def _chained(self, service: Service) -> Service:
        """Put its chain in; a service that nobody can tell the command of has none."""
        both = [one for one in (service.entrypoint, service.cmd) if one and one.argv]
        if not service.argv or not both:
            return service
        located = {word: place for one in reversed(both) for word, place in one.located().items()}
        chain = follow(
            service.argv,
            both[0].place,
            self.around(service),
            init=bool(service.init),
            cmd=service.cmd,
            located=located,
        )
        return service.replace(chain=chain)

    def _bare(self, image: Image) -> Service:
        return Service(
            kind=IMAGE,
            name=image.path,
            place=image.place,
            image=image,
            image_name=image.base,
            entrypoint=image.entrypoint,
            cmd=image.cmd,
            env=image.env,
            ports=image.ports,
            served=bool(image.ports),
        )

    def _staged(self, source: Source) -> tuple[Image, ...]:
        parsed = self.files.dockerfile(source.path)
        return images_of(source.path, parsed) if parsed is not None else ()

    def _manifests(self, source: Source) -> Iterator[Node]:
        """Return a file's documents; what a List or a Template has in it one by one."""
        for node in self.files.documents(source.path):
            yield from orchestrating.parts(node)

    def _projects(self) -> Projects:
        """Find out which Compose files are read together; none is read where that fails."""
        paths = list(self.each("compose", self._documented))
        what, place = "reading it with the other Compose files", Place(paths[0] if paths else "")
        none = Projects(self.files, [])
        return self.guard.one(what, place, none, Projects, self.files, paths)

    def _documented(self, source: Source) -> Iterator[str]:
        if self.files.documents(source.path):
            yield source.path

    def _composed(self) -> Iterator[Service]:
        for path in self.projects.paths:
            for one in self.guard.each("reading it as compose", Place(path), self._run_by, path):
                service = self._real(one)
                self._names.learn(service)
                yield service

    def _run_by(self, path: str) -> Iterator[Service]:
        top = self.projects.top(path)
        return composing.services_of(path, top, self.files) if top is not None else iter(())

    def _real(self, service: Service) -> Service:
        """Put its Dockerfile's own path where a link to it was named."""
        image = service.image
        path = self.files.real(image.path) if image is not None else ""
        if image is None or path == image.path:
            return service
        return service.replace(image=image.replace(path=path))

    def _orchestrated(self) -> Iterator[Service]:
        what, none = "reading it as kubernetes", orchestrating.Others()
        place = self.manifests[0].place if self.manifests else Place("")
        pods = self.guard.one(what, place, none, orchestrating.others_of, self.manifests)
        for node in self.manifests:
            yield from self.guard.each(
                what, node.place, orchestrating.services_of, node, pods, self._names.image
            )

    def _flown(self, source: Source) -> Iterator[Service]:
        if (found := self.files.fly(source.path)) is not None:
            yield from flying.services_of(found, self.files)

    def _united(self, source: Source) -> Iterator[Service]:
        """Return what a unit runs, if it is a server that is known."""
        unit = units.unit_of(self.files, source)
        service = units.service_of(unit) if unit is not None else None
        chain = self._followed(service).chain if service is not None else None
        if service is not None and chain is not None and chain.program in units.PROGRAMS:
            yield service

    def _judged(self, service: Service) -> bool:
        """Tell whether it stands for its image: of Fly, what a shell keeps the signal from."""
        what = "following its command"
        return service.kind != FLY or self.guard.one(
            what, service.place, True, hears, self._followed(service)
        )


def _procfile(source: Source) -> Iterator[Service]:
    for process in procfile.parse(source):
        name, text, place = process.name, process.command, process.place
        cmd = Command(("/bin/bash", "-c", text), place, text=text)
        served, ends = name == "web", name == "release"
        yield Service(PROCFILE, name, place, cmd=cmd, served=served, oneshot=ends)


def house_of(files: dict[str, str]) -> House:
    """Join texts by their paths, as if they had been read from a tree; what fails, raises."""
    sources = []
    for path, text in files.items():
        kind = kinds.by_name(path)
        if kind == kinds.UNKNOWN:
            kind = kinds.by_text(path, text)
        sources.append(Source(path, text, kind, executable=True))
    return House(sources, guarded=False)


def _key(image: Image | None) -> tuple[str, int]:
    return (image.path, image.stage.number) if image else ("", 0)
