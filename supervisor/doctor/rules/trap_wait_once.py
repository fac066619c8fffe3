"""A trap passes the stop on, and the one `wait` that it interrupts is the last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import HIGH, MEDIUM, Finding
from supervisor.doctor.house.standing import standings
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.scripts.handler import EXIT, KILL_ALL
from supervisor.doctor.scripts.stopping import least_sleep, stopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.standing import Standing
    from supervisor.doctor.scripts.shellfacts import Wait

FIX = "Start the program with `exec`, or end the trap with a `wait` of its own."

NAP_S: Final = 5.0  # a longer sleep may well be enough


def check(house: House) -> Iterator[Finding]:
    """Look at traps that neither wait nor exit, in scripts that wait once."""
    for one in standings(house):
        found = stopping(one.facts, one.children(), one.shell)
        if found is None or found.at_exit or not found.tells:
            continue
        nap = found.naps_s if 0 < found.naps_s <= NAP_S else 0.0
        if (found.pauses and not nap) or found.watches or one.all_told:
            continue
        handler, waits = found.trap.handler, found.waits
        if handler is None or handler.has(EXIT, KILL_ALL):
            continue
        if len(waits) != 1 or waits[0].looped:
            continue
        yield Finding(
            "trap-wait-once",
            one.severity(MEDIUM if nap else HIGH),
            found.trap.place,
            _why(one, waits[0], one.named(found.children[-1]), nap),
            FIX,
            (),
            (f"{waits[0].place}: the only wait", *one.by),
        )


def _why(one: Standing, wait: Wait, name: str, nap: float) -> str:
    """Say when the script ends, which ends the program: at once, or after what it sleeps yet."""
    body = one.facts.script.body
    behind = tuple(each for each in body if each.place.line > wait.place.line)
    slept, _ = least_sleep(behind, one.facts.script.functions)
    if nap:
        return (
            f"The trap sleeps {nap:g} s, and then the only `wait` is over: that is all that"
            f" `{name}` has, however long it needs, and then the kernel kills it."
        )
    if not slept or wait.place.path != body[0].place.path:
        return (
            f"SIGTERM ends the only `wait` before `{name}` has ended; the script ends with 143, and"
            f" the kernel kills `{name}` within its first tenths of a second."
        )
    return (
        f"SIGTERM ends the only `wait` before `{name}` has ended; what the script does next takes"
        f" {slept:g} s, however long `{name}` needs, and then the kernel kills it."
    )


def _files(script: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Dockerfile", 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'),
        ("start.sh", script),
    )


RULE = Rule(
    id="trap-wait-once",
    severity=HIGH,
    title="The script waits once, and the signal ends that wait",
    why=(
        "A signal with a trap ends `wait` at once. Whoever only passes the signal on in the trap"
        " then leaves the script, and everybody below PID 1 is killed: measured with bash and dash,"
        " the container ended after 0.1 s with 143, and the request under way was cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files(
                "#!/bin/bash\nstop() {\n  for p in $A $B; do\n    kill $p\n  done\n}\n"
                "trap stop TERM\ngunicorn app & A=$!\ncelery worker & B=$!\nwait\n"
            ),
            at="start.sh:7",
        ),
        Example(
            _files(
                "#!/bin/sh\nstop() {\n  pkill node\n  sleep 1\n}\ntrap stop TERM\nyarn start &\n"
                "wait $!\n"
            ),
            at="start.sh:6",
            severity=MEDIUM,
        ),
        Example(
            _files("#!/bin/bash\ntrap 'kill -QUIT $(pidof uwsgi)' TERM\nuwsgi a.ini &\nwait\n"),
            at="start.sh:2",
        ),
        Example(
            _files("#!/bin/bash\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\nwait $P\n"),
            at="start.sh:2",
        ),
        Example(
            _files(
                "#!/bin/sh\n_stop() {\n  echo stopping\n  echo q > /tmp/uwsgi-fifo\n}\n"
                "trap _stop TERM INT\nuwsgi --ini /app/uwsgi.ini &\nwait $!\n"
            ),
            at="start.sh:6",
        ),
        Example(
            _files(
                '#!/bin/bash\nfor S in INT TERM; do\n  trap "kill -$S \\$(jobs -p)" SIG$S\ndone\n'
                "gunicorn app &\nwait\n"
            ),
            at="start.sh:3",
        ),
        Example(
            _files("#!/bin/bash\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\nwait\nsleep 2\n"),
            at="start.sh:2",
        ),
        Example(
            _files(
                "#!/bin/bash\ntrap 'kill -TERM $(cat /run/g.pid)' TERM\n"
                "gunicorn --pid /run/g.pid app &\nwait\n"
            ),
            at="start.sh:2",
        ),
    ),
    good=(
        Example(
            _files(
                "#!/bin/bash\nstop() {\n  kill $P\n  while kill -0 $P; do\n    sleep 1\n  done\n}\n"
                "trap stop TERM\ngunicorn app & P=$!\nwait\n"
            )
        ),
        Example(
            _files("#!/bin/bash\ntrap 'kill $P; sleep 20' TERM\ngunicorn app &\nP=$!\nwait $P\n")
        ),
        Example(_files("#!/bin/sh\ntrap 'kill $P' SIGTERM\ngunicorn app &\nP=$!\nwait $P\n")),
        Example(
            _files("#!/bin/bash\ntrap 'kill $P; wait $P' TERM\ngunicorn app &\nP=$!\nwait $P\n")
        ),
        Example(
            _files(
                "#!/bin/sh\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\nwait $P\ntrap - TERM\n"
                "wait $P\nexit $?\n"
            )
        ),
        Example(
            _files(
                "#!/bin/sh\ntrap 'kill $P' TERM\ngunicorn app &\nP=$!\n"
                "while kill -0 $P; do wait $P; done\n"
            )
        ),
        Example(
            _files(
                "#!/bin/bash\nstop() { kill $P; while kill -0 $P; do sleep 1; done; }\n"
                "trap stop TERM\ngunicorn app &\nP=$!\nwait $P\n"
            )
        ),
        Example(_files("#!/bin/bash\ntrap 'nginx -s quit' TERM\ngunicorn app &\nwait $!\n")),
    ),
    evidence=(
        "felddy/foundryvtt-docker#1523",
        "aws-greengrass/aws-greengrass-nucleus#1006",
        "ceph/ceph-container#1179",
        "DataDog/datadog-agent#17124",
    ),
)
