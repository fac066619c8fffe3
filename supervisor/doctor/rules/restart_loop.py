"""A server that a loop starts again when it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import SERVER, UNKNOWN, role
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.commands.slow import takes_long
from supervisor.doctor.finding import HIGH, MEDIUM, Finding
from supervisor.doctor.house.standing import called, standings
from supervisor.doctor.house.waiting import cut
from supervisor.doctor.reading.shellnodes import (
    Function,
    Loop,
    Pipeline,
    Simple,
    inside,
    walk,
)
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.looping import Body, only_behind, rests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.reading.shellnodes import Statement
    from supervisor.doctor.scripts.shellfacts import ShellFacts

FIX = "Start it once, with `exec`, and let the platform restart it (`restart:`, restartPolicy)."
CRASHED = re.compile(r"(?i)crash|re-?spawn|re-?start")


def check(house: House) -> Iterator[Finding]:
    """Look at endless loops whose body is one program."""
    for one in standings(house):
        facts = one.facts
        if one.handles or one.all_told:
            continue
        for loop in _loops(facts):
            found = _restarted(loop, one)
            if found is None:
                continue
            program, kind = found
            name = called(argv_of(program).words[0])
            again = "would start it again" if loop.endless else "starts it again when it fails"
            yield Finding(
                "restart-loop",
                one.severity(HIGH if kind == SERVER else MEDIUM),
                program.place,
                f"The loop does not pass SIGTERM on to `{name}`, and {again}: the stop"
                f" lasts {cut(one.grace)}.",
                FIX,
                (),
                (f"{loop.place}: the loop", *one.by),
            )


def _loops(facts: ShellFacts) -> Iterator[Loop]:
    """Return loops in the foreground that may not end; functions are looked into."""
    behind = only_behind(facts)
    left = list(reversed(facts.script.body))
    while left:
        one = left.pop()
        if one.background or (isinstance(one, Function) and one.name in behind):
            continue
        if isinstance(one, Loop):
            if one.kind in ("while", "until", "c-for"):
                yield one
        else:
            left += reversed(tuple(inside(one)))


def _restarted(loop: Loop, one: Standing) -> tuple[Simple, str] | None:
    """Return the program that a loop starts again, and what it is for."""
    if not (loop.endless or _pauses(loop)):
        return _until(loop, one)
    body = Body(one.facts)
    body.look(loop.body)
    if body.stops:
        return None
    if body.serving:
        return body.serving[0], SERVER
    if one.service is None or not _last(one):
        return None
    if CRASHED.search(_text(loop)):
        found = body.others + body.perhaps
    else:
        found = [] if body.asks or body.leaves or body.rests else body.others
    return (found[0], UNKNOWN) if found else None


def _until(loop: Loop, one: Standing) -> tuple[Simple, str] | None:
    """Return the program that is started until it succeeds: as a server, it ends when it is told.

    A wait for a database looks alike; nobody writes of that that it has crashed, and something
    comes behind it.
    """
    first: Statement | None = loop.condition[0] if len(loop.condition) == 1 else None
    if loop.kind == "while":
        negated = isinstance(first, Pipeline) and first.negated and len(first.parts) == 1
        first = first.parts[0] if negated and isinstance(first, Pipeline) else None
    if not isinstance(first, Simple) or first.background or not first.words:
        return None
    words = argv_of(first).words
    kind = role(words)
    last = one.service is not None and _last(one) and not takes_long(words)
    known = kind == SERVER or (kind == UNKNOWN and (last or CRASHED.search(_text(loop))))
    return (first, kind) if known else None


def _last(one: Standing) -> bool:
    """Tell whether the script is there for what its loops do."""
    return all(run.looped for run in one.facts.mains)


def _pauses(loop: Loop) -> bool:
    """Tell whether it is `while sleep 1; do`."""
    first = loop.condition[0] if len(loop.condition) == 1 and loop.kind == "while" else None
    words = argv_of(first).words if isinstance(first, Simple) else ()
    return words[:1] == ("sleep",) and not rests(words)


def _text(loop: Loop) -> str:
    return " ".join(w.text for one in walk(loop.body) if isinstance(one, Simple) for w in one.words)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="restart-loop",
    severity=HIGH,
    title="An endless loop restarts the server",
    why=(
        "The shell of `while true; do app; done` passes no signal on, and an application that ended"
        " would be started again: measured, the stop took the whole grace period and ended with"
        " 137; under an init it ended after 0.1 s, and the request under way was cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/sh\nwhile true; do\n  gunicorn app\n  sleep 1\ndone\n"), at="start.sh:3"
        ),
        Example(
            _files('#!/bin/bash\nwhile :; do\n  python bot.py\n  echo "again"\ndone\n'),
            at="start.sh:3",
            severity=MEDIUM,
        ),
        *(
            Example(_files(f"#!/bin/bash\n{script}\n"), at=f"start.sh:{line}", severity=MEDIUM)
            for line, script in (
                (2, "until ./server -p 80; do\n  sleep 1\ndone"),
                (2, "while ! ./server; do\n  sleep 1\ndone"),
                (3, "for ((;;)); do\n  ./server\n  sleep 3\ndone"),
                (3, "while [ 1 -eq 1 ]; do\n  ./server || echo again\ndone"),
                (3, "while true; do\n  $1\n  echo it crashed\n  sleep $(delay)\ndone"),
                (
                    4,
                    "while true; do\n  if ! pgrep x; then\n    ./x  # restarts\n    echo restart\n"
                    "  fi\n  sleep 5\ndone",
                ),
                (3, "while sleep 1; do\n  ./server\ndone"),
                (3, "go() {\n  ./server\n}\nwhile true; do\n  go\n  sleep 1\ndone"),
                (
                    3,
                    "while true; do\n  ./server\n  [ $? -eq 0 ] && break\n"
                    "  echo it crashed\n  sleep 1\ndone",
                ),
            )
        ),
        Example(
            _files("#!/bin/sh\nwhile :; do\n  java -jar a.jar\n  [ $? = 1 ] || break\ndone\n"),
            at="start.sh:3",
        ),
        Example(_files("#!/bin/sh\nuntil gunicorn app; do\n  sleep 1\ndone\n"), at="start.sh:2"),
        Example(
            _files(
                "#!/bin/bash\nuntil python bot.py; do\n"
                '  echo "it crashed with $?, respawning" >&2\n  sleep 1\ndone\n'
            ),
            at="start.sh:2",
            severity=MEDIUM,
        ),
    ),
    good=(
        *(
            Example(_files(f"#!/bin/sh\n{script}\n"))
            for script in (
                "while true; do\n  ./ask && break\n  sleep 1\ndone\n./server",
                "until ./ready; do sleep 1; done\nexec ./server",
                "until ./migrate.sh; do sleep 1; done",
                "while read -r line; do\n  ./handle $line\ndone",
                "for x in a b; do\n  ./handle $x\ndone",
                "again() {\n  while true; do\n    ./report\n    sleep 1\n  done\n}\n"
                "again &\nexec gunicorn app",
                "while true; do\n  curl -s http://x/ > /page\n  ./look\n  sleep 20\ndone",
            )
        ),
        Example(_files("#!/bin/sh\nuntil python wait.py; do\n  sleep 1\ndone\nexec app\n")),
        Example(
            _files(
                "#!/bin/sh\nwhile true; do\n  nc -z db 5432 && break\n  sleep 1\ndone\nexec app\n"
            )
        ),
        Example(_files("#!/bin/sh\nuntil pg_isready; do sleep 1; done\nexec gunicorn app\n")),
        Example(
            _files("#!/bin/sh\nwhile true; do\n  ./renew\n  sleep 12h\ndone &\nexec gunicorn app\n")
        ),
        Example(_files("#!/bin/sh\nwhile true; do\n  ./report\n  sleep 3600\ndone\n")),
        Example(
            _files("#!/bin/sh\nwhile true; do\n  ./try-it && break\n  sleep 1\ndone\nexec app\n")
        ),
    ),
)
