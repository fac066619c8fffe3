"""The main program is a part of a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import ARGS, SERVER
from supervisor.doctor.finding import HIGH, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.reading.shellnodes import Pipeline, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.shellfacts import PIPELINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.scripts.shellfacts import Run

FIX = "Let the container's log have it; in bash, `exec app > >(tee FILE) 2>&1` keeps both."
FED = "Write `exec`, and give it its input by `<`: `exec app < file`, or in bash `exec app < <(a)`."


def check(house: House) -> Iterator[Finding]:
    """Look at main programs in pipelines."""
    for one in standings(house):
        if one.all_told:
            continue
        for run in one.facts.mains:
            if run.how != PIPELINE or run.looped:
                continue
            if run.role not in (SERVER, ARGS) and not (one.service and run.last):
                continue
            yield Finding(
                "pipe-in-cmd",
                one.severity(HIGH),
                run.place,
                one.kept(one.named(run)),
                FED if _fed(run, one) else FIX,
                (),
                one.by,
            )


def _fed(run: Run, one: Standing) -> bool:
    """Tell whether it is the last of its pipeline: what stands before feeds it."""
    pipes = (each for each in walk(one.facts.script.body) if isinstance(each, Pipeline))
    return any(each.parts[-1] is run.statement for each in pipes)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="pipe-in-cmd",
    severity=HIGH,
    title="The main command is piped into another",
    why=(
        "No shell becomes a part of a pipeline: it stays as PID 1 until all parts have ended, and"
        " passes no signal on. Measured for `app | tee` and `exec app | cat`: the stop took the"
        " whole grace period and ended with 137."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files("#!/bin/sh\ncat /x.conf | ./server -\n"), at="start.sh:2"),
        Example(_files("#!/bin/sh\nuvicorn app:app 2>&1 | tee /log\n"), at="start.sh:2"),
        Example(
            (("Dockerfile", "FROM alpine\nCMD gunicorn app:app | tee /log\n"),), at="Dockerfile:2"
        ),
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  a:\n    image: debian\n    command: sh -c './a | cat'\n",
                ),
            ),
            at="compose.yml:4",
        ),
    ),
    good=(
        Example(_files("#!/bin/sh\necho 'select 1' | psql\n")),
        Example(_files("#!/bin/sh\necho $X | ./decode > /y\nexec ./server\n")),
        Example(_files("#!/bin/bash\nexec uvicorn app:app > >(tee /log) 2>&1\n")),
        Example(_files("#!/bin/sh\nenv | grep APP_ | sort\nexec gunicorn app\n")),
        Example(
            (("Dockerfile", 'FROM alpine\nRUN wget -O- x | tar x\nCMD ["gunicorn", "app"]\n'),)
        ),
        Example((("Procfile", "web: gunicorn app | tee log\n"),)),
    ),
    evidence=("docker/for-linux#81",),
)
