"""A grace period of nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import CRITICAL, INFO, MEDIUM, Edit, Finding
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import KUBERNETES, SUPERVISORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = "Give it as long as it needs to finish its work; 10 s is Docker's default, 30 s Kubernetes'."
SAID: Final = re.compile(
    r"(\s*)(stop_grace_period|terminationGracePeriodSeconds|stopwaitsecs)(\s*[:=]\s*)"
    r"([\"']?)0+[smh]?\4(\s*#.*)?"
)


def check(house: House) -> Iterator[Finding]:
    """Look at grace periods that somebody has written down."""
    for service in house.services:
        place = service.grace_place
        if service.grace_s == 0 and place is not None:
            yield _finding(house, service, place)


def _finding(house: House, service: Service, place: Place) -> Finding:
    line = house.line(place)
    most = INFO if "$" in line else MEDIUM if service.oneshot else CRITICAL
    after = "2 s later at most" if service.kind == KUBERNETES else "at once"
    return Finding(
        "grace-zero",
        for_path(place.path, most),
        place,
        f"The grace period is 0 s: a stop by {service.platform.title} kills {service.name} {after},"
        " and whatever it is doing is cut.",
        FIX,
        _edits(line, place, service),
    )


def _edits(line: str, place: Place, service: Service) -> tuple[Edit, ...]:
    """Write the platform's own default."""
    match = SAID.fullmatch(line)
    if match is None:
        return ()
    indent, key, between, quote, rest = match.groups(default="")
    unit = "" if service.kind in (KUBERNETES, SUPERVISORD) else "s"
    value = f"{quote}{service.platform.grace_s:g}{unit}{quote}"
    return (Edit(place.replace(end_line=0), f"{indent}{key}{between}{value}{rest}"),)


POD = (
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n"
    "  terminationGracePeriodSeconds: {}\n  containers:\n    - name: web\n      image: app\n"
)

RULE = Rule(
    id="grace-zero",
    severity=CRITICAL,
    title="The grace period is zero",
    why=(
        "With a grace period of 0 s, KILL follows the stop signal at once: measured with Docker,"
        " both came within 0.1 s; Kubernetes' kubelet leaves 2 s at most. No handler has time to"
        " finish anything: requests and tasks under way are cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (("compose.yml", "services:\n  web:\n    image: app\n    stop_grace_period: 0s\n"),),
            at="compose.yml:4",
            fixed="services:\n  web:\n    image: app\n    stop_grace_period: 10s\n",
        ),
        Example(
            (
                (
                    "compose.yml",
                    'x-base: &base\n  image: app\n  stop_grace_period: "0"\n'
                    "services:\n  js:\n    <<: *base\n",
                ),
            ),
            at="compose.yml:3",
            fixed='x-base: &base\n  image: app\n  stop_grace_period: "10s"\n'
            "services:\n  js:\n    <<: *base\n",
        ),
        Example((("pod.yaml", POD.format(0)),), at="pod.yaml:6", fixed=POD.format(30)),
        Example((("examples/pod.yaml", POD.format(0)),), at="examples/pod.yaml:6", severity="low"),
    ),
    good=(
        Example(
            (("compose.yml", "services:\n  web:\n    image: app\n    stop_grace_period: 1m\n"),)
        ),
        Example((("compose.yml", "services:\n  web:\n    image: app\n"),)),
        Example((("pod.yaml", POD.format(5)),)),
        Example((("pod.yaml", POD.format(30).replace("  term", "  # term")),)),
    ),
)
