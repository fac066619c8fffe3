"""A pod that stops listening while requests are still sent to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import HIGH, MEDIUM, Finding
from supervisor.doctor.house.longwork import backend, image_of
from supervisor.doctor.house.traffic import Traffic, measured_only
from supervisor.doctor.knowledge import workloads
from supervisor.doctor.platforms.orchestrating import text
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = (
    "Add `lifecycle: {preStop: {sleep: {seconds: 5}}}` (Kubernetes 1.30; before, `exec: sleep 5`),"
    " and count it into terminationGracePeriodSeconds."
)
LISTENS_NOT = ("gunicorn", "uvicorn", "hypercorn", "granian", "daphne", "nginx")


def check(house: House) -> Iterator[Finding]:
    """Look at containers that Services send requests to."""
    traffic = Traffic(house)
    closing = {id(one.service) for one in house.servers if one.name in LISTENS_NOT}
    closing |= {id(one.service) for one in house.uwsgis if one.service}
    for service, senders in traffic.served(house):
        if service.workload == "DaemonSet" or service.prestop or _has_hook(service):
            continue
        if backend(service) or _delays(service) or measured_only(service, senders):
            continue
        if any(_has_hook(other) for other in traffic.others(service)):
            continue
        sender = senders[0]
        sure = id(service) in closing or image_of(service) in workloads.FRONTS
        does = "stops listening" if sure else "may stop listening"
        yield Finding(
            "k8s-no-prestop",
            for_path(service.place.path, HIGH if sure else MEDIUM),
            service.place,
            f"At the stop {service.name} {does} at once, while the Service"
            f" {text(sender, 'metadata', 'name')} still sends requests to it: they are refused,"
            " on every rollout.",
            FIX,
            (),
            (f"{sender.place}: sends requests to it",),
        )


def _has_hook(service: Service) -> bool:
    return service.node is not None and service.node.get("lifecycle", "preStop") is not None


def _delays(service: Service) -> bool:
    """Tell whether the app itself goes on listening for a while, as far as its settings say."""
    if image_of(service) in workloads.LAME_DUCKS:
        return True
    own = service.node.get("command") if service.node else None
    args = service.node.get("args") if service.node else None
    words = (*service.argv, *(own.texts() if own else ()), *(args.texts() if args else ()))
    said = (*words, *service.env)
    return any(workloads.LAME_DUCK_WORDS.search(word[:2000]) for word in said)


def manifest(
    container: str, *, spec: str = "", kind: str = "Deployment", image: str = "app"
) -> str:
    """Return a workload and its Service, for examples."""
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: web\nspec:\n  template:\n"
        "    metadata:\n      labels: {app: web}\n    spec:\n"
        f"{spec}      containers:\n        - name: web\n          image: {image}\n{container}"
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: front\nspec:\n"
        "  selector: {app: web}\n  ports: [{port: 80, targetPort: 8080}]\n"
    )


def _file(container: str, **more: str) -> tuple[tuple[str, str], ...]:
    ports = "          ports: [{containerPort: 8080}]\n"
    return (("web.yaml", manifest(ports + container, **more)),)


RULE = Rule(
    id="k8s-no-prestop",
    severity=HIGH,
    title="Requests are still sent to a pod that has stopped listening",
    why=(
        "Kubernetes sends SIGTERM and takes the pod out of the Service's endpoints at the same"
        " time. Until every node and every proxy has heard of it, some seconds later, new requests"
        " still come in; a server that closes its listening socket at SIGTERM refuses them."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_file(""), at="web.yaml:11", severity=MEDIUM),
        Example(_file("          command: [gunicorn, app:app]\n"), at="web.yaml:11"),
        Example(_file("", image="nginx:1.27"), at="web.yaml:11"),
        Example((("examples/web.yaml", manifest("")),), at="examples/web.yaml:11", severity="low"),
    ),
    good=(
        Example(_file("          lifecycle: {preStop: {sleep: {seconds: 5}}}\n")),
        Example(_file("          lifecycle: {preStop: {exec: {command: [sleep, '5']}}}\n")),
        Example(_file("", image="ghcr.io/stefanprodan/podinfo:6.1.1")),
        Example(_file("          args: [--shutdown-delay-duration=10s]\n")),
        Example(_file("", kind="Job")),
        Example(_file("", image="postgres:16")),
        Example((("worker.yaml", manifest("").partition("---")[0]),)),
        Example(
            (
                *_file(""),
                (
                    "prod/patch.yaml",
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n"
                    "  template:\n    spec:\n      containers:\n        - name: web\n"
                    "          lifecycle: {preStop: {sleep: {seconds: 5}}}\n",
                ),
            )
        ),
    ),
    evidence=(
        *("kubernetes/kubernetes#43576", "kubernetes/kubernetes#86280", "zalando/skipper#652"),
        *("traefik/traefik#4452", "kubernetes/ingress-gce#769", "unbit/uwsgi#1974"),
    ),
)
