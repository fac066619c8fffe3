"""`exec` in a place where it replaces another shell than PID 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import UNKNOWN
from supervisor.doctor.finding import HIGH, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.knowledge.wrappers import EXECS
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.shellfacts import BACKGROUND, PIPELINE, SUBSHELL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = "Put `exec` where the script itself runs it: outside of the pipeline, the `( )` and the `&`."
WHERE = {
    PIPELINE: "In a pipeline",
    SUBSHELL: "Inside of `( )`",
    BACKGROUND: "With `&`",
}


def check(house: House) -> Iterator[Finding]:
    """Look at each exec of a program in a pipeline, in a subshell or in the background."""
    for one in standings(house):
        if one.all_told or (one.link is not None and one.link.does == EXECS):
            continue
        for run in one.facts.runs:
            if not run.execs or run.how not in WHERE or one.facts.term_trap is not None:
                continue
            if run.role == UNKNOWN and not (run.last and one.service):
                continue
            yield Finding(
                "exec-not-effective",
                one.severity(HIGH),
                run.place,
                f"{WHERE[run.how]} `exec` replaces a child of the shell."
                f" {one.kept(one.named(run))}",
                FIX,
                (),
                one.by,
            )


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="exec-not-effective",
    severity=HIGH,
    title="`exec` in a pipeline, a subshell or the background",
    why=(
        "Each part of a pipeline, `( )` and `&` run in a child of the shell: `exec` there replaces"
        " the child, and the shell stays as PID 1. Measured for `exec app | cat`, `(exec app)` and"
        " `exec app &`: the stop took the whole grace period and ended with 137."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files("#!/bin/bash\nexec gunicorn app 2>&1 | tee /log\n"), at="start.sh:2"),
        Example(_files("#!/bin/sh\n(cd /app && exec gunicorn app)\n"), at="start.sh:2"),
        Example(_files("#!/bin/sh\nexec uwsgi --ini a.ini &\nwait\n"), at="start.sh:2"),
    ),
    good=(
        Example(_files("#!/bin/bash\nexec gunicorn app > >(tee /log) 2>&1\n")),
        Example(_files("#!/bin/sh\n(cd /app && ./prepare)\nexec gunicorn app || exit 1\n")),
        Example(_files("#!/bin/bash\ntrap 'kill $!; wait' TERM\nexec gunicorn app &\nwait\n")),
        Example(
            (("Dockerfile", 'FROM alpine\nCMD ["sh", "-c", "(cd /app && exec gunicorn app)"]\n'),)
        ),
    ),
)
