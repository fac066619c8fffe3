"""`exec` of another shell that stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import ARGS, IDLE
from supervisor.doctor.finding import HIGH, Finding
from supervisor.doctor.house.standing import called
from supervisor.doctor.house.waiting import period
from supervisor.doctor.knowledge.wrappers import EXECS, SWALLOWS
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.shellfacts import EXEC
from supervisor.doctor.services.program import SCRIPT, SHELL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Run
    from supervisor.doctor.services.program import Chain

FIX = "Put `exec` before the program in that shell's line or script, too."


def check(house: House) -> Iterator[Finding]:
    """Look at chains in which a script's exec leads to a shell that stays."""
    for service in house.services:
        chain = service.chain
        if chain is None or service.oneshot or service.platform.all:
            continue
        for run in _again(chain):
            name = called(chain.main.name) or "the program"
            yield Finding(
                "exec-shell-again",
                HIGH,
                run.place,
                f"What takes the shell's place is a shell again: it stays in front of `{name}` and"
                f" does not pass SIGTERM on, for {period(service.grace)}.",
                FIX,
                (),
                (f"{chain.main.place}: what it starts without `exec`",),
            )


def _again(chain: Chain) -> Iterator[Run]:
    """Return each exec of a shell that stays, wrappers that are gone at once looked through."""
    run: Run | None = None
    for before, link in zip((None, *chain.links), chain.links, strict=False):
        if before is not None and before.does != EXECS:
            run = None
        run = link.run or run
        main = chain.main.run
        if run is None or not run.execs or run.how != EXEC or run.role == ARGS:
            continue
        idle = main is not None and main.role == IDLE
        if link.kind in (SHELL, SCRIPT) and link.does == SWALLOWS and not idle:
            yield run


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="exec-shell-again",
    severity=HIGH,
    title="exec of a shell that does not exec",
    why=(
        '`exec bash -c "a; b"` and `exec sh other.sh` put a shell in the place of a shell. The new'
        " one stays in front of its program as the old one would: measured, the stop took the whole"
        " grace period and ended with 137."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/sh\nexec sh -c 'cd /app; gunicorn app; true'\n"),
            at="start.sh:2",
        ),
        Example(
            (
                ("Dockerfile", 'FROM debian:12\nCOPY *.sh /\nENTRYPOINT ["/start.sh"]\n'),
                ("start.sh", "#!/bin/sh\nexec gosu app sh /other.sh\n"),
                ("other.sh", "#!/bin/sh\ngunicorn app\n"),
            ),
            at="start.sh:2",
        ),
    ),
    good=(
        Example(_files("#!/bin/sh\nexec bash -c 'exec gunicorn app'\n")),
        Example(_files("#!/bin/bash\nexec bash -c 'cd /app && gunicorn app'\n")),
        Example(
            _files(
                '#!/bin/sh\nif [ "$(id -u)" = 0 ]; then\n  exec gosu app "$0" "$@"\nfi\n'
                "exec gunicorn app\n"
            )
        ),
        Example(
            (
                ("Dockerfile", 'FROM debian:12\nCOPY *.sh /\nENTRYPOINT ["/start.sh"]\n'),
                ("start.sh", "#!/bin/sh\nexec sh /other.sh\n"),
                ("other.sh", "#!/bin/sh\nexec gunicorn app\n"),
            )
        ),
    ),
)
