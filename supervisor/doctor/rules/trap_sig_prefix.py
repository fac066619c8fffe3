"""Names of signals that dash does not know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supervisor.doctor.finding import HIGH, INFO, Edit, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.knowledge import shells
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Trap

FIX = "Write the names without SIG, as POSIX has them: `trap stop TERM INT`."
NAMES = re.compile(r"(?:[ \t]+(?:SIG)?[A-Z][A-Z0-9]*)+[ \t]*$")


def check(house: House) -> Iterator[Finding]:
    """Look at the traps of scripts that dash runs, or a /bin/sh that nobody knows."""
    for one in standings(house):
        if one.shell not in (shells.DASH, shells.UNKNOWN):
            continue
        sure = one.shell == shells.DASH
        for trap in one.facts.traps:
            if not trap.prefixed or (trap.handler is None and not trap.ignores):
                continue
            who = "dash" if sure else "dash, where it is this /bin/sh,"
            yield Finding(
                "trap-sig-prefix",
                one.severity(HIGH) if sure else INFO,
                trap.place,
                f"{who} says `bad trap` and installs nothing: at a stop this trap does not run.",
                FIX,
                _edits(trap, house),
                one.by,
            )


def _edits(trap: Trap, house: House) -> tuple[Edit, ...]:
    """Take SIG off the names at the end of the line."""
    line = house.line(trap.place)
    found = NAMES.search(line)
    if found is None or "trap " not in line[: found.start()] or trap.place.last != trap.place.line:
        return ()
    names = re.sub(r"\bSIG", "", found[0])
    return (Edit(trap.place.replace(end_line=0), line[: found.start()] + names),)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="trap-sig-prefix",
    severity=HIGH,
    title="dash knows no signal names with SIG",
    why=(
        "bash and busybox understand `trap stop SIGTERM`. dash, which is /bin/sh on Debian and"
        " Ubuntu, says `bad trap` and installs nothing (measured; ShellCheck SC3048): as PID 1 it"
        " then ignores SIGTERM, and the container is killed at the end of its grace period."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/sh\ntrap stop SIGTERM SIGINT\ngunicorn app &\nwait\n"),
            at="start.sh:2",
            fixed="#!/bin/sh\ntrap stop TERM INT\ngunicorn app &\nwait\n",
        ),
        Example(
            (("docker-entrypoint.sh", "#!/bin/sh\ntrap 'kill -TERM $P' SIGTERM\napp &\nwait\n"),),
            at="docker-entrypoint.sh:2",
            severity=INFO,
        ),
    ),
    good=(
        Example(_files("#!/bin/bash\ntrap stop SIGTERM\ngunicorn app &\nwait\n")),
        Example(_files("#!/bin/sh\ntrap stop TERM\ngunicorn app &\nwait\n")),
        Example(
            (
                ("Dockerfile", 'FROM alpine\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
                ("start.sh", "#!/bin/sh\ntrap stop SIGTERM\ngunicorn app &\nwait\n"),
            )
        ),
    ),
)
