"""A trap that exits while the program is still working."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import HIGH, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import EXIT, KILL_ALL
from supervisor.doctor.scripts.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = "Let the trap `wait` for what it has told, before it exits."


def check(house: House) -> Iterator[Finding]:
    """Look at traps that exit, or that are for bash's exit, and wait for nobody."""
    for one in standings(house):
        found = stopping(one.facts, one.children(), one.shell)
        if found is None or found.pauses or one.all_told or found.trap.handler is None:
            continue
        handler = found.trap.handler
        leaves = handler.first(EXIT)
        if (not leaves and not (found.at_exit and found.tells)) or handler.has(KILL_ALL):
            continue
        place = leaves.place if leaves and not found.at_exit else found.trap.place
        name = one.named(found.children[-1])
        told = "told to stop, and" if found.tells else "not told, and"
        yield Finding(
            "trap-exit-at-once",
            one.severity(HIGH),
            place,
            f"At SIGTERM the script ends at once: `{name}` is {told} killed while it still works.",
            FIX,
            (),
            (f"{found.trap.place}: the trap", *one.by),
        )


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="trap-exit-at-once",
    severity=HIGH,
    title="The trap exits before the program has ended",
    why=(
        "When PID 1 ends, the kernel kills everybody else. A trap that exits without a `wait`, with"
        " or without a `kill` before, cuts what runs: measured, the container ended after 0.1 s,"
        " with 0 for `exit 0`, which looks like a clean stop."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files(
                '#!/bin/bash\nP=1\ntrap "echo \'bye\'; kill -TERM \\"$P\\"; exit 0" TERM\n'
                "gunicorn app &\nwait $!\n"
            ),
            at="start.sh:3",
        ),
        Example(
            _files("#!/bin/bash\ntrap 'kill $P; exit 0' TERM\ngunicorn app &\nP=$!\nwait $P\n"),
            at="start.sh:2",
        ),
        Example(
            _files(
                "#!/bin/sh\nleave() {\n  echo bye\n  exit 143\n}\ntrap leave TERM INT\n"
                "celery -A app worker &\nwait\n"
            ),
            at="start.sh:4",
        ),
        Example(
            _files("#!/bin/bash\ntrap 'kill $(jobs -p)' EXIT\ngunicorn app &\nwait\n"),
            at="start.sh:2",
        ),
    ),
    good=(
        Example(
            _files(
                "#!/bin/bash\ntrap 'kill $P; wait $P; exit 0' TERM\ngunicorn app &\nP=$!\nwait\n"
            )
        ),
        Example(_files("#!/bin/sh\ntrap 'exit 143' TERM\nmigrate & wait $!\nexec gunicorn app\n")),
        Example(_files("#!/bin/sh\ntrap 'exit 0' TERM\nwhile true; do sleep 5 & wait $!; done\n")),
        Example(
            _files("#!/bin/sh\ntrap 'supervisorctl stop all; exit' TERM\nsupervisord -n &\nwait\n")
        ),
    ),
    evidence=("spujadas/elkx-docker#20",),
)
