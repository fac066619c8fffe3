"""A container that gets requests before it listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import LOW, MEDIUM, Finding
from supervisor.doctor.house.longwork import backend
from supervisor.doctor.house.traffic import Traffic, measured_only
from supervisor.doctor.platforms.orchestrating import text
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.rules.k8s_no_prestop import manifest
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = "Add a readinessProbe that asks what a request needs, the listening socket at least."


def check(house: House) -> Iterator[Finding]:
    """Look at containers that Services send requests to."""
    traffic = Traffic(house)
    for service, senders in traffic.served(house):
        same = (service, *traffic.others(service))
        if measured_only(service, senders):
            continue
        if any(one.node and one.node.get("readinessProbe") is not None for one in same):
            continue
        name = text(senders[0], "metadata", "name")
        yield Finding(
            "k8s-no-readiness",
            for_path(service.place.path, LOW if backend(service) else MEDIUM),
            service.place,
            f"Without a readinessProbe {service.name} counts as ready once its process runs: the"
            f" Service {name} sends requests before it listens, and a rollout stops the old pods"
            " meanwhile.",
            FIX,
            (),
            (f"{senders[0].place}: sends requests to it",),
        )


PORTS = "          ports: [{containerPort: 8080}]\n"
PROBE = "          readinessProbe: {tcpSocket: {port: 8080}}\n"
LIVE = PROBE.replace("readiness", "liveness")

RULE = Rule(
    id="k8s-no-readiness",
    severity=MEDIUM,
    title="A container gets requests before it listens",
    why=(
        "A container without a readinessProbe is ready as soon as its process runs. The Service"
        " sends requests to it that nobody accepts yet, and the rollout goes on and stops the pods"
        " that did."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example((("web.yaml", manifest(PORTS)),), at="web.yaml:11"),
        Example((("web.yaml", manifest(PORTS + LIVE)),), at="web.yaml:11"),
        Example((("db.yaml", manifest("", image="redis")),), at="db.yaml:11", severity=LOW),
    ),
    good=(
        Example((("web.yaml", manifest(PORTS + PROBE)),)),
        Example((("worker.yaml", manifest("").partition("---")[0]),)),
        Example((("job.yaml", manifest(PORTS, kind="Job")),)),
        Example(
            (
                (
                    "two.yaml",
                    manifest(f"{PORTS}{PROBE}        - name: side\n          image: fluentd\n"),
                ),
            )
        ),
    ),
)
