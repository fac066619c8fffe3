"""A supervisord whose programs, one after another, need more than its own grace period."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, LOW, MEDIUM, Finding
from supervisor.doctor.house.granting import granted
from supervisor.doctor.house.supervisords import contained
from supervisor.doctor.knowledge.servers import DRAINS, HANGS, reaction
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_grace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.platforms.supervising import Program, Supervised
    from supervisor.doctor.services.service import Service

FIX = (
    "Give the service a grace period above the sum of `stopwaitsecs`, or put the programs into one"
    " `[group:x]`, which is stopped all at once."
)
SPARE_S: Final = 5
MOST_S: Final = 30.0  # of Kubernetes, and more than others give


def check(house: House) -> Iterator[Finding]:
    """Add up, for every service that runs a supervisord, what its groups may take."""
    ends = _Ends(house)
    for service, found in by_service(house):
        sure: dict[str, float] = {}
        most: dict[str, float] = {}
        for one in found:
            for program in one.programs:
                needs, known = ends.needs(program, service)
                most[program.group] = max(most.get(program.group, 0.0), needs)
                if known:
                    sure[program.group] = max(sure.get(program.group, 0.0), needs)
        if sum(most.values()) > service.grace:
            enough = sum(sure.values()) > service.grace
            yield _finding(house, service, found[0], most, enough)
    for one in house.supervised:
        if one.service is None and one.section and (one.nodaemon or contained(house, one)):
            yield from _alone(one)


def _alone(found: Supervised) -> Iterator[Finding]:
    """Look at what a container's supervisord is told to wait for: more than all platforms give."""
    waits: dict[str, float] = {}
    for program in found.programs:
        if program.get("stopwaitsecs") is not None and not program.listener:
            waits[program.group] = max(waits.get(program.group, 0.0), program.wait_s or 0.0)
    if (total := sum(waits.values())) > MOST_S:
        yield Finding(
            "supervisord-total-gt-grace",
            INFO,
            found.place or found.source.place(1),
            f"Its groups, one after another, may take {total:g} s to stop; Docker kills all after"
            " 10 s, Kubernetes after 30 s, if nobody says otherwise.",
            FIX,
        )


def by_service(house: House) -> Iterator[tuple[Service, list[Supervised]]]:
    """Return each service that runs a supervisord, with all configurations that belong to it."""
    known: dict[int, tuple[Service, list[Supervised]]] = {}
    for one in house.supervised:
        if one.service is not None:
            known.setdefault(id(one.service), (one.service, []))[1].append(one)
    yield from known.values()


class _Ends:
    """The servers that programs of supervisord are, each found at once: they may be thousands."""

    def __init__(self, house: House) -> None:
        run = [one for one in house.services if one.parent is not None]
        self._services = {(id(one.parent), one.place): one for one in reversed(run)}
        self._servers = {id(one.service): one for one in reversed(house.servers)}
        self._uwsgis = {id(one.service): one for one in reversed(house.uwsgis) if one.variant}

    def needs(self, program: Program, service: Service) -> tuple[float, bool]:
        """Return the seconds that a program may take, and whether that is known of it."""
        wait = program.wait_s
        if wait is None or program.listener:
            return 0.0, True
        explicit = program.get("stopwaitsecs") is not None
        mine = self._services.get((id(service), program.section.place))
        if mine is None:
            return wait, explicit
        server, uwsgi = self._servers.get(id(mine)), self._uwsgis.get(id(mine))
        if server is not None and server.graceful_s is not None:
            return min(wait, server.graceful_s), True
        if (variant := server.variant if server else uwsgi.variant if uwsgi else None) is None:
            return wait, explicit
        return _reacts(variant, mine.signal, wait, explicit=explicit)


def _reacts(variant: str, signal: str, wait: float, *, explicit: bool) -> tuple[float, bool]:
    found = reaction(variant, signal)
    if found is None:
        return wait, explicit
    hangs = found.ends == HANGS and variant.startswith("uwsgi")  # others die of it: no PID 1
    return (wait, True) if found.ends == DRAINS or hangs else (0.0, True)


def _finding(
    house: House, service: Service, first: Supervised, waits: dict[str, float], enough: bool
) -> Finding:
    total, groups = sum(waits.values()), sum(1 for one in waits.values() if one)
    severity = for_grace(service, MEDIUM if enough else LOW)
    fits = granted(house, service, math.ceil(total + SPARE_S)) if severity != INFO else ()
    rest = "what is still under way is" if groups == 1 else "those that come last are"
    return Finding(
        "supervisord-total-gt-grace",
        severity,
        first.place or first.source.place(1),
        f"It stops its {groups} groups one after another, which may take {total:g} s, but"
        f" {service.platform.title} kills all after {service.grace:g} s: {rest} cut.",
        FIX,
        fits,
        (f"{service.grace_place or service.place}: {service.grace:g} s of grace",),
    )


DOCKERFILE = (
    "FROM python:3.11\nCOPY supervisord.conf /etc/supervisord.conf\n"
    'CMD ["supervisord", "-n", "-c", "/etc/supervisord.conf"]\n'
)
WEB = "[program:web]\ncommand=gunicorn app:app\nstopwaitsecs=40\n"
WORKER = "[program:worker]\ncommand=celery -A app worker\nstopwaitsecs=60\n"


def _files(programs: str, grace: str = "") -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", DOCKERFILE),
        ("compose.yml", f"services:\n  app:\n    build: .\n{grace}"),
        ("supervisord.conf", f"[supervisord]\nnodaemon=true\n{programs}"),
    )


RULE = Rule(
    id="supervisord-total-gt-grace",
    severity=MEDIUM,
    title="supervisord stops its programs one after another, for longer than it may",
    why=(
        "supervisord stops one group after another, and a program without a group is one of its own"
        " (ordered_stop_groups in its source). So the sum of `stopwaitsecs` has to fit into the"
        " grace period, not the longest; what comes last is killed without having been told."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files(WEB + WORKER, "    stop_grace_period: 70s\n"), at="supervisord.conf:1"),
        Example(
            _files("[program:a]\ncommand=./a\n[program:b]\ncommand=./b\n"),
            at="supervisord.conf:1",
            severity=LOW,
        ),
        Example((*_files(WEB)[:1], _files(WEB)[2]), at="supervisord.conf:1", severity=INFO),
        Example(_files(WEB + WORKER)[2:], at="supervisord.conf:1", severity=INFO),
    ),
    good=(
        Example(_files(WEB + WORKER, "    stop_grace_period: 2m\n")),
        Example(
            _files(
                f"{WEB}{WORKER}[group:all]\nprograms=web,worker\n", "    stop_grace_period: 70s\n"
            )
        ),
        Example(_files("[program:n]\ncommand=nginx -g 'daemon off;'\n[program:x]\ncommand=./x\n")),
        Example((("supervisord.conf", f"[supervisord]\n{WEB}{WORKER}"),)),
        Example(_files("[program:a]\ncommand=./a\n[program:b]\ncommand=./b\n")[2:]),
    ),
)
