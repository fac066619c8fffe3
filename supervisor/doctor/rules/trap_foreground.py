"""A trap that runs only after the program in the foreground has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.daemon import stays_in_front
from supervisor.doctor.commands.role import UNKNOWN
from supervisor.doctor.finding import HIGH, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.house.waiting import cut
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.shellfacts import BACKGROUND, FOREGROUND, PIPELINE, SUBSHELL
from supervisor.doctor.scripts.stopping import watches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Run, ShellFacts, Trap

FIX = "Start it with `&`, and `wait` for it; or leave the trap out and start it with `exec`."


def check(house: House) -> Iterator[Finding]:
    """Look at programs in the foreground of a script with a trap for SIGTERM."""
    for one in standings(house):
        trap = one.facts.term_trap
        if trap is None or one.all_told:
            continue
        body = one.facts.script.body
        behind = any(run.how == BACKGROUND for run in one.facts.runs)
        for run in one.facts.mains:
            if run.how not in (FOREGROUND, PIPELINE, SUBSHELL) or not _under(trap, run, one.facts):
                continue
            if run.role == UNKNOWN and (behind or one.service is None or watches(body)):
                continue  # it may be what is done afterwards
            if not run.last and not stays_in_front(run.argv):
                continue  # it may go to the background by itself
            name = one.named(run)
            yield Finding(
                "trap-foreground",
                one.severity(HIGH),
                trap.place,
                f"The trap does not run before `{name}` has ended: SIGTERM has no effect for"
                f" {cut(one.grace)}.",
                FIX,
                (),
                (f"{run.place}: runs in the foreground", *one.by),
            )
            break  # one trap, one finding


def _under(trap: Trap, run: Run, facts: ShellFacts) -> bool:
    """Tell whether a trap is set, and not taken back, when a program starts."""
    if trap.place.path != run.place.path or trap.place.line >= run.place.line:
        return False
    between = range(trap.place.line, run.place.line)
    return not any(t.on("TERM") and not t.handler and t.place.line in between for t in facts.traps)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="trap-foreground",
    severity=HIGH,
    title="A trap, but the program runs in the foreground",
    why=(
        "A shell runs a trap when the command in the foreground has ended, not before: measured,"
        " the stop took the whole grace period and ended with 137, under an init, too, and the trap"
        " never ran. Only `wait` is interrupted by a signal."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/bash\ntrap 'echo bye; exit 0' TERM\ngunicorn app\n"),
            at="start.sh:2",
        ),
        Example(
            _files(
                "#!/bin/sh\ntrap stop TERM\nstop() { kill $P; }\nnginx &\nP=$!\ntail -f /dev/null\n"
            ),
            at="start.sh:2",
        ),
        Example(
            _files(
                "#!/bin/bash\nstop() { celery multi stopwait w; }\ntrap stop SIGTERM\n"
                'if [ "$BEAT" = 1 ]; then celery -A a worker -B; else celery -A a worker; fi\n'
            ),
            at="start.sh:3",
        ),
    ),
    good=(
        Example(_files("#!/bin/bash\ntrap 'kill $P; wait' TERM\ngunicorn app &\nP=$!\nwait $P\n")),
        Example(
            _files("#!/bin/bash\ntrap 'kill $P; wait' TERM\ntail -f /x &\nwait $!\nclean-up\n")
        ),
        Example(
            _files("#!/bin/sh\ntrap 'kill $P; wait' TERM\ncat <<E >/x\na\nE\n./a &\nP=$!\nwait\n")
        ),
        Example(_files("#!/bin/sh\ntrap 'exit 1' TERM\nsleep 5\ntrap - TERM\ngunicorn app\n")),
        Example(
            _files(
                "#!/bin/bash\ntrap stop TERM\nstart-it\nP=$(cat /run/it.pid)\n"
                'while [ -e "/proc/$P" ]; do sleep 1; done\nsay-good-bye\n'
            )
        ),
        Example(
            _files("#!/bin/sh\ntrap 'exit 0' TERM\nsudo php-fpm8.1\nwhile sleep 1; do :; done\n")
        ),
        Example(_files("#!/bin/sh\ntrap 'exit 0' TERM\nwhile true; do\n  sleep 1\ndone\n")),
    ),
    evidence=("docker/for-linux#81", "GameServerManagers/LinuxGSM-Docker#72"),
)
