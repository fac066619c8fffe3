"""A unit whose time for a stop is over before its container's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.role import seconds
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import MEDIUM, Edit, Finding
from supervisor.doctor.house.granting import after
from supervisor.doctor.platforms.units import Unit, units
from supervisor.doctor.reading.commandline import shlexed
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House

ENGINES: Final = ("docker", "podman", "nerdctl")
ENGINE_S: Final = 10.0
SPARE_S: Final = 10
FIX: Final = "Set `TimeoutStopSec` some seconds above what the container is given."
RUN: Final = ("--stop-timeout",)
STOP: Final = ("-t", "--time", "--timeout")


def check(house: House) -> Iterator[Finding]:
    """Look at units that stop a container, and at Podman's own."""
    for unit in units(house.files):
        limit = unit.timeout_s
        for needs, place, what in _stops(unit) if limit is not None else ():
            if limit is None or needs < limit:
                continue
            said = unit.timeout
            where = said.place if said else place
            default = "" if said else " (its default)"
            yield Finding(
                "systemd-stop-timeout",
                for_path(where.path, MEDIUM),
                where,
                f"{what} gives the container {needs:g} s, but systemd waits for {limit:g} s"
                f"{default}: then it kills what stops it; the container is cut, or stays behind.",
                FIX,
                _edits(house, unit, place, needs),
                (f"{place}: {needs:g} s",),
            )


def _stops(unit: Unit) -> Iterator[tuple[float, Place, str]]:
    """Return how many seconds a container is given, and by what."""
    if unit.container is not None:
        said = unit.container.get("StopTimeout")
        place = said.place if said else unit.container.place
        yield seconds(said.value) if said else ENGINE_S, place, "Podman"
        return
    run = [_option(text, "run", RUN) for text, _ in unit.commands("ExecStart")]
    default = next((one for one in run if one is not None), ENGINE_S)
    for text, place in unit.commands("ExecStop"):
        words = shlexed(text) or ()
        if len(words) > 1 and base(words[0]) in ENGINES and words[1] == "stop":
            needs = _option(text, "stop", STOP)
            yield default if needs is None else needs, place, f"`{base(words[0])} stop`"


def _option(text: str, command: str, names: tuple[str, ...]) -> float | None:
    """Return the seconds that an option of an engine's command says."""
    words = shlexed(text) or ()
    if len(words) < 2 or base(words[0]) not in ENGINES or words[1] != command:
        return None
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names:
            value = value if equals else "".join(words[at + 1 : at + 2])
            return seconds(value) if value[:1].isdigit() else None
    return None


def _edits(house: House, unit: Unit, place: Place, needs: float) -> tuple[Edit, ...]:
    line = f"TimeoutStopSec={math.ceil(needs + SPARE_S)}"
    said = unit.timeout
    if said is None:
        return after(house, place, line) if unit.container is None else ()
    plain = said.key == "TimeoutStopSec" and said.place.last == said.place.line
    return (Edit(said.place.replace(end_line=0), line),) if plain else ()


def _unit(stop: str, more: str = "") -> tuple[tuple[str, str], ...]:
    text = f"[Service]\nExecStart=/usr/bin/docker run --rm --name a a\nExecStop={stop}\n{more}"
    return (("a.service", text),)


RULE = Rule(
    id="systemd-stop-timeout",
    severity=MEDIUM,
    title="systemd waits for less than the container is given",
    why=(
        "TimeoutStopSec, 90 s if nobody says otherwise, is the time that each ExecStop has. When it"
        " is over before `docker stop` has waited, systemd kills the command and the client, not"
        " the container: that is cut, or runs on while the unit counts as stopped."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _unit("/usr/bin/docker stop -t 120 a"),
            at="a.service:3",
            fixed="[Service]\nExecStart=/usr/bin/docker run --rm --name a a\n"
            "ExecStop=/usr/bin/docker stop -t 120 a\nTimeoutStopSec=130\n",
        ),
        Example(
            _unit("-docker stop a", "TimeoutStopSec=5\n"),
            at="a.service:4",
            fixed="[Service]\nExecStart=/usr/bin/docker run --rm --name a a\n"
            "ExecStop=-docker stop a\nTimeoutStopSec=20\n",
        ),
        Example(
            (
                (
                    "a.service",
                    "[Service]\nExecStart=podman run --stop-timeout 60 a\n"
                    "ExecStop=podman stop a\nTimeoutSec=1min\n",
                ),
            ),
            at="a.service:4",
            by_hand=True,
        ),
        Example(
            (
                (
                    "a.container",
                    "[Container]\nImage=a\nStopTimeout=120\n[Service]\nRestart=always\n",
                ),
            ),
            at="a.container:3",
            by_hand=True,
        ),
    ),
    good=(
        Example(_unit("/usr/bin/docker stop -t 60 a")),
        Example(_unit("docker stop --time=120 a", "TimeoutStopSec=2min 30s\n")),
        Example(_unit("docker stop -t 120 a", "TimeoutStopSec=infinity\n")),
        Example(_unit("docker stop -t 120 a", "TimeoutStopSec=0\n")),
        Example((("a.container", "[Container]\nImage=a\nStopTimeout=60\n"),)),
        Example((("a.service", "[Service]\nExecStart=/bin/app\nTimeoutStopSec=5\n"),)),
    ),
    evidence=(
        "https://www.freedesktop.org/software/systemd/man/systemd.service.html#TimeoutStopSec=",
        "containers/podman#21134",
    ),
)
