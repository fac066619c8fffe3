"""Containers of one pod that need each other, and are all told to stop at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.longwork import image_of
from supervisor.doctor.house.traffic import KEPT_RUNNING, Traffic, whole
from supervisor.doctor.knowledge import workloads
from supervisor.doctor.platforms.orchestrating import text
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = (
    "Make the one that has to live longer a native sidecar (an init container with `restartPolicy:"
    " Always`, Kubernetes 1.29), or let it sleep in a preStop hook."
)
PATIENT = ("term-timeout", "term_timeout", "max-sigterm-delay", "min-sigterm-delay", "quitquitquit")


def check(house: House) -> Iterator[Finding]:
    """Look at pods with a proxy and an app."""
    traffic = Traffic(house)
    pods: dict[int, list[Service]] = {}
    for service in house.services:
        if service.kind == KUBERNETES and service.workload in KEPT_RUNNING and whole(service):
            pods.setdefault(id(service.pod), []).append(service)
    for containers in pods.values():
        outlets = [one for one in containers if image_of(one) in workloads.OUTLETS]
        fronts = [one for one in containers if image_of(one) in workloads.FRONTS]
        apps = [one for one in containers if one not in outlets and one not in fronts]
        for one in outlets if apps else ():
            if not _waits(one, traffic) and not any(w in _words(one) for w in PATIENT):
                why = (
                    f"{one.name} ends at the same SIGTERM as {apps[0].name}, which loses its"
                    " connections while it still finishes its requests"
                )
                yield _finding(one, why)
        receiving = [one for one in fronts if traffic.services(one)]
        behind = [one for one in apps if not traffic.services(one) and _listens(one)]
        if len(receiving) == 1 and len(behind) == 1 and not _waits(behind[0], traffic):
            yield _finding(
                behind[0],
                f"{behind[0].name} is told to stop together with {receiving[0].name}, which still"
                " passes requests on to it: they fail with 502",
            )


def _finding(service: Service, why: str) -> Finding:
    place = service.place
    return Finding("k8s-sidecar-order", for_path(place.path, MEDIUM), place, f"{why}.", FIX)


def _waits(service: Service, traffic: Traffic) -> bool:
    same = (service, *traffic.others(service))
    return any(one.node and one.node.get("lifecycle", "preStop") is not None for one in same)


def _words(service: Service) -> str:
    node = service.node
    said = [node.get(key) for key in ("command", "args")] if node else []
    return " ".join(word for one in said if one is not None for word in one.texts())


def _listens(service: Service) -> bool:
    """Tell whether it may be what stands behind the proxy: it has a port, or is a known server."""
    name = service.chain.program if service.chain else ""
    return (
        bool(service.ports)
        or name in ("gunicorn", "uwsgi", "uvicorn", "php-fpm", "daphne")
        or (image_of(service) == "php" and "fpm" in _image(service))
    )


def _image(service: Service) -> str:
    """Return the image as it is written."""
    return text(service.node, "image") if service.node else ""


def _pod(*containers: str, service: bool = True) -> tuple[tuple[str, str], ...]:
    sender = (
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )
    listed = "".join(f"        - {one}\n" for one in containers)
    return (
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
            f"    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n{listed}"
            + (sender if service else ""),
        ),
    )


NGINX = "{name: nginx, image: 'nginx:1.27', ports: [{containerPort: 80}]}"
APP = "{name: app, image: app, ports: [{containerPort: 8000}]}"
SQL = "{name: sql, image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.11'}"
SLEEP = "lifecycle: {preStop: {sleep: {seconds: 5}}}}"

RULE = Rule(
    id="k8s-sidecar-order",
    severity=MEDIUM,
    title="A proxy and its app are told to stop at the same time",
    why=(
        "All containers of a pod get SIGTERM at once. An nginx that still has requests passes them"
        " on to an app that does not listen any more (502), and an app that still finishes its"
        " requests loses its database with the proxy that led to it."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_pod(NGINX, APP), at="web.yaml:10"),
        Example(_pod(APP, SQL, service=False), at="web.yaml:10"),
    ),
    good=(
        Example(_pod(NGINX, f"{APP[:-1]}, {SLEEP}")),
        Example(_pod(APP, f"{SQL[:-1]}, {SLEEP}")),
        Example(_pod(APP, f"{SQL[:-1]}, args: [--max-sigterm-delay=30s, db]}}")),
        Example(_pod(NGINX)),
        Example(_pod(APP, "{name: log, image: fluentd}")),
        Example(_pod(NGINX, "{name: exporter, image: exporter}")),
    ),
    evidence=("nginx/unit#774", "tiangolo/uwsgi-nginx-docker#30"),
)
