"""A shell between supervisord and its program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import SERVER, UNKNOWN
from supervisor.doctor.finding import INFO, MEDIUM, Edit, Finding
from supervisor.doctor.knowledge.wrappers import SWALLOWS
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.replacing import replaceable, way
from supervisor.doctor.scripts.shellfacts import FOREGROUND
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.program import PROGRAM, SCRIPT, SHELL
from supervisor.doctor.services.program import UNKNOWN as MAYBE
from supervisor.doctor.services.service import SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Run
    from supervisor.doctor.services.program import Link
    from supervisor.doctor.services.service import Service

FIX = "Write `exec` before the program, or `stopasgroup=true` where its workers stand that."


def check(house: House) -> Iterator[Finding]:
    """Look at programs of supervisord's that begin with a shell or a script."""
    grouped = {
        program.section.place
        for one in house.supervised
        for program in one.programs
        if program.flag("stopasgroup") or _once(program.get("autorestart"))
    }
    for service in house.services:
        chain = service.chain
        if service.kind != SUPERVISORD or chain is None or service.place in grouped:
            continue
        link = next((one for one in chain.links if one.kind in (SHELL, SCRIPT)), None)
        run = chain.main.run
        if link is None or chain.main.kind != PROGRAM or run is None:
            continue
        if run.role not in (SERVER, UNKNOWN) or run.looped or not (run.last or run.role == SERVER):
            continue
        if link.does == SWALLOWS or _may_stay(service, link, run):
            yield _finding(house, service, link)


def _may_stay(service: Service, link: Link, run: Run) -> bool:
    """Tell whether its shell stays, unless it is one that becomes its last command."""
    if link.does == MAYBE:
        return True
    unknown = service.parent is None and service.image is None
    return unknown and link.kind == SHELL and run.how == FOREGROUND


def _once(again: object) -> bool:
    return getattr(again, "value", "").lower() in ("false", "no", "off", "0")


def _finding(house: House, service: Service, link: Link) -> Finding:
    place = service.cmd.place if service.cmd else service.place
    program = service.chain.program if service.chain else ""
    maybe = link.does != SWALLOWS
    unless = "Unless its shell becomes it, as bash does from 5.1 on, " if maybe else ""
    run = service.chain.main.run if service.chain else None
    what = "script" if link.kind == SCRIPT else "shell"
    return Finding(
        "supervisord-sh-wrapper",
        INFO if maybe else for_path(place.path, MEDIUM),
        place,
        f"{unless}supervisord's stop ends the {what} alone:"
        f" `{program}` is orphaned, hears nothing, and is killed with its container.",
        way(run, link.facts, FIX) if run and link.facts else FIX,
        _edits(house, service),
    )


def _edits(house: House, service: Service) -> tuple[Edit, ...]:
    """Put `exec` before the last command of a line, where it stands there once."""
    main = service.chain.main if service.chain else None
    if service.chain is None or main is None or main.run is None or service.cmd is None:
        return ()
    run, place = main.run, service.cmd.place
    facts = next((one.facts for one in service.chain.links if one.facts), None)
    if facts is None or not replaceable(run, facts):
        return ()
    if run.how != FOREGROUND or not run.last or run.path:
        return ()
    line = house.line(place)
    begins = list(re.finditer(rf"(?:&&|;|-c)\s*[\"']?(?={re.escape(run.argv[0])}\s)", line))
    if len(begins) != 1 or place.last != place.line:
        return ()
    at = begins[0].end()
    return (Edit(place, f"{line[:at]}exec {line[at:]}"),)


def _conf(text: str) -> tuple[tuple[str, str], ...]:
    return (("supervisord.conf", f"[supervisord]\nnodaemon=true\n[program:x]\n{text}"),)


DOCKERFILE = 'FROM debian:12\nCOPY . /app\nCMD ["supervisord", "-n"]\n'
HEAD = "[supervisord]\nnodaemon=true\n[program:x]\n"

RULE = Rule(
    id="supervisord-sh-wrapper",
    severity=MEDIUM,
    title="supervisord stops a shell, and the program behind it goes on",
    why=(
        "supervisord signals the process that it has started. A shell that waits for its command"
        " dies of SIGTERM and does not pass it on: supervisord takes the program for stopped, while"
        " its orphan serves on until KILL, and holds its port when it is started again."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (*_conf("command=sh -c 'cd /app && gunicorn app:app'\n"), ("Dockerfile", DOCKERFILE)),
            at="supervisord.conf:4",
            fixed=f"{HEAD}command=sh -c 'cd /app && exec gunicorn app:app'\n",
        ),
        Example(
            (
                ("Dockerfile", DOCKERFILE),
                ("supervisord.conf", f"{HEAD}command=/app/run.sh\n"),
                ("run.sh", "#!/bin/sh\ncd /app\ngunicorn app:app\n"),
            ),
            at="supervisord.conf:4",
        ),
        Example(
            _conf("command=sh -c 'cd /app && gunicorn app:app'\n"),
            at="supervisord.conf:4",
            severity=INFO,
        ),
        Example(
            _conf("command=bash -c 'cd /app && gunicorn app:app'\n"),
            at="supervisord.conf:4",
            severity=INFO,
        ),
        Example(
            (
                *_conf("command=/opt/bin/run.sh\n"),
                ("bin/run.sh", "#!/bin/bash\ncd /app\ngunicorn app:app\n"),
            ),
            at="supervisord.conf:4",
        ),
        Example(
            (
                *_conf("command=sh -c 'trap \"rm -f /x\" EXIT; gunicorn app:app'\n"),
                ("Dockerfile", DOCKERFILE),
            ),
            at="supervisord.conf:4",
            by_hand=True,
        ),
    ),
    good=(
        Example(_conf("command=sh -c 'cd /app && exec gunicorn app:app'\n")),
        Example(_conf("command=sh -c 'cd /app && gunicorn app:app'\nstopasgroup=true\n")),
        Example(_conf("command=gunicorn app:app\n")),
        Example(_conf("command=bash -c 'exec gunicorn app:app'\n")),
        Example(
            (
                *_conf("command=bash -c 'cd /app && gunicorn app:app'\n"),
                ("Dockerfile", DOCKERFILE),
            )
        ),
        Example(_conf("command=sh -c 'while true; do ./tick; sleep 60; done'\n")),
        Example(_conf("command=sh -c './migrate'\nautorestart=false\n")),
    ),
)
