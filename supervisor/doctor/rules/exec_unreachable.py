"""A server in the foreground, and an exec behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.daemon import stays_in_front
from supervisor.doctor.commands.role import ARGS, IDLE, SERVER
from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.finding import INFO, MEDIUM, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.reading.shellnodes import Case, Function, If, Loop, Simple, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.inner import inside_of
from supervisor.doctor.scripts.shellfacts import BACKGROUND, EXEC, FOREGROUND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.reading.shellnodes import Statement
    from supervisor.doctor.scripts.shellfacts import Run, ShellFacts

FIX = "Write `exec` before the server, and remove the `exec` behind it; or leave the server to CMD."

WANTED: Final = (SERVER, ARGS, IDLE)
BRANCHING: Final = (If, Case, Loop, Function)
MAINS: Final = ("app.py", "main.py", "server.py", "bot.py", "wsgi.py")


def check(house: House) -> Iterator[Finding]:
    """Look at scripts that come to an exec after a server has ended."""
    for one in standings(house):
        facts = one.facts
        if one.handles or one.all_told:
            continue
        for at, run in enumerate(facts.runs):
            if run.how != FOREGROUND or run.looped or run.role != SERVER:
                continue
            later = next((each for each in facts.runs[at + 1 :] if _behind(run, each)), None)
            if later is not None and stays_in_front(run.argv) and not _leaves(run, facts):
                yield _finding(one, run.place, one.named(run), later)
        yield from _others(one)


def _others(one: Standing) -> Iterator[Finding]:
    """Look at lines that are given to a shell, and at Python programs, on the script's only way."""
    plain = [each for each in one.facts.script.body if not isinstance(each, BRANCHING)]
    way = {each.place for each in walk(tuple(plain)) if not each.background}
    for place, argv in one.facts.ending:
        name = program_of(argv)[0]
        known = _given(argv, place, one)
        later = next((run for run in one.facts.runs if _after(run, place)), None)
        if later is None or place not in way or not (known or name in MAINS):
            continue
        found = _finding(one, place, known or name, later)
        unless = f"Unless `{name}` ends by itself: {found.why[:1].lower()}{found.why[1:]}"
        yield found if known else found.replace(severity=INFO, why=unless)


def _finding(one: Standing, place: Place, name: str, later: Run) -> Finding:
    return Finding(
        "exec-unreachable",
        one.severity(MEDIUM),
        place,
        f"The `exec` in line {later.place.line} is not reached before `{name}` has ended."
        f" {one.kept(name)}",
        FIX,
        (),
        (f"{later.place}: the exec", *one.by),
    )


def _given(argv: tuple[str, ...], place: Place, one: Standing) -> str:
    """Return the server that a command gives to a shell; empty without one."""
    within = inside_of(argv, place)
    for each in within.mains if within else ():
        if each.role == SERVER and each.how != BACKGROUND and stays_in_front(each.argv):
            return one.named(each)
    return ""


def _after(later: Run, place: Place) -> bool:
    """Tell whether an exec comes after a place, whatever the script is told."""
    behind = later.place.path == place.path and later.place.line > place.line
    return later.how == EXEC and behind and not later.path and later.role in WANTED


def _leaves(run: Run, facts: ShellFacts) -> bool:
    """Tell whether the script ends behind a server, on its own way: `app; exit`."""
    for one in walk(facts.script.body):
        bodies: tuple[tuple[Statement, ...], ...] = ()
        if isinstance(one, If):
            bodies = (*(branch.body for branch in one.branches), one.otherwise or ())
        elif isinstance(one, Case):
            bodies = tuple(choice.body for choice in one.choices)
        for body in bodies:
            if any(each is run.statement for each in body):
                return any(isinstance(each, Simple) and each.name == "exit" for each in body)
    return False


def _behind(run: Run, later: Run) -> bool:
    """Tell whether an exec comes after a server on the same way."""
    if later.how != EXEC or later.role not in WANTED:
        return False
    if later.place.path != run.place.path or later.place.line <= run.place.line:
        return False
    shorter = min(len(run.path), len(later.path))
    same = run.path[:shorter] == later.path[:shorter]
    return same and (run.path != later.path or not run.path)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="exec-unreachable",
    severity=MEDIUM,
    title="The exec at the end is never reached",
    why=(
        'A server in the foreground before `exec "$@"` keeps the shell as PID 1, as if there were'
        " no exec: measured, the stop took the whole grace period and ended with 137. It was so in"
        " 6 of 57 scripts that were looked at."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files(
                '#!/bin/bash\n./wait\nsh -c "python manage.py migrate &&\n'
                'python manage.py runserver 0.0.0.0:8000"\nexec "$@"\n'
            ),
            at="start.sh:3",
        ),
        Example(_files('#!/bin/sh\nsu app -c "gunicorn app:app"\nexec "$@"\n'), at="start.sh:2"),
        Example(_files('#!/bin/sh\npython app.py\nexec "$@"\n'), at="start.sh:2", severity=INFO),
        Example(
            _files('#!/bin/sh\nalembic upgrade head\nuvicorn app:app\nexec "$@"\n'), at="start.sh:3"
        ),
        Example(
            _files('#!/bin/sh\nif [ "$A" ]; then\n  gunicorn app\nfi\nexec "$@"\n'),
            at="start.sh:3",
        ),
    ),
    good=(
        *(
            Example(_files(f'#!/bin/sh\n{task}\nexec "$@"\n'))
            for task in (
                "mysqld --initialize-insecure",
                "node scripts/migrate.js",
                "java -jar app.jar db migrate",
                "dotnet ef database update",
            )
        ),
        Example(_files('#!/bin/sh\nsh -c "python manage.py migrate"\nexec "$@"\n')),
        Example(_files('#!/bin/sh\npython setup_db.py\nexec "$@"\n')),
        Example(_files('#!/bin/sh\nif [ "$A" ]; then\n  gunicorn app\n  exit\nfi\nexec "$@"\n')),
        Example(_files('#!/bin/sh\nalembic upgrade head\nexec "$@"\n')),
        Example(_files("#!/bin/sh\nnginx\nexec gunicorn app\n")),
        Example(_files('#!/bin/sh\ncron\n/usr/sbin/sshd\nexec "$@"\n')),
        Example(
            _files('#!/bin/sh\nif [ "$1" = web ]; then\n  gunicorn app\nelse\n  exec "$@"\nfi\n')
        ),
    ),
)
