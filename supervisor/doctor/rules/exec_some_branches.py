"""A script that execs on some of its ways only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.daemon import stays_in_front
from supervisor.doctor.commands.role import ARGS, SERVER
from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.replacing import way
from supervisor.doctor.scripts.shellfacts import EXEC, FOREGROUND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Run

FIX = "Write `exec` on this way, too."


def check(house: House) -> Iterator[Finding]:
    """Look at scripts with several ways, each of which ends in a program."""
    for one in standings(house):
        facts = one.facts
        if one.handles or one.all_told:
            continue
        becoming = [run for run in facts.mains if run.how == EXEC and run.role in (SERVER, ARGS)]
        for run in facts.mains:
            other = next((each for each in becoming if each.path != run.path), None)
            if other is None or not _stays(run):
                continue
            yield Finding(
                "exec-some-branches",
                one.severity(MEDIUM),
                run.place,
                one.kept(one.named(run)),
                way(run, facts, FIX),
                (),
                (f"{other.place}: this way has `exec`", *one.by),
            )


def _stays(run: Run) -> bool:
    """Tell whether a way ends with a program below the shell."""
    ends = run.last and run.role in (SERVER, ARGS)
    return ends and run.how == FOREGROUND and not run.looped and stays_in_front(run.argv)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="exec-some-branches",
    severity=MEDIUM,
    title="Some ways through the script have no exec",
    why=(
        "Somebody knew that the program has to take the shell's place, and forgot it on one way:"
        " there the shell stays as PID 1 and passes nothing on. Measured, that stop took the whole"
        " grace period and ended with 137."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files(
                '#!/bin/bash\ncase "$1" in\n  web) exec gunicorn app ;;\n'
                "  worker) celery -A app worker ;;\nesac\n"
            ),
            at="start.sh:4",
        ),
        Example(
            _files('#!/bin/sh\nif [ "$1" != serve ]; then\n  exec "$@"\nfi\nuwsgi --ini a.ini\n'),
            at="start.sh:5",
        ),
    ),
    good=(
        Example(
            _files(
                '#!/bin/bash\ncase "$1" in\n  web) exec gunicorn app ;;\n'
                '  migrate) python manage.py migrate ;;\n  *) exec "$@" ;;\nesac\n'
            )
        ),
        Example(_files("#!/bin/sh\ngunicorn app\n")),
        Example(
            _files('#!/bin/sh\nif [ "$1" = cron ]; then cron; fi\nexec "$@"\n'),
        ),
    ),
)
