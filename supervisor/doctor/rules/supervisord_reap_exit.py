"""A supervisord that reaps other programs' children."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.finding import INFO, Finding
from supervisor.doctor.reading.commandline import shlexed
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.platforms.supervising import Program

FIX = "Put an init before supervisord: `init: true` of Compose, or `tini --`; it reaps the orphans."
ORPHANING: Final = frozenset(("cron", "crond", "sshd", "rsyslogd", "syslog-ng", "postfix", "dcron"))


def check(house: House) -> Iterator[Finding]:
    """Look for programs that leave orphans below a supervisord that is PID 1."""
    for one in house.supervised:
        service = one.service
        if service is None or service.chain is None or not service.pid1 or service.init:
            continue
        if service.chain.processes[0].name != "supervisord":
            continue
        for program in one.programs:
            if (name := _name(program)) in ORPHANING:
                yield Finding(
                    "supervisord-reap-exit",
                    INFO,
                    program.place,
                    f"`{name}` leaves orphans, which supervisord as PID 1 has to reap; it has been"
                    " seen to end, with its container, when one of them did.",
                    FIX,
                    (),
                    (f"{service.chain.processes[0].place}: PID 1",),
                )


def _name(program: Program) -> str:
    command = program.get("command")
    return program_of((shlexed(command.value) or ()) if command else ())[0]


DOCKERFILE = (
    "FROM python:3.11\nCOPY supervisord.conf /etc/supervisord.conf\n"
    'CMD [{}"supervisord", "-n", "-c", "/etc/supervisord.conf"]\n'
)
CONF = "[supervisord]\nnodaemon=true\n[program:cron]\ncommand=/usr/sbin/cron -f\n"

RULE = Rule(
    id="supervisord-reap-exit",
    severity=INFO,
    title="supervisord as PID 1 reaps what others have left",
    why=(
        "Orphans become children of PID 1. supervisord reaps them, and it was reported to end, and"
        " to take its container with it, when a child that it did not start ended below it."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (("Dockerfile", DOCKERFILE.format("")), ("supervisord.conf", CONF)),
            at="supervisord.conf:4",
        ),
    ),
    good=(
        Example(
            (("Dockerfile", DOCKERFILE.format('"tini", "--", ')), ("supervisord.conf", CONF)),
        ),
        Example((("supervisord.conf", CONF),)),
    ),
    evidence=("Supervisor/supervisor#936",),
)
