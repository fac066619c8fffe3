"""A command that only keeps the container alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.daemon import daemonized
from supervisor.doctor.commands.role import IDLE, is_shell, role
from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import HIGH, LOW, Finding, Place
from supervisor.doctor.house.standing import ASIDE, Standing, called, standings
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Loop, Script, Simple, inside
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import EXIT
from supervisor.doctor.scripts.shellfacts import BACKGROUND, EXEC, FOREGROUND
from supervisor.doctor.scripts.stopping import least_sleep
from supervisor.doctor.services.program import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.shellnodes import Statement
    from supervisor.doctor.services.service import Service

FIX = "Run the program itself in the foreground, as the container's command, with `exec`."
JOB = "Put an init in front (`init: true`), or write `sleep N & wait $!` under a trap that exits."
NAMES = ("tail", "sleep")
LOOP = "while true; sleep"
IDLING = ("sleep", "echo", "true", ":", "date", "printf", "wait")


def check(house: House) -> Iterator[Finding]:
    """Look at scripts and commands that end in tail -f, in sleep, or in a loop of that."""
    for one in standings(house):
        for name, place in _idling(one):
            yield _of_script(one, name, place)
        if one.pid1 and not one.handles:
            yield from _jobs(one)
    for service in house.services:
        chain = service.chain
        if chain is None or service.oneshot or chain.main.kind != PROGRAM or not service.pid1:
            continue
        if chain.main.run is None and not chain.init and _idle(chain.main.argv):
            yield _alone(service, chain.main.name, chain.main.place)


def _idle(argv: tuple[str, ...]) -> bool:
    return bool(argv) and base(argv[0]) in NAMES and role(argv) == IDLE


def _idling(one: Standing) -> Iterator[tuple[str, Place]]:
    """Return what a script idles with, and where."""
    for run in one.facts.mains:
        if run.looped:
            continue
        waited = run.how == BACKGROUND and one.facts.waits and not one.handles
        if ((run.how in (FOREGROUND, EXEC) and run.last) or waited) and _idle(run.argv):
            yield base(run.argv[0]), run.place
        elif run.last and is_shell(run.argv) and run.argv[1:2] == ("-c",) and run.argv[2:]:
            script = shell.parse(run.argv[2], run.place.line, run.place.path)
            if isinstance(script, Script) and any(map(_sleeps, _loops(script.body))):
                yield LOOP, run.place
    for loop in _loops(one.facts.script.body):
        if _sleeps(loop) and not _ends(one, loop):
            yield LOOP, loop.place


def _sleeps(loop: Loop) -> bool:
    """Tell whether a loop does nothing but sleep."""
    simple = [argv_of(each).words for each in loop.body if isinstance(each, Simple)]
    names = [words[0] for words in simple if words]
    if len(names) != len(loop.body) or any(each.background for each in loop.body):
        return False
    return "sleep" in names and set(names) <= set(IDLING)


def _ends(one: Standing, loop: Loop) -> bool:
    """Tell whether a trap ends the script in time: after the sleep that it has to wait for."""
    trap = one.facts.term_trap
    if trap is None or trap.handler is None:
        return False
    leaves = trap.handler.has(EXIT) or not trap.handler.known
    return leaves and least_sleep(loop.body, one.facts.script.functions)[0] <= one.grace


def _jobs(one: Standing) -> Iterator[Finding]:
    """Look for what is run again and again, with a long sleep after it."""
    for run in one.facts.mains:
        if run.looped and run.how == FOREGROUND and _idle(run.argv):
            yield Finding(
                "tail-keepalive",
                one.severity(LOW),
                run.place,
                "The shell is PID 1 and hears no SIGTERM while it sleeps: each stop lasts the whole"
                f" grace period ({one.grace:g} s).",
                JOB,
                (),
                one.by,
            )


def _loops(body: tuple[Statement, ...]) -> Iterator[Loop]:
    for one in body:
        if one.background:
            continue
        if isinstance(one, Loop):
            if one.endless:
                yield one
        else:
            yield from _loops(tuple(inside(one)))


def _of_script(one: Standing, name: str, place: Place) -> Finding:
    facts = one.facts
    started = [run for run in facts.runs if run.how == BACKGROUND and not _idle(run.argv)]
    behind = [one.named(run) for run in started]
    behind += [d.name for _, argv in facts.ending if (d := daemonized(argv))]
    behind += [d.name for run in facts.runs if (d := daemonized(run.argv))]
    if behind:
        why = (
            f"`{name}` is what a stop waits for: nobody tells `{called(behind[-1])}`, and when"
            " that fails, the container goes on as if it worked."
        )
    else:
        why = (
            f"`{name}` does not hear SIGTERM as PID 1: each stop lasts the whole grace period"
            f" ({one.grace:g} s), and what was started elsewhere is cut."
        )
    severity = one.severity(HIGH if behind else LOW)
    return Finding("tail-keepalive", severity, place, why, FIX, (), one.by)


def _alone(service: Service, name: str, place: Place) -> Finding:
    aside = bool(ASIDE.search(place.path.lower()))
    return Finding(
        "tail-keepalive",
        LOW,
        place,
        f"`{name}` does not hear SIGTERM as PID 1: each stop lasts the whole grace period"
        f" ({service.grace:g} s), and what is started inside is cut.",
        "Set `init: true`, as nothing but this runs here." if aside else FIX,
    )


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="tail-keepalive",
    severity=HIGH,
    title="tail -f or sleep keeps the container alive",
    why=(
        "`tail -f`, `sleep infinity` and loops of `sleep` have no handler for SIGTERM, and know"
        " nothing of the server: measured, the stop took the whole grace period and ended with 137;"
        " a server that has died is not noticed, either."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files("#!/bin/sh\nservice nginx start\ntail -f /var/log/nginx/x\n"), at="start.sh:3"
        ),
        Example(_files("#!/bin/sh\ngunicorn app &\nexec sleep infinity\n"), at="start.sh:3"),
        Example(
            _files("#!/bin/sh\niptables-restore /x\ntail -f /dev/null &\nwait $!\n"),
            at="start.sh:3",
            severity=LOW,
        ),
        Example(
            _files("#!/bin/sh\n/usr/sbin/sshd\nwhile true; do\n  sleep 60\ndone\n"),
            at="start.sh:3",
        ),
        Example(
            _files("#!/bin/sh\nwhile true; do\n  python report.py\n  sleep 28800\ndone\n"),
            at="start.sh:4",
            severity=LOW,
        ),
        Example(
            _files("#!/bin/bash\ntrap 'echo bye' TERM\nwhile true; do sleep 1; done\n"),
            at="start.sh:3",
            severity=LOW,
        ),
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  box:\n    image: debian\n    command: sleep infinity\n",
                ),
            ),
            at="compose.yml:4",
            severity=LOW,
        ),
    ),
    good=(
        Example(_files("#!/bin/bash\ntrap 'exit 0' TERM\nwhile true; do\n  sleep 1\ndone\n")),
        Example(
            (
                *_files("#!/bin/sh\nwhile true; do\n  python report.py\n  sleep 8h\ndone\n"),
                ("compose.yml", "services:\n  a:\n    build: .\n    init: true\n"),
            )
        ),
        Example(_files("#!/bin/sh\nsleep 5\ntail -n 5 /x\nexec gunicorn app\n")),
        Example(
            _files(
                "#!/bin/bash\ntrap 'kill $P; wait $P' TERM\n./a &\nP=$!\ntail -f /x &\nwait $P\n"
            )
        ),
        Example(_files("#!/bin/sh\nwhile true; do\n  ./poll\n  sleep 60\ndone\n")),
        Example((("Dockerfile", 'FROM debian\n# CMD tail -f /dev/null\nCMD ["gunicorn", "a"]\n'),)),
        Example(
            (
                (
                    "compose.yml",
                    "services:\n  box:\n    image: debian\n    init: true\n"
                    "    command: sleep infinity\n",
                ),
            )
        ),
    ),
    evidence=("docker/cli#4953", "docker/for-linux#81", "GameServerManagers/LinuxGSM-Docker#72"),
)
