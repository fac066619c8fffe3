"""Every main command of the tree, wrappers included: of services, and of scripts on each path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.role import ARGS
from supervisor.doctor.commands.wrapping import peel, program_of
from supervisor.doctor.finding import HIGH, INFO, LOW, MEDIUM, Place
from supervisor.doctor.house.standing import standings
from supervisor.doctor.knowledge.wrappers import GROUP
from supervisor.doctor.reading.shellnodes import Case, If, Simple, Test, walk
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.program import PROGRAM, WRAPPER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.reading.shellnodes import Branch
    from supervisor.doctor.scripts.shellfacts import Run
    from supervisor.doctor.services.service import Service

MOST_WRAPPERS: Final = 8
PRODUCTION: Final = frozenset(
    (
        *("gunicorn", "uvicorn", "uwsgi", "hypercorn", "daphne", "granian", "waitress-serve"),
        *("supervisord", "nginx", "apache2-foreground", "httpd-foreground", "php-fpm"),
    )
)
VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_]\w*)")
TRIED: Final = frozenset(("dev", "devel", "development", "develop", "debug", "local"))


class Started(Record):
    """One of them; of `gosu x su -c y` there are as many as words that begin a command.

    `service`    None: a script that nothing in the tree runs, named like an entrypoint
    `all_told`   an init gives the stop signal to everybody below
    `sole`       its script has nothing for production on another path, or only if one asks for it
    `default`    it runs unless a variable says otherwise, which no file of the tree does
    """

    argv: tuple[str, ...]
    place: Place
    service: Service | None = None
    all_told: bool = False
    sole: bool = True
    default: bool = False

    def severity(self, most: str) -> str:
        """Lower a severity where nobody can tell who runs it, and for tests and development."""
        if self.default:
            most = {HIGH: LOW, MEDIUM: LOW}.get(most, INFO)
        if self.service is None:
            most = {HIGH: MEDIUM, MEDIUM: LOW}.get(most, INFO)
        elif most != INFO:
            most = for_path(self.service.place.path, most)
        return for_path(self.place.path, most)


def started(house: House) -> Iterator[Started]:
    """Return them; jobs that are meant to end are left out."""
    for service in house.services:
        if service.chain is not None and not service.oneshot:
            yield from _of_chain(service)
    for standing in standings(house):
        yield from _of_script(standing)


def _of_chain(service: Service) -> Iterator[Started]:
    """Return what the command itself says; what a script says comes from the script."""
    chain, inside = service.chain, False
    told = chain is not None and chain.init is not None and chain.init.does == GROUP
    for link in chain.links if chain else ():
        if link.run is not None:
            inside = link.run.role != ARGS and not service.platform.all
        if link.kind in (WRAPPER, PROGRAM) and link.argv and not inside:
            yield Started(link.argv, link.place, service, told)


def _of_script(standing: Standing) -> Iterator[Started]:
    better = [run for run in standing.facts.mains if _for_production(run)]
    tried, left = _tried(standing), _left(standing)
    for run in standing.facts.mains:
        if run.role == ARGS or not run.argv:
            continue
        named = run.place in tried or _speaks(run.path)
        default = bool(better) and not named and run.place in left
        argv, sole = run.argv, default or not run.path or not (better or named)
        for _ in range(MOST_WRAPPERS):
            yield Started(argv, run.place, standing.service, standing.all_told, sole, default)
            peeled = peel(argv)
            if peeled is None or not peeled.inner:
                break
            argv = peeled.inner


def _for_production(run: Run) -> bool:
    """Tell whether it is a server that nobody runs at a desk alone."""
    argv = run.argv
    for _ in range(MOST_WRAPPERS):
        peeled = peel(argv)
        if peeled is None or not peeled.inner:
            break
        argv = peeled.inner
    return program_of(argv)[0] in PRODUCTION and "--reload" not in argv


def _tried(standing: Standing) -> set[Place]:
    """Return the commands behind a condition that speaks of development."""
    found = set()
    for one in walk(standing.facts.script.body):
        for branch in one.branches if isinstance(one, If) else ():
            if _speaks(_asked(branch)):
                found |= {inner.place for inner in walk(branch.body) if isinstance(inner, Simple)}
    return found


def _left(standing: Standing) -> set[Place]:
    """Return the commands of an `else` or a `*)`, where nobody sets what is asked for."""
    env = standing.service.env if standing.service else {}
    found: set[Place] = set()
    for one in walk(standing.facts.script.body):
        if isinstance(one, If):
            asked = " ".join(text for branch in one.branches for text in _asked(branch))
            bodies = [one.otherwise or ()]
        elif isinstance(one, Case) and one.subject is not None:
            asked = one.subject.text
            bodies = [
                each.body for each in one.choices if any(w.text == "*" for w in each.patterns)
            ]
        else:
            continue
        if not _speaks([asked]) and not any(env.get(name) for name in VARIABLE.findall(asked)):
            inner = (each for body in bodies for each in walk(body))
            found |= {each.place for each in inner if isinstance(each, Simple)}
    return found


def _speaks(texts: Iterable[str]) -> bool:
    return bool(TRIED & set(re.findall(r"[a-z]+", " ".join(texts).lower())))


def _asked(branch: Branch) -> Iterator[str]:
    for one in walk(branch.condition):
        if isinstance(one, Test):
            yield one.text
        elif isinstance(one, Simple):
            yield from (word.text for word in one.words)
