"""A signal that is ignored, by the shell and by all that it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.wrapping import program_of
from supervisor.doctor.finding import HIGH, Edit, Finding
from supervisor.doctor.house.standing import named, standings
from supervisor.doctor.house.waiting import cut
from supervisor.doctor.knowledge.servers import graceful
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.shellfacts import EXEC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.shellfacts import Run, ShellFacts, Trap

FIX = "Remove it, or take it back with `trap - TERM` before the program starts."


def check(house: House) -> Iterator[Finding]:
    """Look at scripts that ignore SIGTERM when their program starts."""
    for one in standings(house):
        for trap in one.facts.traps:
            run = _started_under(trap, one.facts)
            if run is None:
                continue
            yield Finding(
                "trap-ignore-inherit",
                one.severity(HIGH),
                trap.place,
                f"`{named(run)}` inherits that SIGTERM is ignored: the stop lasts"
                f" {cut(one.grace)}.",
                FIX,
                _edits(trap, house),
                (f"{run.place}: starts it", *one.by),
            )


def _started_under(trap: Trap, facts: ShellFacts) -> Run | None:
    """Return a program that ignores the signal, too; one with a handler of its own does not."""
    if not trap.ignores or not trap.on("TERM"):
        return None
    later = [one for one in facts.traps if one.on("TERM") and one.place.line > trap.place.line]
    until = later[0].place.line if later else 10**9
    for run in facts.mains:
        own = run.how == EXEC and graceful(program_of(run.argv)[0])
        here = run.place.path == trap.place.path
        if here and trap.place.line < run.place.line < until and not own:
            return run
    return None


def _edits(trap: Trap, house: House) -> tuple[Edit, ...]:
    """Keep what else is ignored; nothing where the line has more than the trap."""
    line = house.line(trap.place)
    words = line.split()
    if words[:1] != ["trap"] or words[1:2] not in (["''"], ['""']) or len(words) < 4:
        return ()
    left = [word for word in words[2:] if word not in ("TERM", "SIGTERM", "15")]
    if len(left) != len(words) - 3 or not all(word.isalnum() for word in left):
        return ()
    indent = line[: len(line) - len(line.lstrip())]
    made = f"{indent}trap {words[1]} {' '.join(left)}"
    return (Edit(trap.place.replace(end_line=0), made),)


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="trap-ignore-inherit",
    severity=HIGH,
    title="`trap '' TERM` is inherited by the program",
    why=(
        "A signal that a shell ignores stays ignored in all that it starts, `exec` included, unless"
        " the program sets a handler of its own: measured, the stop took the whole grace period"
        " and ended with 137."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/sh\ntrap '' INT TERM\nexec ./serve\n"),
            at="start.sh:2",
            fixed="#!/bin/sh\ntrap '' INT\nexec ./serve\n",
        ),
        Example(_files('#!/bin/bash\ntrap "" SIGTERM\ngunicorn app\n'), at="start.sh:2"),
    ),
    good=(
        Example(_files("#!/bin/sh\ntrap '' TERM\nmigrate\ntrap - TERM\nexec ./serve\n")),
        Example(
            _files(
                "#!/bin/sh\nstop() { trap '' TERM; kill 0; wait; }\ntrap stop TERM\n./a & wait\n"
            )
        ),
        Example(_files("#!/bin/sh\ntrap '' HUP\nexec ./serve\n")),
        Example(_files("#!/bin/sh\ntrap '' TERM\nexec gunicorn app\n")),
    ),
)
