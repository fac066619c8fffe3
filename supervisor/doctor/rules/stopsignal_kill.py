"""A stop signal that no program can handle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import CRITICAL, Edit, Finding, Place
from supervisor.doctor.house.waiting import cut
from supervisor.doctor.knowledge.servers import graceful
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import OWN_SIGNAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

SAID: Final = re.compile(
    r"(?P<key>\s*(?:STOPSIGNAL\s+|stop_signal:\s*|(?:stop|kill_?)signal\s*=\s*))"
    r"(?P<quote>[\"']?)"
    r"(?P<signal>\w+)(?P=quote)(?P<rest>\s*(?:[#;].*)?)",
    re.IGNORECASE,
)


def check(house: House) -> Iterator[Finding]:
    """Look at what every service is stopped with."""
    for service in house.services:
        if service.signal not in ("SIGKILL", "SIGSTOP"):
            continue
        image = service.image
        inherited = image.stop_signal_place if image and service.kind not in OWN_SIGNAL else None
        place = service.stop_signal_place or inherited
        if place is None:
            continue
        better = _better(service)
        what = (
            "kills it at once, and every request under way is cut (exit 137)"
            if service.signal == "SIGKILL"
            else f"freezes it for {cut(service.grace)}"
        )
        yield Finding(
            "stopsignal-kill",
            for_path(place.path, CRITICAL),
            place,
            f"{service.signal} can't be handled: a stop {what}.",
            f"Stop it with {better}.",
            _edits(house.line(place), better, place),
        )


def _better(service: Service) -> str:
    """Return the signal at which its program finishes what it has, or SIGTERM."""
    known = graceful(service.chain.program) if service.chain else ()
    return known[0] if known else "SIGTERM"


def _edits(line: str, signal: str, place: Place) -> tuple[Edit, ...]:
    match = SAID.fullmatch(line)
    if match is None:
        return ()
    said = signal if match["signal"].upper().startswith("SIG") else signal.removeprefix("SIG")
    quote = match["quote"]
    text = f"{match['key']}{quote}{said}{quote}{match['rest']}"
    return (Edit(place.replace(end_line=0), text),)


RULE = Rule(
    id="stopsignal-kill",
    severity=CRITICAL,
    title="The stop signal is KILL",
    why=(
        "The stop signal is what tells a program to finish. SIGKILL and SIGSTOP reach no program:"
        " measured, the request under way was cut at once, and the container ended with 137."
    ),
    fix="Leave the stop signal out, or name the one at which the program finishes its work.",
    check=check,
    bad=(
        Example(
            (("Dockerfile", 'FROM python:3.11-slim\nSTOPSIGNAL SIGKILL\nCMD ["gunicorn", "a"]\n'),),
            at="Dockerfile:2",
            fixed='FROM python:3.11-slim\nSTOPSIGNAL SIGTERM\nCMD ["gunicorn", "a"]\n',
        ),
        Example(
            (("Dockerfile", 'FROM nginx\nSTOPSIGNAL 9\nCMD ["nginx", "-g", "daemon off;"]\n'),),
            at="Dockerfile:2",
            fixed='FROM nginx\nSTOPSIGNAL QUIT\nCMD ["nginx", "-g", "daemon off;"]\n',
        ),
        Example(
            (("compose.yml", "services:\n  a:\n    image: redis\n    stop_signal: SIGSTOP\n"),),
            at="compose.yml:4",
        ),
        Example(
            (
                ("Dockerfile", 'FROM python:3.11-slim\nCMD ["gunicorn", "a"]\n'),
                ("fly.toml", 'app = "a"\nkill_signal = "SIGKILL"\n'),
            ),
            at="fly.toml:2",
            fixed='app = "a"\nkill_signal = "SIGTERM"\n',
        ),
        Example(
            (("a.service", "[Service]\nExecStart=gunicorn a:b\nKillSignal=SIGKILL\n"),),
            at="a.service:3",
            fixed="[Service]\nExecStart=gunicorn a:b\nKillSignal=SIGTERM\n",
        ),
    ),
    good=(
        Example((("Dockerfile", 'FROM nginx\nSTOPSIGNAL SIGQUIT\nCMD ["nginx"]\n'),)),
        Example((("Dockerfile", 'FROM a AS b\nSTOPSIGNAL 9\nFROM alpine\nCMD ["x"]\n'),)),
    ),
    evidence=("https://docs.docker.com/reference/dockerfile/#stopsignal",),
)
