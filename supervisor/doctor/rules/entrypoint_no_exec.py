"""A script that is PID 1 and starts its main program without exec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.daemon import daemonized, stays_in_front
from supervisor.doctor.commands.role import ARGS, IDLE, SERVER, UNKNOWN, is_shell, role
from supervisor.doctor.finding import HIGH, MEDIUM, Edit, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.replacing import replaceable, way
from supervisor.doctor.scripts.shellfacts import FOREGROUND, SUBSHELL
from supervisor.doctor.services.program import SCRIPT
from supervisor.doctor.services.service import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.scripts.shellfacts import Run
    from supervisor.doctor.services.service import Service

FIX = "Write `exec` before the command, so that it takes the script's place."
NOT_LAST = (
    "Write `exec` before the command, and do without what follows it; or trap TERM, start the"
    " command with `&`, pass the signal on, and `wait`."
)


def check(house: House) -> Iterator[Finding]:
    """Look at the scripts that stand between a platform and a program."""
    for one in standings(house):
        if one.handles or (one.link is not None and one.link.kind != SCRIPT):
            continue
        for run in one.facts.mains:
            stays = run.how in (FOREGROUND, SUBSHELL) and not run.execs and not run.looped
            if stays and _serves(run, one):
                yield _finding(run, house, one)


def _serves(run: Run, one: Standing) -> bool:
    """Tell whether a program is one that has to hear of a stop."""
    if run.role == IDLE:
        return False  # exec does not help what has no handler
    words = one.words(run)
    if daemonized(words) is not None:
        return False  # it leaves the shell by itself
    if not run.last and not (stays_in_front(words) and SERVER in (run.role, role(words))):
        return False
    if run.role == UNKNOWN and _asked_for(run, words, one):
        return False
    known = one.service is not None or "entrypoint" in one.place.path
    return run.role in (SERVER, ARGS) or (run.last and known)


def _asked_for(run: Run, words: tuple[str, ...], one: Standing) -> bool:
    """Tell whether somebody wants it at a terminal: a shell, or a command beside the server."""
    if is_shell(words) and all(word.startswith("-") and "c" not in word for word in words[1:]):
        return True
    beside = any(each.role == SERVER and each.path != run.path for each in one.facts.mains)
    return bool(run.path) and beside and any(role((word,)) == ARGS for word in run.argv[1:])


def _lives(run: Run, service: Service | None) -> bool:
    """Tell whether it is known to run until it is told to end: not all that comes last does."""
    if service is None:
        return run.role in (SERVER, ARGS)
    health = service.healthcheck or (service.image and service.image.healthcheck)
    restarts = service.restart in ("always", "unless-stopped") or service.kind == KUBERNETES
    return run.role in (SERVER, ARGS) or service.served or restarts or health is not None


def _finding(run: Run, house: House, one: Standing) -> Finding:
    return Finding(
        "entrypoint-no-exec",
        one.severity(HIGH if _lives(run, one.service) else MEDIUM),
        run.place,
        one.kept(one.named(run)),
        way(run, one.facts, _fix(run)),
        _edits(run, house, one),
        one.by,
    )


def _fix(run: Run) -> str:
    """Say what to do with what `exec` alone does not go with."""
    if run.how == SUBSHELL:
        return "Take the parentheses away, and write `exec` before the command."
    return FIX if run.last else NOT_LAST


def _edits(run: Run, house: House, one: Standing) -> tuple[Edit, ...]:
    """Put `exec` before a command that ends its script, and stands at the beginning of its line."""
    statement = run.statement
    source = house.files.get(run.place.path)
    if source is None or not run.last or run.how != FOREGROUND or not run.place.line:
        return ()
    if not replaceable(run, one.facts):
        return ()
    line = source.line(run.place.line)
    before, after = line[: statement.column], line[statement.column :]
    if before.strip() or not after.startswith(statement.words[0].text):
        return ()
    place = run.place.replace(end_line=0)
    return (Edit(place, f"{before}exec {after}"),)


DOCKERFILE = 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'


def _files(script: str, dockerfile: str = DOCKERFILE) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", dockerfile), ("start.sh", script))


RULE = Rule(
    id="entrypoint-no-exec",
    severity=HIGH,
    title="The entrypoint script does not exec the server",
    why=(
        "No shell becomes the last command of a script file. As PID 1 it ignores SIGTERM while it"
        " waits for that command, and nobody tells the server to stop: measured with dash, bash and"
        " busybox, the stop took the whole grace period, ended with 137, and what ran was cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files("#!/bin/sh\nbundle exec rails server\n"), at="start.sh:2"),
        Example(_files("#!/bin/sh\n./server && echo over\n"), at="start.sh:2", severity=MEDIUM),
        Example(
            _files('#!/bin/sh\nsu -c "gunicorn app" www && echo ok || echo failed\n'),
            at="start.sh:2",
        ),
        Example(
            _files("#!/bin/sh\nset -e\npython manage.py migrate\ngunicorn app:app\n"),
            at="start.sh:4",
            fixed="#!/bin/sh\nset -e\npython manage.py migrate\nexec gunicorn app:app\n",
        ),
        Example(
            _files('#!/bin/bash\nif [ "$DEV" ]; then\n  exec x\nelse\n  uwsgi --ini a.ini\nfi\n'),
            at="start.sh:5",
        ),
        Example(
            (("docker/entrypoint.sh", '#!/bin/sh\nprepare\n"$@"\n'),),
            at="docker/entrypoint.sh:3",
            severity=MEDIUM,
        ),
        Example(
            _files("#!/bin/sh\nstart() {\n  cd /app\n  gunicorn app:app\n}\nstart\n"),
            at="start.sh:4",
        ),
        Example(
            _files(
                '#!/bin/sh\nmkdir -p /run/x\n"$@"\n',
                'FROM alpine\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\nCMD ["app"]\n',
            ),
            at="start.sh:3",
            fixed='#!/bin/sh\nmkdir -p /run/x\nexec "$@"\n',
        ),
        Example(
            _files("#!/bin/sh\n./import-all\n"),
            at="start.sh:2",
            severity=MEDIUM,
        ),
        Example(
            _files('#!/bin/sh\neval "$@"\n', f'{DOCKERFILE}CMD ["app"]\n'),
            at="start.sh:2",
            by_hand=True,
        ),
        Example(
            _files('#!/bin/sh\n"$@"\nrm -f x\n', f'{DOCKERFILE}CMD ["gunicorn", "app"]\n'),
            at="start.sh:2",
            by_hand=True,
        ),
        Example(
            _files('#!/bin/sh\ngosu x "$@"; rc=$?; exit $rc\n', f'{DOCKERFILE}CMD ["uvicorn"]\n'),
            at="start.sh:2",
            by_hand=True,
        ),
        Example(
            _files("#!/bin/sh\n(\n  cd /app\n  gunicorn app:app\n)\n"),
            at="start.sh:4",
            by_hand=True,
        ),
        Example(
            _files("#!/bin/sh\ntrap 'rm -f /x' EXIT\ngunicorn app\n"),
            at="start.sh:3",
            by_hand=True,
        ),
    ),
    good=(
        Example(_files('#!/bin/sh\nexec "$@"\n/bin/bash\n')),
        Example(
            _files(
                '#!/bin/sh\ncase "$1" in\n  web) exec gunicorn app ;;\n  shell) bash -l ;;\n'
                '  *) python manage.py "$@" ;;\nesac\n'
            )
        ),
        Example(_files('#!/bin/sh\n"$@"\nrm -f x\n', f'{DOCKERFILE}CMD ["pytest"]\n')),
        Example(_files("#!/bin/sh\npython manage.py migrate\nexec gunicorn app:app\n")),
        Example(_files("#!/bin/sh\ncelery -A app worker -D\n")),
        Example(
            (
                ("Dockerfile", "FROM debian:12\nCOPY . /\nCMD /entrypoint.sh && exec nginx\n"),
                ("entrypoint.sh", "#!/bin/sh\nenvsubst < /in > /out\nmake-it-so\n"),
            )
        ),
        Example(_files("#!/bin/sh\nphp-fpm -D\nexec nginx -g 'daemon off;'\n")),
        Example(_files("#!/bin/sh\npython manage.py migrate\npython manage.py collectstatic\n")),
        Example(
            _files(
                "#!/bin/bash\nstop() { kill $P; wait $P; }\ntrap stop TERM\ngunicorn app &\n"
                "P=$!\nwait $P\n"
            )
        ),
        Example(
            _files(
                "#!/bin/sh\ngunicorn app:app\n",
                'FROM python:3.11-slim\nCMD ["gunicorn", "app:app"]\n',
            )
        ),
    ),
    evidence=("getsentry/docker#16", "Kareadita/Kavita#4263", "indico/indico#93"),
)
