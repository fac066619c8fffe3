"""A signal that a background child was started to ignore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.wrapping import base, program_of
from supervisor.doctor.finding import INFO, MEDIUM, Finding
from supervisor.doctor.house.standing import named, standings
from supervisor.doctor.house.waiting import period
from supervisor.doctor.knowledge.servers import VARIANTS, graceful
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import KILL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.scripts.handler import Deed
    from supervisor.doctor.scripts.shellfacts import Run, Trap

FIX = "Send TERM to it, or start it with `exec`."
OWN = frozenset(VARIANTS) - {"flask", "http.server", "waitress"}
PYTHONS = ("python", "pypy", "flask")


def check(house: House) -> Iterator[Finding]:
    """Look at traps that send INT or QUIT to what `&` has started."""
    for one in standings(house):
        trap, children = one.facts.term_trap, one.children()
        if trap is None or trap.handler is None or one.facts.monitor or not children:
            continue
        if any(_has_handler(child) for child in children):
            continue
        for deed in trap.handler.deeds:
            signal = _sent(deed, trap)
            if deed.kind != KILL or signal not in ("INT", "QUIT"):
                continue
            child = children[-1]
            when = "" if signal == deed.value else f", when it is sent {signal},"
            yield Finding(
                "bg-int-ignored",
                one.severity(MEDIUM if _is_python(child) else INFO),
                deed.place,
                f"A shell starts `{named(child)} &` with SIG{signal} ignored, so the stop"
                f"{when} has no effect for {period(one.grace)}, unless the"
                " program sets a handler itself.",
                FIX,
                (),
                (f"{child.place}: started with `&`", *one.by),
            )


def _sent(deed: Deed, trap: Trap) -> str:
    """Return the signal; of `for s in INT TERM; do trap "kill -$s" $s`, the one that is lost."""
    given = [name for name in ("INT", "QUIT") if trap.on(name)]
    return given[0] if given and deed.value.startswith("$") else deed.value


def _has_handler(run: Run) -> bool:
    name = program_of(run.argv)[0]
    return bool(graceful(name)) or name in OWN


def _is_python(run: Run) -> bool:
    name = base(run.argv[0])
    return name.startswith(PYTHONS) or name.endswith(".py")


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="bg-int-ignored",
    severity=MEDIUM,
    title="INT or QUIT for a child that was started with &",
    why=(
        "Without job control, a shell starts what has `&` with SIGINT and SIGQUIT ignored (POSIX"
        " XCU 2.11), and Python leaves SIGINT so: measured with `trap 'kill -INT $P' TERM; app &`,"
        " the stop took the whole grace period and ended with 137."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/sh\ntrap 'kill -INT $P; wait' TERM\nflask run &\nP=$!\nwait\n"),
            at="start.sh:2",
        ),
        Example(
            _files("#!/bin/bash\nstop() { kill -s QUIT $P; }\ntrap stop TERM\n./x &\nP=$!\nwait\n"),
            at="start.sh:2",
            severity=INFO,
        ),
        Example(
            _files(
                "#!/bin/bash\nfor s in INT TERM; do\n"
                '  trap "kill -$s \\$(jobs -p)" "SIG$s"\ndone\n./x &\nwait\n'
            ),
            at="start.sh:3",
            severity=INFO,
        ),
    ),
    good=(
        Example(
            _files(
                "#!/bin/bash\nfor s in HUP TERM; do\n"
                '  trap "kill -$s \\$(jobs -p)" "SIG$s"\ndone\n./x &\nwait\n'
            )
        ),
        Example(_files("#!/bin/sh\ntrap 'kill -INT $P; wait' TERM\ngunicorn app &\nP=$!\nwait\n")),
        Example(_files("#!/bin/sh\ntrap 'kill -TERM $P; wait' TERM\nflask run &\nP=$!\nwait\n")),
        Example(
            _files("#!/bin/bash\nset -m\ntrap 'kill -INT $P; wait' TERM\nflask run &\nP=$!\nwait\n")
        ),
    ),
)
