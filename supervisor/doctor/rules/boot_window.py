"""Long work of PID 1 before it becomes the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import SERVER, is_shell
from supervisor.doctor.commands.slow import asks, takes_long
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import INFO, LOW, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.house.uwsgis import Beside
from supervisor.doctor.house.waiting import killed
from supervisor.doctor.knowledge.wrappers import EXECS
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.boot import Boot, boot_of
from supervisor.doctor.scripts.inner import inside_of
from supervisor.doctor.scripts.shellfacts import EXEC
from supervisor.doctor.scripts.shellwalk import facts_of
from supervisor.doctor.services.program import SHELL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.scripts.shellfacts import ShellFacts

FIX = "Set `init: true`, or use tini; or do this work in a job of its own, before the service."


def check(house: House) -> Iterator[Finding]:
    """Look at scripts that are PID 1, do something slow first, and then exec."""
    known: dict[int, tuple[ShellFacts, Place | None]] = {}  # many services may run one script
    for one in standings(house):
        facts = one.facts
        if not one.pid1:
            continue
        if id(facts) not in known:
            known[id(facts)] = (facts, _slow_at(one, house))
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


def _slow_at(one: Standing, house: House) -> Place | None:
    """Return the first command that takes long, and that an exec or the first trap comes after."""
    facts = one.facts
    traps = [each for each in facts.traps if each.on("TERM") or any("$" in s for s in each.signals)]
    turned = one.link is not None and one.link.kind == SHELL and one.link.does == EXECS
    execs = turned or any(run.how == EXEC for run in facts.mains)
    if not facts.mains or (not traps and not execs):
        return None
    boot = boot_of(facts)
    early = {each.place for each in facts.script.body} if traps else set()
    looking = _Looking(one, house)
    first = min((each.place.line for each in traps), default=0)
    for each in facts.ending:
        place, argv = each
        if traps:
            before = place in early and place.line < first and place.path == traps[0].place.path
        else:
            before = place in boot.before or (turned and not any(r.execs for r in facts.mains))
        if before and each not in boot.aside and looking.lasts(argv, place, boot):
            return place
    return None


class _Looking:
    """Into what a script's commands run, each script of the tree once."""

    def __init__(self, one: Standing, house: House) -> None:
        path = one.facts.script.body[0].place.path
        around = house.around(one.service) if one.service else Beside(house.files, path)
        self._house, self._around, self._seen = house, around, {path}

    def lasts(self, argv: tuple[str, ...], place: Place, boot: Boot) -> bool:
        """Tell whether a command takes long, or waits for others in a loop."""
        if place in boot.turns and base(argv[0]) == "sleep":
            return True
        if takes_long(argv) or (place in boot.asks and asks(argv)):
            return True
        facts = inside_of(argv, place) or self._called(argv)
        if facts is None or any(run.role == SERVER for run in facts.mains):
            return False
        inner = boot_of(facts)
        every = (*facts.ending, *((run.place, run.argv) for run in facts.runs))
        return any(
            each not in inner.aside and self.lasts(each[1], each[0], inner) for each in every
        )

    def _called(self, argv: tuple[str, ...]) -> ShellFacts | None:
        """Look through a shell script of the tree that a command runs."""
        words = [word for word in argv[1:] if word[:1] != "-"] if is_shell(argv) else argv
        path = words[0] if words else ""
        if "$" in path or not ("/" in path or path.endswith(".sh")):
            return None
        source = self._around.file(path)
        if source is None or source.kind != "shell" or source.path in self._seen:
            return None
        self._seen.add(source.path)
        script = self._house.files.script(source.path)
        return facts_of(script) if script is not None else None


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
            at="start.sh:2",
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
        *(
            Example(_files(f"#!/bin/sh\n{task}\nexec node server.js\n"), at="start.sh:2")
            for task in (
                "php artisan migrate --force",
                "bundle exec rake db:migrate",
                "bin/rails db:prepare",
                "npx prisma migrate deploy",
                "yarn typeorm migration:run",
                "npm run build",
                "dockerize -wait tcp://db:5432",
                "python wait_for_postgres.py",
                "sleep ${DELAY:-10}",
                "timeout 60 sh -c 'until nc -z db 1; do sleep 1; done'",
                "while ! nc -w 1 -z db 5432; do :; done",
                "./myapp migrate up",
                "for i in 1 2 3; do nc -z db 1 && break; sleep 1; done",
                "./wait-for-it.sh db:1 -- echo up",
                "apt-get install -y x",
            )
        ),
        Example(
            (
                *_files("#!/bin/sh\n. /lib.sh\nwait_db\nexec gunicorn app\n"),
                ("lib.sh", "wait_db() {\n  until nc -z db 1; do\n    sleep 1\n  done\n}\n"),
            ),
            at="lib.sh:2",
        ),
        Example(
            (
                *_files("#!/bin/sh\n./prepare.sh\nexec gunicorn app\n"),
                ("prepare.sh", "#!/bin/sh\npython manage.py migrate\n"),
            ),
            at="start.sh:2",
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
                '#!/bin/sh\nif [ "$1" = migrate ]; then\n  python manage.py migrate\n  exit 0\nfi\n'
                "exec gunicorn app\n"
            )
        ),
        *(
            Example(_files(f"#!/bin/sh\n{task}\nexec node server.js\n"))
            for task in (
                "echo migrate",
                'log "migrate"',
                "grep -q install x",
                "sleep ${DELAY:-2}",
                "npm run lint",
                "for f in /x/*; do . $f; sleep 1; done",
                "git config --global a b",
                "while read -r line; do echo $line; done < x",
            )
        ),
        Example(
            (
                *_files("#!/bin/sh\n./prepare.sh\nexec gunicorn app\n"),
                ("prepare.sh", "#!/bin/sh\n./prepare.sh\nmkdir -p /x\n"),
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
