"""A trap that `exec` takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import LOW, MEDIUM, Finding
from supervisor.doctor.house.standing import named, standings
from supervisor.doctor.reading.shellnodes import Subshell, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import OTHER, PKILL
from supervisor.doctor.scripts.shellfacts import EXEC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Run, ShellFacts, Trap

FIX = "Do that work in the program, or keep the shell: start the program with `&` and wait for it."
WORDS = ("echo", "printf", "log", "true", ":")


def check(house: House) -> Iterator[Finding]:
    """Look at traps that do some work, in scripts whose every way ends with exec."""
    for one in standings(house):
        facts = one.facts
        if not facts.gives_way and (not facts.execs_always or one.children()):
            continue
        for trap in facts.traps:
            run = _taken_by(trap, facts)
            if run is None or not _works(trap, told=bool(one.children())):
                continue
            yield Finding(
                "trap-then-exec",
                one.severity(MEDIUM if trap.on("TERM") else LOW),
                trap.place,
                f"`exec` takes the shell and its traps away: when `{named(run)}` is stopped, this"
                " trap does not run.",
                FIX,
                (),
                (f"{run.place}: exec", *one.by),
            )


def _works(trap: Trap, *, told: bool) -> bool:
    """Tell whether more is lost than an exit or a word: those are for the time before exec.

    `told`: it is to pass the signal on to what runs behind the script.
    """
    handler = trap.handler
    if handler is None or not handler.known:
        return False
    if told and handler.tells:
        return True
    deeds = [deed for deed in handler.deeds if deed.kind in (OTHER, PKILL)]
    return any(deed.value.split(" ", 1)[0] not in WORDS for deed in deeds)


def _taken_by(trap: Trap, facts: ShellFacts) -> Run | None:
    """Return the program that takes the place of the shell with this trap."""
    if not trap.on("TERM", "EXIT") or trap.handler is None:
        return None
    below = (one for one in walk(facts.script.body) if isinstance(one, Subshell))
    if any(each is trap.statement for one in below for each in walk(one.body)):
        return None  # it is that shell's, which has ended
    later = [
        run
        for run in facts.mains
        if run.how == EXEC
        and run.place.path == trap.place.path
        and run.place.line > trap.place.line
    ]
    back = [
        other.place.line
        for other in facts.traps
        if other.handler is None and other.on(*trap.signals) and other.place != trap.place
    ]
    if not later or any(line > trap.place.line for line in back):
        return None
    return later[-1]


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="trap-then-exec",
    severity=MEDIUM,
    title="A trap before `exec` never runs",
    why=(
        "`exec` puts the program in the shell's place, and traps are gone with the shell: measured,"
        " the program stopped well within 1.3 s with 0, and the clean-up in the trap never ran."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files(
                "#!/bin/sh\ncelery beat &\nP=$!\nstop() {\n  kill $P\n  wait $P\n}\n"
                "trap stop TERM\nexec gunicorn app\n"
            ),
            at="start.sh:8",
        ),
        Example(
            _files(
                "#!/bin/bash\ntrap cleanup TERM EXIT\ncleanup() { x-off; }\nexec gunicorn app\n"
            ),
            at="start.sh:2",
        ),
        Example(
            _files("#!/bin/sh\ntrap 'rm -f /run/app.lock' EXIT\nexec gunicorn app\n"),
            at="start.sh:2",
            severity=LOW,
        ),
    ),
    good=(
        Example(
            _files(
                "#!/bin/sh\ntrap 'kill $P' TERM\n./prepare &\nP=$!\nwait $P\nexec gunicorn app\n"
            )
        ),
        Example(_files("#!/bin/sh\ntrap 'exit 143' TERM\nmigrate & wait $!\nexec gunicorn app\n")),
        Example(
            _files("#!/bin/sh\ntrap 'rm -f /tmp/x' EXIT\nmake-x\ntrap - EXIT\nexec gunicorn app\n")
        ),
        Example(_files("#!/bin/sh\n(trap 'rm -f /x' EXIT; make-x)\nexec gunicorn app\n")),
        Example(_files("#!/bin/bash\ntrap 'echo failed' ERR\nexec gunicorn app\n")),
    ),
)
