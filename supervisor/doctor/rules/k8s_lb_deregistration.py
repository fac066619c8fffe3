"""A load balancer that lets go of a pod later than its preStop hook ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.traffic import Traffic
from supervisor.doctor.platforms.orchestrating import text
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.yaml import Node

FIX = (
    "Let the preStop hook sleep for as long as the load balancer takes, and set"
    " terminationGracePeriodSeconds above that; or shorten the delay."
)
ATTRIBUTES: Final = (
    "alb.ingress.kubernetes.io/target-group-attributes",
    "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes",
)
TARGETS: Final = (
    "alb.ingress.kubernetes.io/target-type",
    "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type",
)
CONFIGS: Final = ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config")
DELAY: Final = re.compile(r"deregistration_delay\.timeout_seconds=(\d{1,5})\b")


def check(house: House) -> Iterator[Finding]:
    """Look at containers that a load balancer sends requests to without a node's proxy between."""
    traffic = Traffic(house)
    drains = dict(_drains(house))
    for service, senders in traffic.served(house):
        hook = service.prestop
        if hook is not None and hook.sleeps_s is None:
            continue
        others = [one.prestop for one in traffic.others(service)]
        if hook is None and any(one is not None for one in others):
            continue
        slept = hook.sleeps_s or 0.0 if hook else 0.0
        for node in (*traffic.ingresses(senders), *senders):
            delay, place = _delay(node, drains)
            if place is not None and delay > slept:
                hooked = f"only sleeps {slept:g} s" if hook else "has no preStop hook"
                yield Finding(
                    "k8s-lb-deregistration",
                    for_path(service.place.path, MEDIUM),
                    hook.place if hook else service.place,
                    f"The load balancer takes up to {delay:g} s to let go of a pod, but"
                    f" {service.name} {hooked}: requests still come to one that has stopped.",
                    FIX,
                    (),
                    (f"{place}: {delay:g} s",),
                )
                break


def _delay(node: Node, drains: dict[str, tuple[float, Place]]) -> tuple[float, Place | None]:
    """Return for how long a load balancer keeps a pod, and who says so."""
    notes = node.get("metadata", "annotations")
    if notes is None:
        return 0.0, None
    said = notes.entries()
    if any(said[key].value == "ip" for key in TARGETS if key in said):
        for key in ATTRIBUTES:
            match = DELAY.search(said[key].value) if key in said else None
            if match is not None:
                return float(match[1]), said[key].place
    if "cloud.google.com/neg" in said:
        for key in CONFIGS:
            for name in re.findall(r'"([^"]+)"\s*}', said[key].value) if key in said else ():
                if name in drains:
                    return drains[name]
    return 0.0, None


def _drains(house: House) -> Iterator[tuple[str, tuple[float, Place]]]:
    """Return how long each BackendConfig lets connections drain, by its name."""
    for node in house.manifests:
        found = node.get("spec", "connectionDraining", "drainingTimeoutSec")
        if found is not None and text(node, "kind") == "BackendConfig":
            yield text(node, "metadata", "name"), (duration(found.value) or 0.0, found.place)


def _web(hook: str = "", notes: str = "") -> tuple[tuple[str, str], ...]:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        "    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n"
        f"          image: app\n{hook}---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\n"
        f"{notes}spec: {{selector: {{app: web}}}}\n"
    )
    return (("web.yaml", text),)


def _alb(target: str = "ip", delay: int = 60) -> tuple[str, str]:
    return (
        "ingress.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: x\n  annotations:\n"
        f"    {TARGETS[0]}: {target}\n"
        f"    {ATTRIBUTES[0]}: deregistration_delay.timeout_seconds={delay}\n"
        "spec:\n  defaultBackend: {service: {name: web}}\n",
    )


HOOK = "          lifecycle: {preStop: {sleep: {seconds: 15}}}\n"
NEG = (
    "  annotations:\n    cloud.google.com/neg: '{\"ingress\": true}'\n"
    '    cloud.google.com/backend-config: \'{"default": "slow"}\'\n'
)
BACKEND = (
    "apiVersion: cloud.google.com/v1\nkind: BackendConfig\nmetadata: {name: slow}\n"
    "spec: {connectionDraining: {drainingTimeoutSec: 60}}\n"
)

RULE = Rule(
    id="k8s-lb-deregistration",
    severity=MEDIUM,
    title="The load balancer lets go of a pod later than its hook ends",
    why=(
        "A load balancer that sends requests straight to pods hears of a stop late, and keeps its"
        " connections for the deregistration delay. A pod whose preStop hook is shorter stops"
        " listening while requests still come."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example((*_web(HOOK), _alb()), at="web.yaml:11"),
        Example((*_web(), _alb()), at="web.yaml:9"),
        Example((*_web(HOOK, NEG), ("backend.yaml", BACKEND)), at="web.yaml:11"),
    ),
    good=(
        Example((*_web(HOOK), _alb(delay=10))),
        Example((*_web(HOOK), _alb("instance"))),
        Example(_web(HOOK, NEG)),
        Example(_web(HOOK)),
    ),
    evidence=("kubernetes/ingress-gce#769",),
)
