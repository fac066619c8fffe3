"""A trap that ends programs by their names, or with KILL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import LOW, MEDIUM, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import KILL, PKILL, SLEEP, WAIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.handler import Deed
    from supervisor.doctor.scripts.shellfacts import Trap

FIX = "Keep the program's number (`P=$!`), send TERM to that, and `wait` for it."
OWN = (" -P", " --parent", " -s $$", " -g")


def check(house: House) -> Iterator[Finding]:
    """Look at what the trap for SIGTERM sends, and to whom."""
    for one in standings(house):
        trap = one.facts.term_trap
        found = _harsh(trap) if trap is not None else None
        if trap is None or found is None:
            continue
        deed, waits = found
        if deed.kind == KILL:
            why = "KILL is the first signal that the program gets: whatever it is doing is cut."
        else:
            name = deed.value.split(" ", 1)[0]
            behind = "" if waits else " and waits for nobody, so what it told is cut"
            why = f"`{name}` looks for programs by name: it may find others, or none{behind}."
        yield Finding(
            "handler-pkill",
            one.severity(LOW if waits and deed.kind == PKILL else MEDIUM),
            deed.place,
            why,
            FIX,
            (),
            one.by,
        )


def _harsh(trap: Trap) -> tuple[Deed, bool] | None:
    """Return the first deed, if it is one by name or by KILL, and whether somebody waits then."""
    handler = trap.handler
    if handler is None or not handler.known:
        return None
    for at, deed in enumerate(handler.deeds):
        if deed.kind == PKILL and not any(own in deed.value for own in OWN):
            waits = any(later.kind in (WAIT, SLEEP) for later in handler.deeds[at:])
            return deed, waits or deed.value.startswith("killall -w")
        if deed.kind == KILL:
            return (deed, False) if deed.value == "KILL" else None
        if deed.kind in (WAIT, SLEEP, PKILL):
            return None
    return None


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="handler-pkill",
    severity=MEDIUM,
    title="The trap uses pkill, killall or KILL",
    why=(
        "pkill and killall find programs by name, which may be another's or, in a small image, find"
        " nothing, and they return at once: measured with `trap 'pkill NAME' TERM; app & wait`, the"
        " container ended after 0.3 s with 143, and the request under way was cut. `kill -9` cuts"
        " by itself."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/sh\ntrap 'pkill gunicorn' TERM\ngunicorn app &\nwait\n"), at="start.sh:2"
        ),
        Example(
            _files("#!/bin/sh\ntrap 'kill -9 $P' TERM\ngunicorn app &\nP=$!\nwait\n"),
            at="start.sh:2",
        ),
        Example(
            _files("#!/bin/bash\ntrap 'killall celery; wait' TERM\ncelery -A app worker &\nwait\n"),
            at="start.sh:2",
            severity=LOW,
        ),
    ),
    good=(
        Example(_files("#!/bin/sh\ntrap 'kill $P; wait $P' TERM\ngunicorn app &\nP=$!\nwait\n")),
        Example(_files("#!/bin/sh\ntrap 'kill $P; sleep 5; kill -9 $P' TERM\n./a &\nP=$!\nwait\n")),
        Example(_files("#!/bin/sh\ntrap 'pkill -P $$; wait' TERM\ngunicorn app &\nwait\n")),
        Example(_files("#!/bin/sh\npkill old\nexec gunicorn app\n")),
    ),
)
