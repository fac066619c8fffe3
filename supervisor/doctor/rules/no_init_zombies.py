"""PID 1 does not reap processes of others, and there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import is_shell
from supervisor.doctor.finding import LOW, MEDIUM, Finding, Place
from supervisor.doctor.house.alone import alone
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

KEEPS: Final = ("node", "nodejs", "java")  # and a Python script: they reap their own alone
BROWSERS: Final = ("selenium", "playwright", "pyppeteer", "undetected_chromedriver", "splinter")
FIX: Final = "Put an init in front: `init: true`, or tini, with the program right behind it."


def check(house: House) -> Iterator[Finding]:
    """Look at programs that are PID 1, and at what runs beside them."""
    for service in house.services:
        link = alone(service)
        if link is None or not (link.name in KEEPS or link.source is not None):
            continue
        parsed = house.files.python(link.source.path) if link.source else None
        browser = parsed.imports_any(*BROWSERS) if parsed else False
        place = link.place if browser else _forks(service)
        if place is None:
            continue
        who = "a browser that it starts" if browser else "a check that is cut off"
        yield Finding(
            "no-init-zombies",
            for_path(place.path, MEDIUM if browser else LOW),
            place,
            f"`{link.name}` is PID 1 and reaps its own children alone: each process that {who}"
            " leaves behind stays as a zombie, until no process can be started any more.",
            FIX,
            (),
            (f"{link.place}: PID 1",),
        )


def _forks(service: Service) -> Place | None:
    """Return a health check, or a probe, that runs a shell, which starts others."""
    for _, probe in service.probes:
        command = probe.get("exec", "command")
        if command is not None and is_shell(command.texts()):
            return command.place
    node = service.healthcheck
    if node is not None:
        test = node.get("test")
        if test is None or ((off := node.get("disable")) is not None and off.flag):
            return None
        by_shell = test.kind == "scalar" or test.texts()[:1] == ("CMD-SHELL",)
        return test.place if by_shell and test.value != "NONE" else None
    image = service.image
    if service.kind == "kubernetes" or image is None or image.healthcheck is None:
        return None  # Kubernetes does not run an image's health check
    check = image.healthcheck
    said = check.text.partition("CMD")[2].lstrip()
    return None if said.startswith("[") else check.place


def _files(text: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", text), *more)


_CHECK: Final = "HEALTHCHECK CMD curl -f localhost || exit 1\n"
_NODE: Final = 'CMD ["node", "server.js"]\n'
_COMPOSE: Final = "services:\n  a:\n    build: .\n    init: true\n"

RULE = Rule(
    id="no-init-zombies",
    severity=MEDIUM,
    title="Nobody reaps what others leave behind",
    why=(
        "A process whose parent has ended becomes a child of PID 1, which has to wait for it. node,"
        " java and a plain Python program wait for their own children alone; health checks that"
        " time out, and browsers, leave zombies with them. bash, supervisord, uWSGI's master and"
        " gunicorn reap all."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files(f"FROM node:20\n{_CHECK}{_NODE}"), at="Dockerfile:2", severity=LOW),
        Example(
            _files(
                'FROM python:3.11\nCOPY a.py /\nCMD ["python", "/a.py"]\n',
                ("a.py", "import selenium\n\nif __name__ == '__main__':\n    selenium.run()\n"),
            ),
            at="Dockerfile:3",
        ),
    ),
    good=(
        Example(_files(f"FROM node:20\n{_NODE}")),
        Example(_files(f'FROM node:20\n{_CHECK}CMD ["tini", "--", "node", "server.js"]\n')),
        Example(_files(f"FROM node:20\n{_CHECK}{_NODE}", ("compose.yml", _COMPOSE))),
        Example(_files(f'FROM python:3.11\n{_CHECK}CMD ["gunicorn", "app"]\n')),
        Example(_files(f'FROM node:20\nHEALTHCHECK CMD ["node", "check.js"]\n{_NODE}')),
    ),
    evidence=("Dokploy/dokploy#4252", "DependencyTrack/dependency-track#5758", "moby/moby#29238"),
)
