"""A stop that may take longer than the grace period, by what the files themselves say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import HIGH, Finding
from supervisor.doctor.house.budget import MARGIN, PRESTOP, SERVER, Term, budget
from supervisor.doctor.house.granting import granted
from supervisor.doctor.knowledge.platforms import MARGIN_S
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.reading.nginx import walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_grace
from supervisor.doctor.services.service import KUBERNETES, SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = "Give it a grace period above the sum, or let the parts wait for less."
SPARE_S: Final = 5
LIMITED: Final = ("uvicorn", "hypercorn", "nginx")


def check(house: House) -> Iterator[Finding]:
    """Add up what each service waits for; what one setting alone breaks has rules of its own."""
    own = {id(one.service): one.name for one in house.servers}
    for service in house.services:
        if service.kind == SUPERVISORD or service.oneshot or service.chain is None:
            continue
        name = own.get(id(service), "")
        if name not in LIMITED and not _sleeps(service):
            continue
        terms = list(_terms(house, service, name))
        waits = [one for one in terms if one.name != MARGIN]
        hooked = service.kind == KUBERNETES and any(one.name == PRESTOP for one in waits)
        told = len(waits) == 1 and not (waits[0].name == SERVER and name != "gunicorn")
        if hooked or told or not any(one.said for one in waits):
            continue
        needs = sum(one.seconds for one in terms)
        if waits and needs > service.grace:
            yield _finding(house, service, terms, needs)


def _sleeps(service: Service) -> bool:
    """Tell whether a trap in its chain sleeps."""
    traps = (
        [one.facts.term_trap for one in service.chain.links if one.facts] if service.chain else []
    )
    return any(one is not None and one.handler and one.handler.sleeps_s for one in traps)


def _terms(house: House, service: Service, name: str) -> Iterator[Term]:
    """Return the budget's terms, and nginx's own limit."""
    found = budget(house, service).terms
    yield from found
    place = service.place
    if name != "nginx" or service.signal != "SIGQUIT" or any(t.name == SERVER for t in found):
        return
    around = house.around(service)
    source = around.file("/etc/nginx/nginx.conf")
    for one in walk(house.files.nginx(source.path)) if source else ():
        if one.name == "worker_shutdown_timeout" and one.args:
            seconds = duration(one.args[0])
            if seconds:
                yield Term(SERVER, seconds, one.place, True, f"nginx waits up to {seconds:g} s")
                yield Term(MARGIN, MARGIN_S, place, False, f"{MARGIN_S:g} s to end")


def _finding(house: House, service: Service, terms: list[Term], needs: float) -> Finding:
    waits = [one for one in terms if one.name != MARGIN]
    longest = max(waits, key=lambda one: one.seconds)
    severity = for_grace(service, HIGH)
    return Finding(
        "grace-lt-drain",
        severity,
        service.grace_place or longest.place,
        f"A stop may take {needs:g} s here, but {service.platform.title} kills after"
        f" {service.grace:g} s: what has not ended by then is cut.",
        FIX,
        granted(house, service, math.ceil(needs + SPARE_S)) if severity == HIGH else (),
        tuple(f"{one.place}: {one.text}" for one in terms if one.seconds),
    )


def _compose(command: str, grace: str = "") -> tuple[tuple[str, str], ...]:
    text = f"services:\n  web:\n    image: app\n    command: {command}\n{grace}"
    return (("compose.yml", text),)


def _nginx(limit: str, base: str = "nginx:1.27") -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", f"FROM {base}\nCOPY nginx.conf /etc/nginx/nginx.conf\n"),
        ("nginx.conf", f"worker_shutdown_timeout {limit};\nevents {{}}\n"),
        ("compose.yml", "services:\n  web:\n    build: .\n"),
    )


UVICORN = "uvicorn app:app --timeout-graceful-shutdown"

RULE = Rule(
    id="grace-lt-drain",
    severity=HIGH,
    title="What a stop waits for does not fit into the grace period",
    why=(
        "Every part of a stop has its own patience: a trap that sleeps, a server that waits for its"
        " requests. They are spent one after another, and the grace period is for all of them;"
        " when it is over, KILL cuts what the last of them was still waiting for."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _compose(f"{UVICORN} 60", "    stop_grace_period: 30s\n"),
            at="compose.yml:5",
            fixed="services:\n  web:\n    image: app\n"
            f"    command: {UVICORN} 60\n    stop_grace_period: 66s\n",
        ),
        Example(_compose(f"{UVICORN} 30"), at="compose.yml:4"),
        Example(_nginx("45s"), at="nginx.conf:1"),
        Example(
            (
                (
                    "Dockerfile",
                    'FROM python\nCMD ["uvicorn", "a:b", "--timeout-graceful-shutdown", "20"]\n',
                ),
            ),
            at="Dockerfile:2",
            severity="info",
        ),
        Example(
            (
                ("Dockerfile", f"FROM python\nCMD exec {UVICORN} 20\n"),
                ("fly.toml", 'app = "a"\nkill_timeout = 10\n'),
            ),
            at="fly.toml:2",
            fixed='app = "a"\nkill_timeout = 26\n',
        ),
    ),
    good=(
        Example(_compose(f"{UVICORN} 5")),
        Example(_compose(f"{UVICORN} 60", "    stop_grace_period: 70s\n")),
        Example(_compose("uvicorn app:app")),
        Example(_compose("gunicorn --graceful-timeout 60 app:app")),  # has a rule of its own
        Example(_nginx("5s")),
        Example(_nginx("45s", "nginx:1.18")),  # TERM: it does not wait at all
    ),
)
