"""Long work of PID 1 before it becomes the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import seconds
from supervisor.doctor.commands.wrapping import base, peel, program_of
from supervisor.doctor.finding import INFO, LOW, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.house.waiting import killed
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.boot import boot_of
from supervisor.doctor.scripts.shellfacts import EXEC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import ShellFacts

FIX = "Set `init: true`, or use tini; or do this work in a job of its own, before the service."
SLOW = (
    *("migrate", "upgrade", "db:migrate", "db:prepare", "collectstatic", "install", "build", "ci"),
    *("wait_for_db", "wait_for_database", "wait_for_postgres", "waitdb", "loaddata", "compress"),
    *("compilemessages", "rebuild_index", "db:setup", "assets:precompile"),
)
PROGRAMS = frozenset(
    (
        *("alembic", "flask", "manage.py", "npm", "pip", "pip3", "airflow", "superset", "rails"),
        *("django-admin", "python", "python3", "bundle", "yarn", "prisma", "npx"),
    )
)
SHELLS = ("sh", "bash", "dash", "ash")
# `python migrate/run.py`, `python -m x.migrate`, `./run-migrations.sh`
TASK: Final = re.compile(r"(?:^|[/._-])(?:migrat(?:e|ions?)|collectstatic)(?:[/._-]|$)")
SHORTEST_S = 5.0
MOST_WRAPPERS = 8


def check(house: House) -> Iterator[Finding]:
    """Look at scripts that are PID 1, do something slow first, and then exec."""
    known: dict[int, tuple[ShellFacts, Place | None]] = {}  # many services may run one script
    for one in standings(house):
        facts = one.facts
        if not one.pid1:
            continue
        if id(facts) not in known:
            known[id(facts)] = (facts, _slow_at(facts))
        slow = known[id(facts)][1]
        if slow is None:
            continue
        becomes = [run for run in facts.mains if run.how == EXEC] or facts.mains
        yield Finding(
            "boot-window",
            one.severity(LOW),
            slow,
            f"A stop that comes meanwhile is lost: the shell ignores SIGTERM as PID 1, starts"
            f" `{one.named(becomes[-1])}` afterwards, and that is {killed(one.grace)}.",
            FIX,
            (),
            one.by,
        )


def _slow_at(facts: ShellFacts) -> Place | None:
    """Return the first command that takes long, and that an exec or the first trap comes after."""
    traps = [one for one in facts.traps if one.on("TERM") or any("$" in s for s in one.signals)]
    if not facts.mains or (not traps and all(run.how != EXEC for run in facts.mains)):
        return None
    boot = boot_of(facts)
    early = {one.place for one in facts.script.body} if traps else set()
    first = min((one.place.line for one in traps), default=0)
    for one in facts.ending:
        place, argv = one
        if traps:
            before = place in early and place.line < first and place.path == traps[0].place.path
        else:
            before = place in boot.before
        if before and one not in boot.aside and _lasts(argv, place in boot.turns):
            return place
    return None


def _lasts(argv: tuple[str, ...], turns: bool) -> bool:
    """Tell whether a command takes long, or sleeps in a loop that waits for others."""
    for _ in range(MOST_WRAPPERS):
        peeled = peel(argv)
        if peeled is None or not peeled.inner:
            break
        argv = peeled.inner
    return (turns and base(argv[0]) == "sleep") or _slow(argv)


def _slow(argv: tuple[str, ...]) -> bool:
    """Tell whether a command is known to take seconds."""
    name = base(argv[0])
    if name == "sleep":
        return bool(argv[1:]) and seconds(argv[1]) >= SHORTEST_S
    if name.startswith(("wait-for", "wait_for")):
        return True
    program, words = program_of(argv)
    if TASK.search(_script(name, program, argv)):
        return True
    known = name in PROGRAMS or program in PROGRAMS
    return known and any(word in SLOW for word in (program, *words))


def _script(name: str, program: str, argv: tuple[str, ...]) -> str:
    """Return what a command runs, as a path or a module; empty for programs of other people."""
    if name != program:
        return next((word for word in argv[1:] if base(word) == program), program)
    if name in SHELLS:
        return next((word for word in argv[1:] if not word.startswith("-")), "")
    return argv[0] if name.endswith((".sh", ".py")) else ""


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="boot-window",
    severity=LOW,
    title="A stop during the boot is lost",
    why=(
        "The kernel keeps from PID 1 the signals that it has no handler for, and a shell has none:"
        " SIGTERM during a migration is discarded. Measured with a grace of 5 s, the server started"
        " afterwards, and was killed with 137 at the end."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/sh\npython manage.py migrate\nexec gunicorn app\n"), at="start.sh:2"
        ),
        Example(
            (("entrypoint.sh", '#!/bin/sh\ngosu x python manage.py migrate\nexec "$@"\n'),),
            at="entrypoint.sh:2",
            severity=INFO,
        ),
        Example(
            _files("#!/bin/sh\nuntil nc -z db 5432; do\n  sleep 0.1\ndone\nexec gunicorn app\n"),
            at="start.sh:3",
        ),
        Example(
            _files(
                "#!/bin/sh\nwhile true; do\n  flask db upgrade && break\n  sleep 5\ndone\n"
                "exec gunicorn app\n"
            ),
            at="start.sh:3",
        ),
        Example(
            _files("#!/bin/sh\npython manage.py migrate &\nwait\nexec gunicorn app\n"),
            at="start.sh:2",
        ),
        *(
            Example(_files(f"#!/bin/sh\n{task}\nexec gunicorn app\n"), at="start.sh:2")
            for task in (
                "python migrate/run.py",
                "python -m x.migrate",
                "./migrate.sh",
                "sh migrate.sh",
            )
        ),
        Example(
            _files(
                "#!/bin/sh\nsh migrate.sh\ntrap 'kill -TERM $P; wait $P' TERM\n"
                "gunicorn app & P=$!\nwait $P\n"
            ),
            at="start.sh:2",
        ),
    ),
    good=(
        Example(_files("#!/bin/sh\nsh -c 'echo migrate'\ncat migrations.txt\nexec gunicorn app\n")),
        Example(
            _files(
                "#!/bin/sh\nwork() {\n  python manage.py migrate\n}\ntrap 'exit 143' TERM\n"
                "work & wait\nexec gunicorn app\n"
            )
        ),
        Example(
            _files(
                '#!/bin/sh\ncase "$1" in\n  migrate) python manage.py migrate ;;\n'
                "  *) exec gunicorn app ;;\nesac\n"
            )
        ),
        Example(
            _files(
                "#!/bin/sh\n(while true; do date; sleep 60; done) & exec gunicorn app\n",
            )
        ),
        Example(_files("#!/bin/sh\npython manage.py migrate &\nexec gunicorn app\n")),
        Example(_files("#!/bin/sh\nmkdir -p /x\nsleep 1\nexec gunicorn app\n")),
        Example(
            _files(
                "#!/bin/sh\ntrap 'exit 143' TERM\npython manage.py migrate & wait $!\n"
                "exec gunicorn app\n"
            )
        ),
        Example(
            (
                (
                    "Dockerfile",
                    'FROM debian\nCOPY start.sh /\nENTRYPOINT ["tini", "--", "/start.sh"]\n',
                ),
                ("start.sh", "#!/bin/sh\npython manage.py migrate\nexec gunicorn app\n"),
            )
        ),
    ),
    evidence=("livekit/egress#1384",),
)
