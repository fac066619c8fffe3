"""Traps for signals that nobody can catch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supervisor.doctor.finding import LOW, Edit, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Trap

FIX = "Leave KILL and STOP out; what has to be done at a stop belongs to TERM."
NAMES = re.compile(r"(?:[ \t]+(?:(?:SIG)?[A-Z][A-Z0-9]*|\d+))+[ \t]*$")
UNCATCHABLE = ("KILL", "SIGKILL", "9", "STOP", "SIGSTOP", "19")


def check(house: House) -> Iterator[Finding]:
    """Look at every trap."""
    for one in standings(house, every="trap "):
        for trap in one.facts.traps:
            if not trap.on("KILL", "STOP") or (trap.handler is None and not trap.ignores):
                continue
            yield Finding(
                "trap-uncatchable",
                one.severity(LOW),
                trap.place,
                "The kernel lets nobody catch KILL or STOP: at the end of the grace period this"
                " trap does not run.",
                FIX,
                _edits(trap, house),
                one.by,
            )


def _edits(trap: Trap, house: House) -> tuple[Edit, ...]:
    """Take the names off the end of the line, if others are left."""
    line = house.line(trap.place)
    found = NAMES.search(line)
    if found is None or "trap " not in line[: found.start()] or trap.place.last != trap.place.line:
        return ()
    left = [name for name in found[0].split() if name not in UNCATCHABLE]
    if not left:
        return ()
    made = f"{line[: found.start()]} {' '.join(left)}"
    return (Edit(trap.place.replace(end_line=0), made),)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="trap-uncatchable",
    severity=LOW,
    title="A trap for KILL or STOP never runs",
    why=(
        "SIGKILL and SIGSTOP can't be caught (signal(7), ShellCheck SC2173): a trap for them"
        " promises a clean-up that never happens."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/bash\ntrap stop TERM KILL\ngunicorn app &\nwait\n"),
            at="start.sh:2",
            fixed="#!/bin/bash\ntrap stop TERM\ngunicorn app &\nwait\n",
        ),
        Example(_files("#!/bin/bash\ntrap 'rm -f /x' 9\ngunicorn app &\nwait\n"), at="start.sh:2"),
    ),
    good=(
        Example(_files("#!/bin/bash\ntrap stop TERM INT HUP\ngunicorn app &\nwait\n")),
        Example(_files("#!/bin/bash\nstop() { kill -KILL $P; }\ntrap stop TERM\napp & wait\n")),
    ),
)
