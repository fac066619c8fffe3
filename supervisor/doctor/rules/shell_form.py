"""CMD or ENTRYPOINT in text form, under a shell that stays."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from supervisor.doctor.finding import HIGH, INFO, Edit, Finding
from supervisor.doctor.house.standing import Standing, standings
from supervisor.doctor.knowledge.wrappers import EXECS
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.replacing import replaceable
from supervisor.doctor.scripts.shellfacts import FOREGROUND
from supervisor.doctor.services.program import SHELL, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.commands.command import Command
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.program import Chain

SPECIAL = set("$`\\\"'|&;<>()*?[]{}~#!\n")


def check(house: House) -> Iterator[Finding]:
    """Look at the command that a service gets from its image."""
    known = {id(one.link): one for one in standings(house, loose=False)}
    for service in house.services:
        chain = service.chain
        for command in (service.entrypoint, service.cmd):
            if command is None or not command.shell_form or command.inherited or chain is None:
                continue
            if command.argv[:1] in (("cmd",), ("powershell",)) or service.platform.all:
                continue
            keyword = "CMD" if command is service.cmd else "ENTRYPOINT"
            found = _found(command, chain, keyword, known)
            if found is not None:
                yield found


def _found(
    command: Command, chain: Chain, keyword: str, known: dict[int, Standing]
) -> Finding | None:
    link = next((one for one in chain.all(SHELL) if command.text in one.argv), None)
    if link is None or link.does == EXECS or link.facts is None or id(link) not in known:
        return None
    unknown, one = link.does == UNKNOWN, known[id(link)]
    if one.handles:
        return None
    if command.json_error and command.text.lstrip().startswith("["):
        return Finding(
            "shell-form",
            HIGH,
            command.place,
            "This is no JSON array, so a shell takes it for a line, finds no such command, and the"
            " container ends at once.",
            "Mend the array: double quotes around each word, and commas between them.",
        )
    main = link.facts.mains[-1:]
    name = one.named(main[0]) if main else "what it starts"
    return Finding(
        "shell-form",
        INFO if unknown else HIGH,
        command.place,
        one.perhaps(name) if unknown else one.kept(name),
        "Write it as a JSON array, or begin it with `exec` where a variable has to be expanded.",
        () if unknown else _edits(command, chain, keyword),
    )


def _edits(command: Command, chain: Chain, keyword: str) -> tuple[Edit, ...]:
    """JSON for plain words; `exec` for one simple command; nothing for all else."""
    run = chain.main.run
    one = command.place.last == command.place.line and command.text.count("\n") == 0
    facts = chain.all(SHELL)[-1].facts
    if run is None or run.how != FOREGROUND or not one or facts is None:
        return ()
    if facts.script.body != (run.statement,):  # `a && b`: `exec a` would be the end of it
        return ()
    if not replaceable(run, facts):
        return ()
    if not SPECIAL & set(command.text):
        return (Edit(command.place, f"{keyword} {json.dumps(shlex.split(command.text))}"),)
    if not run.path:
        return (Edit(command.place, f"{keyword} exec {command.text}"),)
    return ()


RULE = Rule(
    id="shell-form",
    severity=HIGH,
    title="The main command is in text form, so a shell is PID 1",
    why=(
        "`CMD text` is run as `/bin/sh -c text`. dash, the shell of Debian and Ubuntu, stays in"
        " front of the program and does not pass signals on: measured, `docker stop` took the whole"
        " grace period and ended with 137. bash from 5.1 on and busybox become the last simple"
        " command, so the same line is harmless on Alpine."
    ),
    fix="Use the JSON form, or `CMD exec program $PORT` where a variable has to be expanded.",
    check=check,
    bad=(
        Example(
            (("Dockerfile", 'FROM corp/base\nCMD [ "uvicorn" "main:app" ]\n'),), at="Dockerfile:2"
        ),
        Example(
            (("Dockerfile", "FROM python:3.11-slim\nCMD gunicorn app:app\n"),),
            at="Dockerfile:2",
            fixed='FROM python:3.11-slim\nCMD ["gunicorn", "app:app"]\n',
        ),
        Example(
            (("Dockerfile", "FROM python:3.11-slim\nCMD gunicorn -b :$PORT app:app\n"),),
            at="Dockerfile:2",
            fixed="FROM python:3.11-slim\nCMD exec gunicorn -b :$PORT app:app\n",
        ),
        Example(
            (("Dockerfile", "FROM debian:12\nRUN x\nENTRYPOINT cd /app && ./serve\n"),),
            at="Dockerfile:3",
        ),
        Example(
            (("Dockerfile", "FROM debian:12\nENTRYPOINT ./serve --all\n"),),
            at="Dockerfile:2",
            fixed='FROM debian:12\nENTRYPOINT ["./serve", "--all"]\n',
        ),
        Example(
            (("Dockerfile", "FROM registry.example/base\nCMD gunicorn app:app\n"),),
            at="Dockerfile:2",
            severity=INFO,
        ),
        Example(
            (("Dockerfile", "FROM debian:12\nCMD command gunicorn app:app\n"),),
            at="Dockerfile:2",
            by_hand=True,
        ),
    ),
    good=(
        Example(
            (("Dockerfile", "FROM debian\nCMD trap 'kill $!; wait' TERM; gunicorn a & wait\n"),)
        ),
        Example((("Dockerfile", 'FROM python:3.11-slim\nCMD ["gunicorn", "app:app"]\n'),)),
        Example((("Dockerfile", "FROM python:3.11-slim\nCMD exec gunicorn app:app\n"),)),
        Example((("Dockerfile", "FROM python:3.11-alpine\nCMD gunicorn app:app\n"),)),
        Example(
            (
                (
                    "Dockerfile",
                    "FROM python:3.11-slim AS build\nCMD gunicorn app\n"
                    'FROM python:3.11-slim\nHEALTHCHECK CMD curl -f localhost\nCMD ["app"]\n',
                ),
            )
        ),
    ),
    evidence=("moby/moby#17447", "hadolint DL3025", "BuildKit JSONArgsRecommended"),
)
