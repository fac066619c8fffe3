"""A server that a loop starts again when it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import ENDS, SERVER, UNKNOWN, role, seconds
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.finding import HIGH, MEDIUM, Finding
from supervisor.doctor.house.standing import called, standings
from supervisor.doctor.house.waiting import cut
from supervisor.doctor.reading.shellnodes import Function, Group, Loop, Simple, inside, walk
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.reading.shellnodes import Statement

FIX = "Start it once, with `exec`, and let the platform restart it (`restart:`, restartPolicy)."
SHORT_S = 30.0  # a longer pause is a job's, not a restart's
CRASHED = re.compile(r"(?i)crash|re-?spawn|re-?start")
LEAVES = ("break", "return", "exit", "exec")


def check(house: House) -> Iterator[Finding]:
    """Look at endless loops whose body is one program."""
    for one in standings(house):
        facts = one.facts
        if one.handles or one.all_told:
            continue
        for loop in _loops(facts.script.body):
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


def _loops(body: tuple[Statement, ...]) -> Iterator[Loop]:
    """Return endless loops in the foreground; functions are looked into as if they were called."""
    for one in body:
        if one.background:
            continue
        if isinstance(one, Loop):
            if one.endless or one.kind == "until":
                yield one
        else:
            yield from _loops(tuple(inside(one)))


def _restarted(loop: Loop, one: Standing) -> tuple[Simple, str] | None:
    """Return the only program of a loop, and what it is for."""
    if not loop.endless:
        return _until(loop)
    programs: list[tuple[Simple, str]] = []
    for each in walk(loop.body):
        if isinstance(each, Function) or each.background:
            return None
        words = argv_of(each).words if isinstance(each, Simple) else ()
        if not isinstance(each, Simple) or not words:
            continue
        if words[0] in LEAVES or argv_of(each).execs or words[0] in one.facts.script.functions:
            return None
        if words[0] == "sleep" and (not words[1:] or _long(words[1])):
            return None
        kind = role(words)
        if kind in (SERVER, UNKNOWN):
            programs.append((each, kind))
        elif kind != ENDS or words[0] not in ("echo", "sleep", "date", "printf", "true", ":"):
            return None
    top = {
        id(each)
        for part in loop.body
        for each in (part, *(inside(part) if isinstance(part, Group) else ()))
    }
    if len(programs) != 1 or id(programs[0][0]) not in top:
        return None
    known = programs[0][1] == SERVER
    return programs[0] if known or one.service is not None else None


def _until(loop: Loop) -> tuple[Simple, str] | None:
    """Return the program that is started until it succeeds: as a server, it ends when it is told.

    A wait for a database looks alike; nobody writes of that that it has crashed.
    """
    first = loop.condition[0] if len(loop.condition) == 1 else None
    if not isinstance(first, Simple) or first.background:
        return None
    kind = role(argv_of(first).words)
    text = " ".join(w.text for one in walk(loop.body) if isinstance(one, Simple) for w in one.words)
    known = kind == SERVER or (kind == UNKNOWN and CRASHED.search(text))
    return (first, kind) if known else None


def _long(word: str) -> bool:
    return not 0 < seconds(word) <= SHORT_S


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
