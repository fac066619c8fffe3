"""`kill 0` in a trap for the signal that it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import HIGH, MEDIUM, Edit, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.knowledge import shells
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import KILL_ALL, RESET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Trap

FIX = "Take the trap back first: `trap 'trap - TERM; kill 0; wait' TERM`."


def check(house: House) -> Iterator[Finding]:
    """Look at traps that signal their own shell."""
    for one in standings(house, every="trap "):
        bash = one.shell in (shells.BASH, shells.OLD_BASH)
        for trap in one.facts.traps:
            if not _recurs(trap):
                continue
            yield Finding(
                "trap-kill0",
                one.severity(HIGH) if bash else one.severity(MEDIUM),
                trap.place,
                "`kill 0` signals this shell, too, so the trap calls itself without end: bash died"
                " of SIGSEGV after 0.2 s with 139, and everybody below it was cut.",
                FIX,
                _edits(trap, house),
                one.by,
            )


def _recurs(trap: Trap) -> bool:
    handler = trap.handler
    if handler is None or not handler.known:
        return False
    for deed in handler.deeds:
        if deed.kind == RESET:
            return False
        if deed.kind == KILL_ALL:
            return deed.value in trap.signals
    return False


def _edits(trap: Trap, house: House) -> tuple[Edit, ...]:
    """Take the trap back in its own text, where that is one quoted word."""
    line = house.line(trap.place)
    for quote in "'\"":
        text = f"trap {quote}kill 0{quote} "
        if line.count(text) == 1:
            signals = " ".join(trap.signals)
            made = line.replace(text, f"trap {quote}trap - {signals}; kill 0; wait{quote} ")
            return (Edit(trap.place.replace(end_line=0), made),)
    return ()


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="trap-kill0",
    severity=HIGH,
    title="`kill 0` in a trap calls the trap again",
    why=(
        "`kill 0` is for the whole process group, the shell included. In a trap for the same signal"
        " it calls that trap again and again: measured, bash died of SIGSEGV (139) after 0.2 s,"
        " and the request under way was cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/bash\ntrap 'kill 0' TERM\ngunicorn app &\nwait\n"),
            at="start.sh:2",
            fixed="#!/bin/bash\ntrap 'trap - TERM; kill 0; wait' TERM\ngunicorn app &\nwait\n",
        ),
        Example(
            _files(
                "#!/bin/sh\nstop() { kill -TERM 0; }\ntrap stop INT TERM\nuwsgi a.ini &\nwait\n"
            ),
            at="start.sh:3",
            severity=MEDIUM,
        ),
    ),
    good=(
        Example(
            _files("#!/bin/bash\ntrap 'trap - TERM; kill 0; wait' TERM\ngunicorn app &\nwait\n")
        ),
        Example(_files("#!/bin/bash\ntrap 'kill 0' EXIT\ngunicorn app &\nwait\n")),
        Example(_files("#!/bin/bash\ntrap 'kill -INT 0' TERM\ngunicorn app &\nwait\n")),
    ),
)
