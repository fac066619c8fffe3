"""A failure that looks like success."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.daemon import stays_in_front
from supervisor.doctor.commands.role import ARGS, SERVER, UNKNOWN
from supervisor.doctor.commands.slow import takes_long
from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.finding import LOW, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.reading.shellnodes import Simple, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import EXIT
from supervisor.doctor.scripts.masking import Masks
from supervisor.doctor.scripts.shellfacts import FOREGROUND
from supervisor.doctor.scripts.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.reading.shellnodes import Statement
    from supervisor.doctor.scripts.shellfacts import Run

FIX = "Leave with the program's own code: `exec` it, or keep `$?` of the last `wait`."
MOST: Final = 40  # programs of one script, each of which is followed to the end
SERVES: Final = re.compile(r"app|main|serv|bot|work|daemon|api|web|listen|consum|agent|run|start")


def check(house: House) -> Iterator[Finding]:
    """Look at what a script says of its program's end."""
    for one in standings(house):
        found = stopping(one.facts, one.children(), one.shell)
        if found is not None and found.trap.handler is not None:
            leaves = found.trap.handler.first(EXIT)
            if leaves is not None and leaves.value == "0":
                yield Finding(
                    "exit-code-masked",
                    one.severity(LOW),
                    leaves.place,
                    f"However `{one.named(found.children[-1])}` ends at a stop, the code is 0.",
                    FIX,
                    (),
                    one.by,
                )
        yield from _after(one)


def _after(one: Standing) -> Iterator[Finding]:
    """Look at what stands behind the server, or behind the wait for it."""
    masks = _masked(one)
    if masks is not None:
        yield Finding(
            "exit-code-masked",
            one.severity(LOW),
            masks[0].place,
            f"Whatever `{masks[1]}` ends with, the container ends with 0: nobody sees its failure,"
            " and `restart: on-failure` does not start it again.",
            FIX,
            (),
            one.by,
        )


def _masked(one: Standing) -> tuple[Statement, str] | None:
    facts = one.facts
    masks = Masks(facts)
    for run in facts.mains[:MOST]:
        if run.how == FOREGROUND and not run.looped and _serves(run, one):
            by = masks.of(run.statement)
            if by is not None:
                return by, one.named(run)
    children = one.children()
    known = {each.place for each in facts.waits} if children else set()
    waits = [each for each in walk(facts.script.body) if _waits(each) and each.place in known]
    by = masks.of(waits[-1]) if waits else None
    return (by, one.named(children[-1])) if by is not None else None


def _waits(one: Statement) -> bool:
    return isinstance(one, Simple) and one.name == "wait"


def _serves(run: Run, one: Standing) -> bool:
    """Tell whether it is what a script is there for: of a service, also a program nobody knows."""
    if run.role != UNKNOWN:
        return run.role in (SERVER, ARGS) and stays_in_front(run.argv)
    if one.service is None or not run.last or takes_long(run.argv):
        return False
    return not run.path or bool(SERVES.search(program_of(run.argv)[0]))


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="exit-code-masked",
    severity=LOW,
    title="The script ends with 0 whatever happened",
    why=(
        "`|| true`, `wait; exit 0` and a trap that says `exit 0` without waiting hide how the"
        " program ended: measured, a stop that cut the request under way ended with 0 after 0.1 s."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/bash\ntrap 'kill $P; exit 0' TERM\ngunicorn app &\nP=$!\nwait $P\n"),
            at="start.sh:2",
        ),
        Example(_files("#!/bin/sh\ngunicorn app || true\n"), at="start.sh:2"),
        Example(_files("#!/bin/sh\ngunicorn app &\nwait\nexit 0\n"), at="start.sh:4"),
        *(
            Example(_files(f"#!/bin/sh\n{script}\n"), at=f"start.sh:{line}")
            for line, script in (
                (5, 'if [ "$A" ]; then\n  celery worker\nfi\nexit 0'),
                (6, 'case "$1" in\n  web) gunicorn app ;;\n  *) "$@" ;;\nesac\nexit 0'),
                (4, "main() {\n  gunicorn app\n  return 0\n}\nmain"),
                (4, 'if [ "$1" = web ]; then\n  gunicorn app\n  exit 0\nfi\nexec "$@"'),
                (5, "run() {\n  ./server &\n  wait $!\n  exit 0\n}\nrun"),
                (3, "gunicorn app &\nwait $! || true"),
                (2, 'gunicorn app || { echo "failed"; true; }'),
                (3, "./server\ntrue"),
            )
        ),
        Example(
            (("Dockerfile", "FROM debian:12\nCMD python main.py || true\n"),), at="Dockerfile:2"
        ),
    ),
    good=(
        Example(_files("#!/bin/bash\ntrap 'kill $P; wait $P; exit $?' TERM\n./a &\nP=$!\nwait\n")),
        Example(_files("#!/bin/sh\npython manage.py migrate || true\nexec gunicorn app\n")),
        Example(_files("#!/bin/sh\ngunicorn app &\nwait $!\nexit $?\n")),
        Example(_files("#!/bin/sh\npython fill.py || true\nexec gunicorn app\n")),
        *(
            Example(_files(f"#!/bin/sh\n{script}\n"))
            for script in (
                "set -e\ngunicorn app\nexit 0",
                'if [ "$A" ]; then\n  gunicorn app\nfi\nexit $?',
                "gunicorn app\nif [ $? -ne 0 ]; then\n  exit 1\nfi\nexit 0",
                "gunicorn app || exit 1",
                "gunicorn app &\nwait $! || true\nexit 3",
                'if [ "$1" = migrate ]; then\n  ./migrate\n  exit 0\nfi\nexec gunicorn app',
                "main() {\n  gunicorn app\n  return $?\n}\nmain",
                "while true; do\n  gunicorn app || true\ndone",
                "nginx\nexit 0",
                "stop() {\n  wait\n  exit 0\n}\ntrap stop TERM\n./a &\nexec gunicorn app",
                "if gunicorn app; then\n  true\nfi",
            )
        ),
    ),
    evidence=("spujadas/elkx-docker#20",),
)
