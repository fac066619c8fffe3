"""A rollout that stops the old pods before it starts new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import INFO, Finding
from supervisor.doctor.house.longwork import backend
from supervisor.doctor.house.traffic import Traffic
from supervisor.doctor.platforms.orchestrating import text
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.rules.k8s_no_prestop import manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = "Use RollingUpdate, if an old and a new one may run side by side."


def check(house: House) -> Iterator[Finding]:
    """Look at Deployments that requests are sent to."""
    traffic = Traffic(house)
    for service, senders in traffic.served(house):
        document = traffic.document(service)
        strategy = document.get("spec", "strategy", "type") if document else None
        if strategy is None or strategy.value != "Recreate" or service.workload != "Deployment":
            continue
        if backend(service) or _claims(service):
            continue
        yield Finding(
            "k8s-recreate",
            INFO,
            strategy.place,
            f"With Recreate, a rollout stops all pods of {service.name} before it starts new ones:"
            f" the Service {text(senders[0], 'metadata', 'name')} refuses requests meanwhile.",
            FIX,
        )


def _claims(service: Service) -> bool:
    """Tell whether it has a volume or a port of the node, which two might not share."""
    volumes = service.pod.get("volumes") if service.pod else None
    ports = service.node.get("ports") if service.node else None
    claims = [one.get("persistentVolumeClaim") for one in (volumes.items if volumes else ())]
    hosts = [one.get("hostPort") for one in (ports.items if ports else ())]
    return any(one is not None for one in (*claims, *hosts))


def _file(strategy: str, spec: str = "", image: str = "app") -> tuple[tuple[str, str], ...]:
    made = manifest("", spec=spec, image=image)
    return (("web.yaml", made.replace("spec:\n", f"spec:\n  strategy: {strategy}\n", 1)),)


RULE = Rule(
    id="k8s-recreate",
    severity=INFO,
    title="A rollout stops all pods before it starts new ones",
    why=(
        "`strategy: Recreate` waits until the last old pod is gone, its whole grace period if need"
        " be, and only then starts the new ones: nobody answers until one of them is ready."
    ),
    fix=FIX,
    check=check,
    bad=(Example(_file("{type: Recreate}"), at="web.yaml:6"),),
    good=(
        Example(_file("{type: RollingUpdate}")),
        Example(_file("{type: Recreate}", image="postgres:16")),
        Example(
            _file(
                "{type: Recreate}",
                "      volumes: [{name: d, persistentVolumeClaim: {claimName: d}}]\n",
            )
        ),
        Example((("worker.yaml", _file("{type: Recreate}")[0][1].partition("---")[0]),)),
    ),
)
