"""`set -e` leaves a script at the `wait` that a signal interrupts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import HIGH, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.reading.shellnodes import Simple, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import EXIT
from supervisor.doctor.scripts.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.shellnodes import Script

FIX = "Write `wait $P || rc=$?`, and wait again until the program has ended."


def check(house: House) -> Iterator[Finding]:
    """Look at scripts under errexit that wait for what a trap has told."""
    for one in standings(house):
        found = stopping(one.facts, one.children(), one.shell)
        if found is None or found.at_exit or one.all_told or not one.facts.errexit:
            continue
        handler, waits = found.trap.handler, found.waits
        if handler is None or handler.has(EXIT) or found.pauses:
            continue
        if not waits or waits[0].guarded or _taken_off(one.facts.script):
            continue
        name = one.named(found.children[-1])
        yield Finding(
            "set-e-trap-wait",
            one.severity(HIGH),
            waits[0].place,
            f"SIGTERM makes this `wait` return 143, and `set -e` leaves the script there:"
            f" `{name}` is killed within tenths of a second.",
            FIX,
            (),
            (f"{found.trap.place}: the trap", *one.by),
        )


def _taken_off(script: Script) -> bool:
    """Tell whether `set +e` stands somewhere."""
    return any(
        isinstance(one, Simple)
        and one.name == "set"
        and any(w.text.startswith("+") and ("e" in w.text or w.text == "+o") for w in one.words)
        for one in walk(script.body)
    )


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="set-e-trap-wait",
    severity=HIGH,
    title="`set -e` leaves the script at the `wait` that the signal interrupts",
    why=(
        "A `wait` that a signal with a trap interrupts returns 143, which is a failure: under"
        " `set -e` the script ends there, whatever waits come behind. Measured with a second wait"
        " below, the container ended after 0.1 s with 143, and the request under way was cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files(
                "#!/bin/bash\nset -euo pipefail\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\n"
                "wait $P\nwait $P\n"
            ),
            at="start.sh:6",
        ),
        Example(
            _files(
                "#!/bin/sh -e\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\n"
                "while kill -0 $P; do\n  wait $P\ndone\n"
            ),
            at="start.sh:6",
        ),
    ),
    good=(
        Example(_files("#!/bin/sh -e\ntrap 'kill $P' SIGTERM\ngunicorn app &\nP=$!\nwait $P\n")),
        Example(
            _files(
                "#!/bin/bash\nset -e\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\n"
                "wait $P || true\nwait $P\n"
            )
        ),
        Example(_files("#!/bin/sh\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\nwait $P\nwait $P\n")),
        Example(
            _files(
                "#!/bin/sh\nset -e\ntrap 'kill $P; wait $P' TERM\ngunicorn app &\nP=$!\nwait $P\n"
            )
        ),
        Example(
            _files(
                "#!/bin/sh\nset -e\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\nset +e\n"
                "wait $P\nwait $P\n"
            )
        ),
    ),
    evidence=("felddy/foundryvtt-docker#1523",),
)
