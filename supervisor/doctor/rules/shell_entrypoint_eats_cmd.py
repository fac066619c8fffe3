"""An ENTRYPOINT in text form, beside a command that it never looks at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

ARGUMENTS: Final = re.compile(r"\$(?:[@*0-9]|\{[@*0-9])")
FIX: Final = "Write ENTRYPOINT as a JSON array; then the command is put behind it."


def check(house: House) -> Iterator[Finding]:
    """Look at services with an entrypoint in text form and a command."""
    for service in house.services:
        entrypoint, cmd = service.entrypoint, service.cmd
        if entrypoint is None or not entrypoint.shell_form or entrypoint.inherited:
            continue
        if cmd is None or not cmd.argv or cmd.inherited or ARGUMENTS.search(entrypoint.text):
            continue
        said = cmd.text.strip() if cmd.shell_form else " ".join(cmd.argv)
        yield Finding(
            "shell-entrypoint-eats-cmd",
            for_path(entrypoint.place.path, MEDIUM),
            entrypoint.place,
            f"ENTRYPOINT is a line for a shell, which ignores the command: `{_short(said)}` has no"
            " effect, and neither have options in it for the stop.",
            FIX,
            (),
            (f"{cmd.place}: the command that is ignored",),
        )


def _short(text: str) -> str:
    first = text.partition("\n")[0]
    return first if len(first) < 60 else f"{first[:57]}..."


RULE = Rule(
    id="shell-entrypoint-eats-cmd",
    severity=MEDIUM,
    title="ENTRYPOINT in text form ignores the command",
    why=(
        "`ENTRYPOINT text` is run as `/bin/sh -c text`; what CMD, Compose or `docker run` say"
        " stands behind it as the shell's own arguments, and nothing reads them. The settings in"
        " them, such as a server's time to stop, have no effect."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (
                (
                    "Dockerfile",
                    "FROM python:3.11-slim\nENTRYPOINT exec gunicorn app:app\n"
                    'CMD ["--graceful-timeout", "8"]\n',
                ),
            ),
            at="Dockerfile:2",
        ),
        Example(
            (
                ("Dockerfile", "FROM alpine\nENTRYPOINT ./serve\n"),
                ("compose.yml", "services:\n  a:\n    build: .\n    command: --port 80\n"),
            ),
            at="Dockerfile:2",
        ),
    ),
    good=(
        Example((("Dockerfile", 'FROM alpine\nENTRYPOINT ["./serve"]\nCMD ["--port", "80"]\n'),)),
        Example((("Dockerfile", 'FROM alpine\nENTRYPOINT exec ./x "$0" "$@"\nCMD ["a"]\n'),)),
        Example((("Dockerfile", "FROM python:3.11-slim\nENTRYPOINT exec gunicorn app\n"),)),
        Example((("Dockerfile", "FROM nginx\nENTRYPOINT exec ./serve\n"),)),
    ),
    evidence=("https://docs.docker.com/reference/dockerfile/#shell-form-entrypoint-example",),
)
