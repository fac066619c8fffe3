"""Every uWSGI of a tree: what services end in, what scripts start besides, and lone files."""

from __future__ import annotations

import posixpath
from itertools import chain as chained
from itertools import groupby
from typing import TYPE_CHECKING

from supervisor.doctor.commands.wrapping import peel, program_of
from supervisor.doctor.finding import Place
from supervisor.doctor.house.standing import Standing, standings
from supervisor.doctor.reading.uwsgiformats import FORMATS, SUFFIXES
from supervisor.doctor.scripts.shellfacts import EXEC
from supervisor.doctor.servers.uwsgi import NAMES, Around, Uwsgi, of_command, of_file
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.scripts.shellfacts import Run
    from supervisor.doctor.services.files import Files
    from supervisor.doctor.services.program import Chain
    from supervisor.doctor.services.service import Service

MOST_WRAPPERS = 8
WHAT = "reading the settings of uWSGI"
ENDINGS = (".ini", *SUFFIXES)
KINDS = ("uwsgi", *(f"uwsgi-{form}" for form in FORMATS))


class Beside:
    """What a script meets that nothing in the tree runs: files by their names."""

    def __init__(self, files: Files, path: str) -> None:
        """Remember where the script is."""
        self.files, self._folder = files, posixpath.dirname(path)
        self.env: dict[str, str] = {}

    def file(self, path: str) -> Source | None:
        """Return the file beside the script, or the only one of that name."""
        beside = self.files.get(posixpath.join(self._folder, path.lstrip("/")))
        return beside or self.files.named(path, self._folder)


def uwsgis(house: House) -> tuple[Uwsgi, ...]:
    """Return them; a script's on other paths than the one that its service takes, too."""
    each = house.guard.each
    run: list[Uwsgi] = []
    for service in house.services:
        if service.chain is not None and service.chain.program in NAMES:
            run += each(WHAT, service.chain.main.place, _of_service, service, service.chain, house)
    told = {one.place for one in run}
    for standing in each(WHAT, Place(""), standings, house):
        for one in each(WHAT, standing.place, _of_script, standing, house):
            if one.place not in told:
                told.add(one.place)
                run.append(one)
    read = {path for one in run for _, path in one.paths} | _kept(house)
    lone = (one for one in house.of_kind(*KINDS) if one.path not in read)
    own = [each(WHAT, one.place(1), _of_file, one, house) for one in lone]
    return (*run, *chained.from_iterable(own))


def _of_service(service: Service, chain: Chain, house: House) -> Iterator[Uwsgi]:
    around = _around(service, house)
    run = next((link.run for link in reversed(chain.links) if link.run is not None), None)
    place = chain.main.place
    found = of_command(service, chain.main.argv, place, around, "/", run)
    others = (one for one in _others(chain, run) if program_of(one)[0] in NAMES)
    made = [of_command(service, one, place, around, "/", run) for one in others]
    yield _agreed(found, made)


def _others(chain: Chain, run: Run | None) -> Iterator[tuple[str, ...]]:
    """Return the main program's words as they may be, too: a variable has other values."""
    above = [link for link in chain.links if link.facts is not None]
    for one in above[-1].facts.runs if above and above[-1].facts and run else ():
        if run and one.statement is run.statement and one.argv != run.argv:
            yield _inner(one)


def _agreed(found: Uwsgi, others: list[Uwsgi]) -> Uwsgi:
    """Leave open how it stops where that hangs on which words it is given."""
    same = all((one.variant, one.hooks) == (found.variant, found.hooks) for one in others)
    return found if same else found.replace(unsure=True)


def _of_file(source: Source, house: House) -> Iterator[Uwsgi]:
    yield of_file(source, house.files)


def _around(service: Service, house: House) -> Around:
    """Return what a service's uWSGI meets; a lone supervisord has files by their names."""
    if service.kind == SUPERVISORD and service.parent is None and service.cmd is not None:
        return Beside(house.files, service.cmd.place.path)
    return house.around(service)


def _kept(house: House) -> set[str]:
    """Return the files of those that gracekeeper stops in its own way."""
    chains = [(one, one.chain) for one in house.services if one.chain is not None]
    found = set()
    for service, chain in chains:
        if chain.program == "gracekeeper":
            around = house.around(service)
            files = (around.file(word) for word in chain.main.argv if word.endswith(ENDINGS))
            found |= {source.path for source in files if source is not None}
    return found


def _of_script(standing: Standing, house: House) -> Iterator[Uwsgi]:
    """Return those that a script starts; one that has a trap decides itself what they are told."""
    service = standing.service
    if standing.handles or (service is not None and service.signal != "SIGTERM"):
        return
    around = house.around(service) if service else None
    cwd = service.image.workdir if service and service.image else "/"
    runs = (run for run in standing.facts.mains if program_of(_inner(run))[0] in NAMES)
    for place, ways in groupby(runs, key=lambda run: run.place):
        near = around or Beside(house.files, place.path)
        made = [
            of_command(None, _inner(run), place, near, cwd, run).replace(
                run=run, untold=run.how != EXEC
            )
            for run in ways
        ]
        yield _agreed(made[-1], made)


def _inner(run: Run) -> tuple[str, ...]:
    argv = run.argv
    for _ in range(MOST_WRAPPERS):
        peeled = peel(argv)
        if peeled is None or not peeled.inner:
            break
        argv = peeled.inner
    return argv
