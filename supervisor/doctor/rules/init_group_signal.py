"""SIGTERM to a whole process group, with a master below that must tell its workers itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.wrapping import base, program_of
from supervisor.doctor.finding import HIGH, INFO, Edit, Finding
from supervisor.doctor.house.granting import after
from supervisor.doctor.knowledge.servers import HURT_BY_GROUP
from supervisor.doctor.knowledge.wrappers import EXECS, GROUP
from supervisor.doctor.platforms.units import units
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.servers.uwsgi import NO_MASTER
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import SUPERVISORD, SYSTEMD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.platforms.supervising import Program
    from supervisor.doctor.servers.uwsgi import Uwsgi
    from supervisor.doctor.services.program import Chain
    from supervisor.doctor.services.service import Service

LOSES: Final = {
    "uwsgi": "the request under way is cut, with exit code 0",
    "celery": "the task under way is lost, and it hangs until KILL",
}
THREADS: Final = ("solo", "threads", "gevent", "eventlet")
INIT: Final = re.compile(r'"(?P<path>(?:/[\w/]+/)?dumb-init)"')


def check(house: House) -> Iterator[Finding]:
    """Look at uWSGI and Celery below an init, or a supervisord, that signals groups."""
    for service in house.services:
        chain = service.chain
        if chain is None or chain.init is None or chain.init.does != GROUP:
            continue
        name = _hurt(service, house)
        if name:
            yield Finding(
                "init-group-signal",
                for_path(chain.init.place.path, HIGH),
                chain.init.place,
                f"`{chain.init.name}` sends SIGTERM to the workers of `{name}` as well, which die"
                f" before the master can let them finish: {LOSES[name]}.",
                "Let it tell its child alone: `dumb-init -c`, or tini without `-g`.",
                _edits(chain, house),
                (f"{chain.main.place}: the program",),
            )
    yield from _supervised(house)
    yield from _united(house)


def _hurt(service: Service, house: House) -> str:
    """Return the name of a program whose master is hurt; empty for another."""
    chain = service.chain
    if chain is None or chain.program not in HURT_BY_GROUP:
        return ""
    if chain.program == "celery":
        words = program_of(chain.main.argv)[1]
        pools = any(word.partition("=")[2] in THREADS or word in THREADS for word in words)
        return "" if pools or "worker" not in words else "celery"
    mine = _uwsgi(service, house)
    return "uwsgi" if mine and mine.variant not in ("", NO_MASTER) else ""


def _maybe(service: Service, house: House) -> bool:
    """Tell whether it is a uWSGI whose settings are not in the tree: it may have a master."""
    mine = _uwsgi(service, house)
    return mine is not None and not mine.variant


def _uwsgi(service: Service, house: House) -> Uwsgi | None:
    return next((one for one in house.uwsgis if one.service is service), None)


def _supervised(house: House) -> Iterator[Finding]:
    """Look at programs with stopasgroup."""
    services = {one.place: one for one in house.services if one.kind == SUPERVISORD}
    for program in (one for each in house.supervised for one in each.programs):
        entry = program.get("stopasgroup")
        run = services.get(program.section.place)
        if entry is None or run is None or not program.flag("stopasgroup"):
            continue
        maybe = _maybe(run, house)
        name = "uwsgi" if maybe else _hurt(run, house)
        if name:
            unless = "Unless it has no master, " if maybe else ""
            yield Finding(
                "init-group-signal",
                INFO if maybe else for_path(entry.place.path, HIGH),
                entry.place,
                f"{unless}`stopasgroup` sends the stop to the workers of `{name}` as well, which"
                f" die before the master can let them finish: {LOSES[name]}.",
                f"{_before(run)}et `stopasgroup=false`; `killasgroup=true` may stay.",
                _plain(program, run, house),
            )


def _united(house: House) -> Iterator[Finding]:
    """Look at units of systemd that don't say `KillMode=mixed`."""
    modes = {one.path: one.get("KillMode") for one in units(house.files)}
    for service in house.services:
        if service.kind != SYSTEMD or not service.platform.all or service.signal != "SIGTERM":
            continue
        if name := _hurt(service, house):
            said = modes.get(service.place.path)
            place = said.place if said else service.place
            line = "KillMode=mixed"
            yield Finding(
                "init-group-signal",
                for_path(place.path, HIGH),
                place,
                f"systemd sends SIGTERM to the workers of `{name}` as well, which die before the"
                f" master can let them finish: {LOSES[name]}.",
                "Set `KillMode=mixed`: the main process alone is told then.",
                (Edit(place, line),) if said else after(house, place, line),
                (f"{service.place}: the program",),
            )


def _before(run: Service) -> str:
    """Say what else it takes where a shell may stay in front: that alone would be told then."""
    alone = run.chain is not None and run.chain.processes == (run.chain.main,)
    return "S" if alone else "Write `exec` before the program, and s"


def _plain(program: Program, run: Service, house: House) -> tuple[Edit, ...]:
    """Tell the master alone, where it is the program that supervisord starts itself."""
    entry, chain = program.get("stopasgroup"), run.chain
    if entry is None or chain is None or chain.processes != (chain.main,):
        return ()
    if house.line(entry.place).replace(" ", "").lower() != "stopasgroup=true":
        return ()
    kept = "" if program.get("killasgroup") else "\nkillasgroup=true"
    return (Edit(entry.place.replace(end_line=0), f"stopasgroup=false{kept}"),)


def _edits(chain: Chain, house: House) -> tuple[Edit, ...]:
    """Give dumb-init its `-c`, where its child is the program itself."""
    init = chain.init
    if init is None or base(init.argv[0]) != "dumb-init" or init.place.line != init.place.last:
        return ()
    below = chain.links[chain.links.index(init) + 1 : -1]
    line = house.line(init.place)
    if any(one.does != EXECS for one in below) or len(INIT.findall(line)) != 1:
        return ()
    return (Edit(init.place, INIT.sub(r'"\g<path>", "-c"', line)),)


_WORKER: Final = '["dumb-init", "celery", "-A", "a", "worker"]'


def _files(command: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", f"FROM python:3.11-slim\nCMD {command}\n"), *more)


def _conf(command: str) -> tuple[tuple[str, str], ...]:
    text = f"[program:a]\ncommand={command}\nstopasgroup=true\n"
    return (("supervisord.conf", text),)


RULE = Rule(
    id="init-group-signal",
    severity=HIGH,
    title="The workers get SIGTERM themselves, and die before they have finished",
    why=(
        "dumb-init, `tini -g`, supervisord's `stopasgroup` and systemd, unless its `KillMode` is"
        " `mixed` or `process`, send SIGTERM to every process. A master that takes a worker's"
        " SIGTERM for an order to kill it can't finish then: measured, uWSGI with the right hook"
        " lost its request with exit code 0, and Celery's prefork pool its task, and then hung"
        " until KILL. gunicorn and uvicorn take no harm."
    ),
    fix=(
        "Tell the master alone: `dumb-init -c`, tini without `-g`, `stopasgroup=false`,"
        " `KillMode=mixed`."
    ),
    check=check,
    bad=(
        Example(
            _files(_WORKER),
            at="Dockerfile:2",
            fixed=f"FROM python:3.11-slim\nCMD {_WORKER.replace('init', 'init', 1)}\n".replace(
                '"dumb-init"', '"dumb-init", "-c"'
            ),
        ),
        Example(_files('["tini", "-g", "--", "uwsgi", "-M", "--http", ":80"]'), at="Dockerfile:2"),
        Example(
            _conf("celery -A a worker"),
            at="supervisord.conf:3",
            fixed="[program:a]\ncommand=celery -A a worker\nstopasgroup=false\nkillasgroup=true\n",
        ),
        Example(_conf("uwsgi --ini /etc/u.ini"), at="supervisord.conf:3", severity=INFO),
        Example(
            (("a.service", "[Service]\nExecStart=/v/bin/celery -A a worker\nUser=a\n"),),
            at="a.service:2",
            fixed="[Service]\nExecStart=/v/bin/celery -A a worker\nKillMode=mixed\nUser=a\n",
        ),
        Example(
            (
                ("u.service", "[Service]\nKillMode=control-group\nExecStart=uwsgi /srv/u.ini\n"),
                ("u.ini", "[uwsgi]\nmaster = true\ndie-on-term = true\n"),
            ),
            at="u.service:2",
        ),
    ),
    good=(
        Example((*_conf("uwsgi /etc/u.ini"), ("u.ini", "[uwsgi]\nmodule = a\n"))),
        Example((("a.service", "[Service]\nExecStart=celery -A a worker\nKillMode=mixed\n"),)),
        Example((("a.service", "[Service]\nExecStart=gunicorn a:b\n"),)),
        Example((("a.service", "[Service]\nExecStart=celery -A a beat\n"),)),
        Example(_files('["dumb-init", "gunicorn", "app"]')),
        Example(_files('["dumb-init", "-c", "uwsgi", "-M", "--http", ":80"]')),
        Example(_files('["tini", "--", "uwsgi", "-M", "--http", ":80"]')),
        Example(_files('["dumb-init", "celery", "-A", "a", "worker", "-P", "gevent"]')),
        Example(_files('["dumb-init", "celery", "-A", "a", "beat"]')),
        Example((("Dockerfile", f"FROM python:3.11\nENV DUMB_INIT_SETSID=0\nCMD {_WORKER}\n"),)),
        Example(_conf("gunicorn app")),
    ),
    evidence=("apache/airflow#18066", "celery/celery#2700", "celery/celery#4200"),
)
