"""A trap that sleeps for longer than the grace period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.pythonmain import python_mains
from supervisor.doctor.house.standing import standings
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.stopping import body_of, least_sleep
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.pythonnodes import Call

FIX = "Sleep for less, or give the service a longer grace period."


def check(house: House) -> Iterator[Finding]:
    """Add up what the trap for SIGTERM sleeps at least."""
    for one in standings(house, loose=False):
        trap = one.facts.term_trap
        if trap is None or one.service is None:
            continue
        slept, place = least_sleep(body_of(trap), one.facts.script.functions)
        if place is None or slept < one.grace:
            continue
        grace = one.service.grace_place
        yield Finding(
            "handler-sleep-gt-grace",
            one.severity(MEDIUM),
            place,
            f"The trap sleeps {slept:g} s, the grace period is {one.grace:g} s"
            f" ({one.service.platform.title}): KILL comes before it has ended.",
            FIX,
            (),
            (*((f"{grace}: the grace period",) if grace else ()), *one.by),
        )
    yield from _by_python(house)


def _by_python(house: House) -> Iterator[Finding]:
    """Add up what a Python handler sleeps, loops left out."""
    for main in python_mains(house):
        handlers = main.handlers()
        function = handlers[0].function if len(handlers) == 1 else None
        calls = [one for one in main.parsed.calls if function and one.function == function.name]
        sleeps = [one for one in calls if one.name == "time.sleep" and one.args and not one.loop]
        slept = sum(_number(one) for one in sleeps)
        if not sleeps or slept < main.service.grace:
            continue
        yield Finding(
            "handler-sleep-gt-grace",
            for_path(main.source.path, MEDIUM),
            max(sleeps, key=_number).place,
            f"The handler sleeps {slept:g} s, the grace period is {main.service.grace:g} s"
            f" ({main.service.platform.title}): KILL comes before it has ended.",
            FIX,
            (),
            (f"{main.link.place}: runs it",),
        )


def _number(call: Call) -> float:
    said = call.args[0].constant
    return float(said) if isinstance(said, int | float) and said > 0 else 0.0


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


def _python(handler: str) -> tuple[tuple[str, str], ...]:
    text = f"import signal, sys, time\n\ndef stop(*_):\n    {handler}\n    sys.exit(0)\n\n"
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY a.py /\nCMD ["python", "/a.py"]\n'),
        ("a.py", f"{text}signal.signal(signal.SIGTERM, stop)\nserve()\n"),
    )


RULE = Rule(
    id="handler-sleep-gt-grace",
    severity=MEDIUM,
    title="The trap, or handler, sleeps beyond the grace period",
    why=(
        "The grace period begins with the signal (10 s for Docker, 30 s for Kubernetes): a trap"
        " that sleeps that long never comes to what it wanted to do, and KILL cuts what still runs."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_python("time.sleep(10)"), at="a.py:4"),
        Example(
            _files(
                "#!/bin/bash\nstop() {\n  sleep 15\n  kill $P\n  wait $P\n}\ntrap stop TERM\n"
                "gunicorn app &\nP=$!\nwait $P\n"
            ),
            at="start.sh:3",
        ),
        Example(
            (
                ("compose.yml", "services:\n  web:\n    build: .\n    stop_grace_period: 1m\n"),
                *_files(
                    "#!/bin/sh\ntrap 'sleep 61; kill $P' TERM\ngunicorn app &\nP=$!\nwait $P\n"
                ),
            ),
            at="start.sh:2",
        ),
    ),
    good=(
        Example(_python("time.sleep(3)")),
        Example(
            _files("#!/bin/sh\ntrap 'sleep 3; kill $P; wait' TERM\ngunicorn app &\nP=$!\nwait\n")
        ),
        Example(
            (
                ("compose.yml", "services:\n  web:\n    build: .\n    stop_grace_period: 1m\n"),
                *_files(
                    "#!/bin/sh\ntrap 'sleep 15; kill $P' TERM\ngunicorn app &\nP=$!\nwait $P\n"
                ),
            )
        ),
        Example(
            _files(
                "#!/bin/sh\nstop() { if [ $A ]; then sleep 9; else sleep 5; fi; kill $P; wait; }\n"
                "trap stop TERM\ngunicorn app &\nP=$!\nwait\n"
            )
        ),
    ),
)
