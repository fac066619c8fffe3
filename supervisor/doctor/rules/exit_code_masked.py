"""A failure that looks like success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import SERVER, UNKNOWN
from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.finding import LOW, Finding
from supervisor.doctor.house.standing import named, standings
from supervisor.doctor.reading.shellnodes import AndOr, Function, Simple, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import EXIT
from supervisor.doctor.scripts.shellfacts import FOREGROUND
from supervisor.doctor.scripts.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.reading.shellnodes import Statement
    from supervisor.doctor.scripts.shellfacts import Run

FIX = "Leave with the program's own code: `exec` it, or keep `$?` of the last `wait`."


def check(house: House) -> Iterator[Finding]:
    """Look at what a script says of its program's end."""
    for one in standings(house):
        found = stopping(one.facts, one.children(), one.shell)
        if found is not None and found.trap.handler is not None:
            leaves = found.trap.handler.first(EXIT)
            if leaves is not None and leaves.value == "0":
                yield Finding(
                    "exit-code-masked",
                    one.severity(LOW),
                    leaves.place,
                    f"However `{one.named(found.children[-1])}` ends at a stop, the code is 0.",
                    FIX,
                    (),
                    one.by,
                )
        yield from _after(one)


def _after(one: Standing) -> Iterator[Finding]:
    """Look at what stands behind the server, or behind the wait for it."""
    masks = _masked(one)
    if masks is not None:
        yield Finding(
            "exit-code-masked",
            one.severity(LOW),
            masks[0].place,
            f"Whatever `{masks[1]}` ends with, the container ends with 0: nobody sees its failure,"
            " and `restart: on-failure` does not start it again.",
            FIX,
            (),
            one.by,
        )


def _masked(one: Standing) -> tuple[Statement, str] | None:
    facts = one.facts
    serving = [run for run in facts.mains if run.how == FOREGROUND and _serves(run, one)]
    for each in walk(facts.script.body):
        if (
            not isinstance(each, AndOr)
            or each.operators[-1:] != ("||",)
            or not _zero(each.parts[-1])
        ):
            continue
        for run in serving:
            if any(run.statement is part for part in each.parts):
                return each.parts[-1], named(run)
    body = [part for part in facts.script.body if not isinstance(part, Function)]
    if len(body) < 2 or not isinstance(body[-1], Simple) or not _exits_0(body[-1]):
        return None
    before = body[-2]
    for run in serving:
        if run.statement is before:
            return body[-1], named(run)
    children = one.children()
    if isinstance(before, Simple) and before.name == "wait" and children:
        return body[-1], named(children[-1])
    return None


def _serves(run: Run, one: Standing) -> bool:
    """Tell whether it is what a script is there for: of a service, also a program nobody knows."""
    if run.role != UNKNOWN or one.service is None or not run.last or run.path:
        return run.role == SERVER
    return program_of(run.argv)[0].endswith(".py")


def _zero(one: Statement) -> bool:
    return isinstance(one, Simple) and (one.name in ("true", ":") or _exits_0(one))


def _exits_0(one: Simple) -> bool:
    return one.argv == ("exit", "0")


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="exit-code-masked",
    severity=LOW,
    title="The script ends with 0 whatever happened",
    why=(
        "`|| true`, `wait; exit 0` and a trap that says `exit 0` without waiting hide how the"
        " program ended: measured, a stop that cut the request under way ended with 0 after 0.1 s."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/bash\ntrap 'kill $P; exit 0' TERM\ngunicorn app &\nP=$!\nwait $P\n"),
            at="start.sh:2",
        ),
        Example(_files("#!/bin/sh\ngunicorn app || true\n"), at="start.sh:2"),
        Example(_files("#!/bin/sh\ngunicorn app &\nwait\nexit 0\n"), at="start.sh:4"),
        Example(
            (("Dockerfile", "FROM debian:12\nCMD python main.py || true\n"),), at="Dockerfile:2"
        ),
    ),
    good=(
        Example(_files("#!/bin/bash\ntrap 'kill $P; wait $P; exit $?' TERM\n./a &\nP=$!\nwait\n")),
        Example(_files("#!/bin/sh\npython manage.py migrate || true\nexec gunicorn app\n")),
        Example(_files("#!/bin/sh\ngunicorn app &\nwait $!\nexit $?\n")),
        Example(_files("#!/bin/sh\npython fill.py || true\nexec gunicorn app\n")),
    ),
    evidence=("spujadas/elkx-docker#20",),
)
