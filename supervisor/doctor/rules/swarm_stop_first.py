"""The only task of a Swarm service is stopped before the new one is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import LOW, Finding
from supervisor.doctor.house.composed import Composed
from supervisor.doctor.house.longwork import backend
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.yaml import Node
    from supervisor.doctor.services.service import Service

FIX = (
    "Set `update_config: {order: start-first}` if two of it may run at once, with a healthcheck, so"
    " that Swarm knows when the new one is there."
)
SWARM_KEYS: Final = ("update_config", "replicas", "placement", "rollback_config", "endpoint_mode")


def check(house: House) -> Iterator[Finding]:
    """Look at services of stacks that requests come in to."""
    composed = Composed(house)
    for services in composed.by_file.values():
        for service in services.values():
            deploy = service.node.entries().get("deploy") if service.node else None
            if deploy is None or deploy.kind != "map" or not _alone(deploy, service):
                continue
            if not composed.owned(service) or composed.said_elsewhere(service, "deploy"):
                continue
            update = deploy.get("update_config")
            place = update.place if update is not None else deploy.place
            yield Finding(
                "swarm-stop-first",
                for_path(place.path, LOW),
                place,
                f"At an update Swarm stops the only task of {service.name} before it starts the new"
                " one: requests fail in between.",
                FIX,
            )


def _alone(deploy: Node, service: Service) -> bool:
    """Tell whether it is one task, of Swarm, with ports, that might run twice for a moment."""
    if not any(deploy.get(key) for key in SWARM_KEYS) or deploy.get("update_config", "order"):
        return False
    mode, replicas = deploy.get("mode"), deploy.get("replicas")
    if mode is not None and mode.value != "replicated":
        return False
    if replicas is not None and replicas.number != 1:
        return False
    ports = service.node.get("ports") if service.node else None
    modes = [one.get("mode") for one in ports.items] if ports is not None else []
    hosted = any(mode is not None and mode.value == "host" for mode in modes)
    return service.served and not hosted and not backend(service) and not _keeps(service)


def _keeps(service: Service) -> bool:
    """Tell whether it has a volume, which two might not share."""
    volumes = service.node.get("volumes") if service.node else None
    return any(
        not (one.value if one.kind == "scalar" else "").endswith((":ro", ".sock"))
        for one in (volumes.items if volumes else ())
    )


def _stack(deploy: str, more: str = "", image: str = "app") -> tuple[tuple[str, str], ...]:
    text = (
        f"services:\n  web:\n    image: {image}\n    ports: ['80:80']\n{more}    deploy:\n{deploy}"
    )
    return (("stack.yml", text),)


RULE = Rule(
    id="swarm-stop-first",
    severity=LOW,
    title="Swarm stops the only task before the new one is there",
    why=(
        "`update_config.order` is `stop-first` if nobody says otherwise. With one replica nobody"
        " answers from the moment the old task is stopped until the new one listens."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_stack("      replicas: 1\n"), at="stack.yml:6"),
        Example(_stack("      update_config:\n        delay: 10s\n"), at="stack.yml:7"),
    ),
    good=(
        Example(_stack("      replicas: 3\n")),
        Example(_stack("      replicas: 1\n      update_config:\n        order: start-first\n")),
        Example(_stack("      mode: global\n      placement: {}\n")),
        Example(_stack("      replicas: 1\n", "    volumes: ['data:/data']\n")),
        Example(_stack("      replicas: 1\n", image="postgres:16")),
        Example(_stack("      resources: {}\n")),
        Example((("stack.yml", "services:\n  w:\n    image: a\n    deploy: {replicas: 1}\n"),)),
    ),
)
