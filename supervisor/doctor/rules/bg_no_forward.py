"""Programs in the background that nobody tells of a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import ARGS, SERVER, UNKNOWN
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.finding import HIGH, INFO, MEDIUM, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.knowledge import shells
from supervisor.doctor.reading.shellnodes import Simple, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import EXIT
from supervisor.doctor.scripts.shellfacts import BACKGROUND, EXEC, FOREGROUND, PIPELINE
from supervisor.doctor.scripts.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.scripts.shellfacts import Run

FIX = "Give each program a container of its own, or start them under a supervisor."

IN_FRONT = (FOREGROUND, PIPELINE)
KILLS = ("kill", "pkill", "killall")
ENDS = (*KILLS, "wait", "fg")


def check(house: House) -> Iterator[Finding]:
    """Look at scripts that start programs with `&`, and have no trap for them."""
    for one in standings(house):
        facts = one.facts
        if one.handles and not one.all_told:
            yield from _untold(one)
        if one.handles or one.all_told:
            continue
        if one.shell == shells.BASH and any(t.handler and t.on("EXIT") for t in facts.traps):
            continue
        behind = one.children()
        front = [run for run in facts.mains if run.how in IN_FRONT and not run.looped]
        becomes = [run for run in facts.mains if run.how == EXEC]
        ended = _over(one)
        for run in behind:
            if (front or becomes) and ended(run):
                continue
            if front or ((facts.waits or one.watches) and not becomes):
                yield _finding(one, HIGH, run.place, one.kept(one.named(run)))
            elif any(b.role in (SERVER, ARGS) and _same_way(run.path, b.path) for b in becomes):
                why = (
                    f"Nobody tells `{one.named(run)}` of a stop: it is killed when"
                    f" `{one.named(becomes[-1])}` has ended, whatever it is doing."
                )
                yield _finding(one, MEDIUM, run.place, why)
        for run in facts.runs:
            if run.how != BACKGROUND or run.role != UNKNOWN or run in behind:
                continue
            beside = bool(becomes) and run.statement.background and not facts.waits
            if (front or beside) and not ended(run):
                why = f"If `{one.named(run)}` does not end by itself, nobody tells it of a stop."
                yield _finding(one, INFO, run.place, why)


def _untold(one: Standing) -> Iterator[Finding]:
    """Look at a trap that does something else: the script ends, and its children with it."""
    found = stopping(one.facts, one.children(), one.shell)
    if found is None or found.tells or found.pauses or found.watches or found.trap.handler is None:
        return
    others = (trap.handler for trap in one.facts.traps if trap.handler is not None)
    if found.trap.handler.has(EXIT) or any(each.tells or not each.known for each in others):
        return  # trap-exit-at-once
    ended = _over(one, by=KILLS)
    for run in found.children:
        if not ended(run):
            why = (
                f"The trap does not tell `{one.named(run)}` of a stop: when the script has ended,"
                " it is killed, whatever it is doing."
            )
            yield _finding(one, HIGH, run.place, why)


def _over(one: Standing, by: tuple[str, ...] = ENDS) -> Callable[[Run], bool]:
    """Return what tells of a program whether the script itself ends it: set-up alone needs it."""
    handlers = {trap.handler.text for trap in one.facts.traps if trap.handler}
    own = [each for name, each in one.facts.script.functions.items() if name in handlers]
    traps = {id(each) for each in walk(tuple(own))}
    last: dict[str, int] = {}  # the line, of each file
    for each in walk(one.facts.script.body):
        words = argv_of(each).words if isinstance(each, Simple) else ()
        if not words or words[0] == "trap" or id(each) in traps:
            continue
        if words[0] in by or {"stop", "shutdown"} & set(words):
            last[each.place.path] = max(each.place.line, last.get(each.place.path, 0))
    return lambda run: run.place.line < last.get(run.place.path, 0)


def _same_way(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether both are run: one way is a part of the other."""
    return path == other[: len(path)] or other == path[: len(other)]


def _finding(one: Standing, severity: str, place: Place, why: str) -> Finding:
    return Finding("bg-no-forward", one.severity(severity), place, why, FIX, (), one.by)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="bg-no-forward",
    severity=HIGH,
    title="Programs in the background that are not told of a stop",
    why=(
        "A shell passes signals on to nobody. With `a & b & wait`, `a & b` or `wait -n` and no"
        " trap, the programs go on until KILL: measured, the stop took the whole grace period and"
        " ended with 137; under an init the shell ended at once, with 143, and they were cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/bash\ntrap 'echo over' TERM\ngunicorn app &\nwait\n"), at="start.sh:3"
        ),
        Example(
            _files(
                "#!/bin/sh\nover=0\ntrap 'over=1' TERM\n./server &\nwhile [ $over = 0 ]; do\n"
                "  sleep 1\ndone\n"
            ),
            at="start.sh:4",
        ),
        Example(
            _files(
                "#!/bin/sh\ncelery beat &\nP=$!\nstop() {\n  kill $P\n  wait $P\n}\n"
                "trap stop TERM\nexec gunicorn app\n"
            ),
            at="start.sh:2",
            severity=MEDIUM,
        ),
        Example(
            _files("#!/bin/bash\nnginx -g 'daemon off;' &\ngunicorn app &\nwait -n\n"),
            at="start.sh:3",
        ),
        Example(_files("#!/bin/sh\ncelery -A app worker &\ngunicorn app\n"), at="start.sh:2"),
        Example(_files("#!/bin/sh\n./worker &\n./server &\nwait\n"), at="start.sh:2"),
        Example(
            _files(
                "#!/bin/bash\npython manage.py rqworker default 2>&1 | tee /a.log &\n"
                "gunicorn app 2>&1 | tee /b.log\n"
            ),
            at="start.sh:2",
        ),
        Example(
            _files("#!/bin/sh\ncelery -A app worker &\nexec gunicorn app\n"),
            at="start.sh:2",
            severity=MEDIUM,
        ),
        Example(
            _files(
                "#!/bin/bash\n./server &\n./client &\nwhile sleep 60; do\n"
                "  ps aux | grep -q server || exit 1\ndone\n"
            ),
            at="start.sh:2",
        ),
        Example(_files('#!/bin/sh\ncron -f &\nexec "$@"\n'), at="start.sh:2", severity=MEDIUM),
        Example(
            _files("#!/bin/sh\npython worker.py &\nexec gunicorn app\n"),
            at="start.sh:2",
            severity=INFO,
        ),
        Example(
            (("app/all.sh", "#!/bin/sh\ngunicorn app &\nnginx -g 'daemon off;' &\nwait\n"),),
            at="app/all.sh:2",
            severity=MEDIUM,
        ),
    ),
    good=(
        Example(
            _files(
                "#!/bin/sh\nover=0\ntrap 'over=1' TERM\n./server &\nwhile [ $over = 0 ]; do\n"
                "  sleep 1\ndone\nkill $!\nwait\n"
            )
        ),
        Example(_files("#!/bin/bash\ntrap './tell-all' TERM\ngunicorn app &\nwait\n")),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11\nCOPY . .\nCMD ["gunicorn", "app"]\n'),
                ("all.sh", "#!/bin/sh\ngunicorn app &\nnginx -g 'daemon off;' &\nwait\n"),
            )
        ),
        Example(_files("#!/bin/sh\nsleep 5 && ./warm-up &\nexec gunicorn app\n")),
        Example(
            _files("#!/bin/bash\nmysqld --skip-networking &\nmysql < x\nkill $!\nexec mysqld\n")
        ),
        Example(_files("#!/bin/sh\n./prepare &\nwait\nexec gunicorn app\n")),
        Example(_files("#!/bin/bash\ntrap 'kill $(jobs -p); wait' TERM\ngunicorn app &\nwait\n")),
        Example(
            (
                (
                    "Dockerfile",
                    'FROM debian:12\nENTRYPOINT ["dumb-init", "bash", "-c", "a & b & wait"]\n',
                ),
            )
        ),
    ),
)
