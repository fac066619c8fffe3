"""A preStop hook that leaves the app no time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import HIGH, MEDIUM, Finding
from supervisor.doctor.house.budget import MARGIN, PRESTOP, budget
from supervisor.doctor.house.granting import granted
from supervisor.doctor.house.traffic import Traffic
from supervisor.doctor.knowledge.platforms import MARGIN_S
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.budget import Budget
    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Prestop, Service

FIX = "Set terminationGracePeriodSeconds above the hook and the drain together, or sleep for less."
SPARE_S: Final = 5
GRACE: Final = "terminationGracePeriodSeconds"


def check(house: House) -> Iterator[Finding]:
    """Add up the hook and what comes after it."""
    traffic = Traffic(house)
    for service in house.services:
        hook = service.prestop
        if service.kind != KUBERNETES or hook is None or not hook.sleeps_s or service.grace_s == 0:
            continue
        said = (one.pod.get(GRACE) for one in traffic.others(service) if one.pod)
        if service.grace_s is None and any(one is not None for one in said):
            continue
        found = budget(house, service)
        slept = hook.sleeps_s
        if found.needs_s > service.grace or slept + MARGIN_S > service.grace:
            yield _finding(house, service, found, hook)


def _finding(house: House, service: Service, found: Budget, hook: Prestop) -> Finding:
    slept = hook.sleeps_s or 0.0
    left = max(0.0, service.grace - slept)
    after = [one for one in found.terms if one.name not in (PRESTOP, MARGIN)]
    sure = left < MARGIN_S or any(one.said for one in after)
    needs = sum(one.seconds for one in after)
    ends = (
        f"the app gets {service.signal} {left or 2:g} s before KILL"
        if left < MARGIN_S
        else f"{left:g} s are left, and the app may take {needs:g} s"
    )
    grace = f"{service.grace:g} s{' (its default)' if service.grace_s is None else ''}"
    severity = for_path(hook.place.path, HIGH if sure else MEDIUM)
    return Finding(
        "k8s-prestop-eats-grace",
        severity,
        hook.place,
        f"The hook takes {slept:g} s of a grace period of {grace}, whose clock starts before it:"
        f" {ends}, so that what it has is cut.",
        FIX,
        granted(house, service, math.ceil(slept + max(needs, 10) + SPARE_S)),
        (f"{service.grace_place or service.place}: {grace} of grace", *found.facts),
    )


def _pod(hook: str, grace: str = "", command: str = "") -> tuple[tuple[str, str], ...]:
    text = (
        f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n{grace}  containers:\n"
        f"    - name: web\n      image: app\n{command}      lifecycle:\n        preStop:\n"
        f"          {hook}\n"
    )
    return (("pod.yaml", text),)


SLEEP = "exec: {command: [sh, -c, 'sleep %d']}"
SAID = "  terminationGracePeriodSeconds: %d\n"
SERVER = "      command: [gunicorn, --graceful-timeout=20, app:app]\n"

RULE = Rule(
    id="k8s-prestop-eats-grace",
    severity=HIGH,
    title="The preStop hook uses up the grace period",
    why=(
        "The clock of terminationGracePeriodSeconds starts before the preStop hook. A hook that"
        " lasts as long leaves the app one extension of 2 s, then it is killed with 137; a drain"
        " that does not fit into what is left is cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _pod("sleep: {seconds: 30}"),
            at="pod.yaml:11",
        ),
        Example(
            _pod(SLEEP % 60, SAID % 60),
            at="pod.yaml:12",
            fixed=_pod(SLEEP % 60, SAID % 75)[0][1],
        ),
        Example(_pod("sleep: {seconds: 15}", "", SERVER), at="pod.yaml:12"),
        Example(
            _pod("sleep: {seconds: 5}", "", SERVER.replace(" --graceful-timeout=20,", "")),
            at="pod.yaml:12",
            severity=MEDIUM,
        ),
    ),
    good=(
        Example(_pod("sleep: {seconds: 5}")),
        Example(_pod("sleep: {seconds: 5}", "", SERVER)),
        Example(_pod(SLEEP % 30, SAID % 90)),
        Example(_pod("exec: {command: [sh, -c, 'while pgrep app; do sleep 60; done']}")),
        Example(_pod("httpGet: {path: /stop, port: 80}")),
    ),
    evidence=("fission/fission#3468",),
)
