"""A supervisord that stays up when its programs don't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import HIGH, INFO, LOW, MEDIUM, Finding
from supervisor.doctor.house.supervisords import contained
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.platforms.supervising import Program, Supervised

FIX = (
    "Add an `[eventlistener:x]` with `events=PROCESS_STATE_FATAL` that ends supervisord (it sends"
    " QUIT to its parent), or run one program per container."
)
TELLING: Final = (
    *("PROCESS_STATE_FATAL", "PROCESS_STATE_EXITED", "PROCESS_STATE", "EVENT"),
    *("PROCESS_STATE_STOPPED", "PROCESS_STATE_BACKOFF", "PROCESS_STATE_UNKNOWN"),
)


def check(house: House) -> Iterator[Finding]:
    """Look at configurations that a container runs."""
    listening = {id(s.service) for s in house.supervised if s.service and _listens(s)}
    whole = any(one.section is not None or _listens(one) for one in house.supervised)
    told = set()
    for one in house.supervised:
        if _listens(one) or id(one.service) in listening or not any(map(_stays, one.programs)):
            continue
        if one.service is None and not one.nodaemon and not contained(house, one):
            continue  # of a machine's, which somebody watches
        if one.service is None and one.section is None and whole:
            continue  # that includes it, or nobody can tell
        whole = whole or one.section is None  # of several parts the first
        if one.service is not None and id(one.service) in told:
            continue
        told.add(id(one.service))
        place = one.place or one.source.place(1)
        yield Finding(
            "supervisord-no-fatal-exit",
            for_path(place.path, _severity(house, one)),
            place,
            "A program that fails for good becomes FATAL and supervisord stays: the container is"
            " up, nobody restarts it, and even its exit code would be 0.",
            FIX,
            (),
            (f"{one.service.place}: runs it",) if one.service else (),
        )


def _stays(program: Program) -> bool:
    """Tell whether a program is meant to stay."""
    again, least = program.get("autorestart"), program.get("startsecs")
    never = again is not None and again.value.lower() in ("false", "no", "off", "0")
    return not program.listener and not (never and least is not None and least.value == "0")


def _listens(found: Supervised) -> bool:
    for one in found.programs:
        said = one.get("events") if one.listener else None
        if said and {word.strip().upper() for word in said.value.split(",")} & set(TELLING):
            return True
    return False


def _severity(house: House, found: Supervised) -> str:
    parsed = house.files.ini(found.source.path, "supervisord")
    include = parsed.section("include") if parsed else None
    if include and all(one.place.path == found.source.path for one in found.programs):
        return INFO  # what it includes is not in the tree
    if found.service is None:
        return LOW if found.section else INFO
    probed = any(name == "livenessProbe" for name, _ in found.service.probes)
    return MEDIUM if probed else HIGH


DOCKERFILE = (
    "FROM python:3.11\nCOPY supervisord.conf /etc/supervisord.conf\n"
    'CMD ["supervisord", "-n", "-c", "/etc/supervisord.conf"]\n'
)
WEB = "[program:web]\ncommand=gunicorn app:app\n"


def _files(text: str) -> tuple[tuple[str, str], ...]:
    conf = f"[supervisord]\nnodaemon=true\n{text}"
    return (("Dockerfile", DOCKERFILE), ("supervisord.conf", conf))


RULE = Rule(
    id="supervisord-no-fatal-exit",
    severity=HIGH,
    title="The container stays up when a program of supervisord's has failed",
    why=(
        "supervisord gives up on a program after `startretries` and goes on without it. The"
        " container is up with a part of it missing, and no restart policy sees it. Measured:"
        " supervisord ends with 0 also with a FATAL child."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_files(WEB), at="supervisord.conf:1"),
        Example(
            _files(f"{WEB}[eventlistener:tick]\ncommand=./tick\nevents=TICK_60\n"),
            at="supervisord.conf:1",
        ),
        Example(
            (("supervisord.conf", f"[supervisord]\nnodaemon=true\n{WEB}"),),
            at="supervisord.conf:1",
            severity=LOW,
        ),
        Example(
            (("supervisord.conf", f"[supervisord]\nlogfile=/dev/stdout\n{WEB}"),),
            at="supervisord.conf:1",
            severity=LOW,
        ),
        Example(
            (("programs.conf", f"{WEB}stdout_logfile=/dev/stdout\n"),),
            at="programs.conf:1",
            severity=INFO,
        ),
    ),
    good=(
        Example((("programs.conf", WEB),)),
        Example(
            (
                ("docker/web.conf", WEB),
                (
                    "docker/z.conf",
                    "[program:y]\ncommand=./y\n"
                    "[eventlistener:z]\ncommand=./z\nevents=PROCESS_STATE_FATAL\n",
                ),
            )
        ),
        Example(
            (
                ("docker/programs.conf", WEB),
                ("etc/supervisord.conf", "[supervisord]\nchildlogdir=/x\n"),
            )
        ),
        Example(_files(f"{WEB}[eventlistener:end]\ncommand=./end\nevents=PROCESS_STATE_FATAL\n")),
        Example(
            _files(
                f"{WEB}[eventlistener:end]\ncommand=./end\n"
                "events=PROCESS_STATE_STOPPED,PROCESS_STATE_EXITED\n"
            )
        ),
        Example((("supervisord.conf", f"[supervisord]\n{WEB}"),)),
    ),
    evidence=(
        "Supervisor/supervisor#712",
        "Supervisor/supervisor#733",
        "Supervisor/supervisor#1373",
    ),
)
