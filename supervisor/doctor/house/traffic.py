"""Which Services and Ingresses of Kubernetes send requests to which containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.platforms.orchestrating import text, workload
from supervisor.doctor.reading.yaml import walk
from supervisor.doctor.services.service import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.yaml import Node
    from supervisor.doctor.services.service import Service

KEPT_RUNNING = (
    *("Deployment", "StatefulSet", "ReplicaSet", "DaemonSet"),
    *("ReplicationController", "DeploymentConfig", "Rollout"),
)


class Traffic:
    """All manifests, by what they select."""

    def __init__(self, house: House) -> None:
        """Sort them."""
        self._templates: dict[int, tuple[Node, Node]] = {}  # by the pod's spec
        self._by_label: dict[tuple[str, str], list[Node]] = {}
        self._by_backend: dict[str, list[Node]] = {}
        self._same: dict[tuple[str, str], list[Service]] = {}
        for node in house.manifests:
            kind = text(node, "kind")
            if (where := workload(node)) is not None:
                template = node.get(*where) if where else node
                spec = template.get("spec") if template else None
                if template is not None and spec is not None:
                    self._templates[id(spec)] = (node, template)
            elif kind == "Service":
                for pair in sorted(_labels(node.get("spec", "selector")))[:1]:
                    self._by_label.setdefault(pair, []).append(node)
            elif kind == "Ingress":
                for name in _backends(node):
                    self._by_backend.setdefault(name, []).append(node)
        for one in house.services:
            if one.kind == KUBERNETES:
                self._same.setdefault((one.workload, one.name), []).append(one)

    def document(self, service: Service) -> Node | None:
        """Return the manifest that a container is in."""
        found = self._templates.get(id(service.pod))
        return found[0] if found else None

    def services(self, service: Service) -> tuple[Node, ...]:
        """Return the Services that send requests to a container."""
        found = self._templates.get(id(service.pod))
        if found is None or service.pod is None:
            return ()
        node, template = found
        labels = _labels(template.get("metadata", "labels"))
        space = text(node, "metadata", "namespace")
        candidates = [one for pair in labels for one in self._by_label.get(pair, ())]
        return tuple(
            one
            for one in candidates
            if _labels(one.get("spec", "selector")) <= labels
            and text(one, "metadata", "namespace") in ("", space or "default", space)
            and _meets(one, service)
        )

    def ingresses(self, services: tuple[Node, ...]) -> tuple[Node, ...]:
        """Return the Ingresses that send requests to Services."""
        names = [text(one, "metadata", "name") for one in services]
        found = [one for name in names for one in self._by_backend.get(name, ())]
        return tuple({id(one): one for one in found}.values())

    def served(self, house: House) -> Iterator[tuple[Service, tuple[Node, ...]]]:
        """Return every whole container that requests are sent to, with the Services that do so."""
        for one in house.services:
            if one.kind != KUBERNETES or one.workload not in KEPT_RUNNING or one.oneshot:
                continue
            if whole(one) and (senders := self.services(one)):
                yield one, senders

    def others(self, service: Service) -> tuple[Service, ...]:
        """Return the same container in other files: a base, or what is patched into it."""
        same = self._same.get((service.workload, service.name), ())
        return tuple(one for one in same if one is not service)


def whole(service: Service) -> bool:
    """Tell whether it is a container, and not a patch of one."""
    return service.node is not None and service.node.get("image") is not None


def measured_only(service: Service, senders: tuple[Node, ...]) -> bool:
    """Tell whether nothing but its metrics or its health is asked for."""
    ports = service.node.get("ports") if service.node else None
    asked = [sender.get("spec", "ports") for sender in senders]
    groups = (
        [text(one, "name") for one in ports.items] if ports is not None else [],
        [text(one, "name") for each in asked if each is not None for one in each.items],
    )
    return any(bool(names) and all(map(_aside, names)) for names in groups)


def _aside(name: str) -> bool:
    return any(word in name for word in ("metrics", "prom", "health", "webhook"))


def _meets(sender: Node, service: Service) -> bool:
    """Tell whether a Service's ports are the container's, where there are several in the pod."""
    containers = service.pod.get("containers") if service.pod else None
    if containers is not None and len(containers.items) == 1:
        return True
    ports = service.node.get("ports") if service.node else None
    own = {text(one, key) for one in (ports.items if ports else ()) for key in _PORT} - {""}
    wanted = sender.get("spec", "ports")
    targets = {
        text(one, "targetPort") or text(one, "port") for one in (wanted.items if wanted else ())
    }
    return bool(own & targets)


_PORT = ("containerPort", "name")


def _labels(node: Node | None) -> set[tuple[str, str]]:
    return {(key, value.value) for key, value in node.entries().items()} if node else set()


def _backends(ingress: Node) -> set[str]:
    """Return the names of the Services behind an Ingress, in either API."""
    found = set()
    for node in walk(ingress):
        if node.kind == "map":
            found.add(text(node, "service", "name") or text(node, "serviceName"))
    return found - {""}
