"""Long work in a pod that has only the thirty seconds that everybody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.longwork import database, worker
from supervisor.doctor.house.traffic import KEPT_RUNNING, Traffic, whole
from supervisor.doctor.platforms.orchestrating import text
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.yaml import Node
    from supervisor.doctor.services.service import Service

FIX = "Set terminationGracePeriodSeconds above the longest request or task, the preStop included."
READ: Final = "nginx.ingress.kubernetes.io/proxy-read-timeout"


def check(house: House) -> Iterator[Finding]:
    """Look at pods that say nothing about their grace."""
    traffic = Traffic(house)
    longest = _longest(house)
    for service in house.services:
        if service.kind != KUBERNETES or service.grace_s is not None or not whole(service):
            continue
        if service.workload not in KEPT_RUNNING or service.grace_place is not None:
            continue
        if any(one.grace_place is not None for one in traffic.others(service)):
            continue
        said = longest.get(id(service), (0.0, "", ""))
        for ingress in traffic.ingresses(traffic.services(service)):
            said = max(said, _patience(ingress))
        what = ""
        if database(service):
            what = "what is killed while it writes has to recover at its next start"
        elif worker(service):
            what = "a task that still runs then is cut"
        elif said[0] > service.grace:
            what = f"a request may take {said[0]:g} s ({said[1]}), and is cut then"
        if what:
            yield Finding(
                "k8s-default-grace",
                for_path(service.place.path, MEDIUM),
                service.place,
                f"Kubernetes kills {service.name} {service.grace:g} s after the stop (its default):"
                f" {what}.",
                FIX,
                (),
                (said[2],) if said[2] and "request" in what else (),
            )


def _longest(house: House) -> dict[int, tuple[float, str, str]]:
    """Return how long a request may take, by service: (seconds, setting, fact)."""
    found: dict[int, tuple[float, str, str]] = {}
    for server in house.servers:
        seconds = duration(server.get("timeout") or "") if server.name == "gunicorn" else None
        sync = server.get("worker-class") in (None, "sync") and not server.get("threads")
        if seconds and sync:
            _note(found, server.service, seconds, "timeout", str(server.where("timeout")))
    for uwsgi in house.uwsgis:
        said = uwsgi.settings.last("harakiri") if uwsgi.settings else None
        seconds = duration(said.value) if said else None
        if seconds and uwsgi.service:
            place = uwsgi.where("harakiri") or uwsgi.place
            _note(found, uwsgi.service, seconds, "harakiri", str(place))
    return found


def _note(
    found: dict[int, tuple[float, str, str]], service: Service, seconds: float, key: str, at: str
) -> None:
    found[id(service)] = (seconds, f"`{key}`", f"{at}: {seconds:g} s for a request")


def _patience(ingress: Node) -> tuple[float, str, str]:
    """Return how long an Ingress lets a request take."""
    said = ingress.get("metadata", "annotations", READ)
    seconds = duration(text(ingress, "metadata", "annotations", READ)) or 0.0
    place = said.place if said is not None else ingress.place
    return (seconds, "proxy-read-timeout", f"{place}: {seconds:g} s for a request")


def _web(container: str, spec: str = "", image: str = "app") -> tuple[str, str]:
    return (
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n"
        f"    metadata: {{labels: {{app: web}}}}\n    spec:\n{spec}      containers:\n"
        f"        - name: web\n          image: {image}\n{container}",
    )


INGRESS = (
    "in.yaml",
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: x\n  annotations:\n"
    f'    {READ}: "600"\nspec:\n  defaultBackend: {{service: {{name: web}}}}\n---\n'
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n",
)
SAID = "      terminationGracePeriodSeconds: 900\n"
WORKER = "          command: [celery, -A, app, worker]\n"

RULE = Rule(
    id="k8s-default-grace",
    severity=MEDIUM,
    title="Long work has only the default grace period",
    why=(
        "A pod that does not set terminationGracePeriodSeconds has 30 s, its preStop hook included."
        " Tasks, uploads and reports that take longer are cut at every rollout, and a database is"
        " killed while it writes."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example((_web(WORKER),), at="web.yaml:10"),
        Example((_web("", image="mysql:8"),), at="web.yaml:10"),
        Example((_web(""), INGRESS), at="web.yaml:10"),
        Example((_web("          command: [gunicorn, -t, '300', a]\n"),), at="web.yaml:10"),
    ),
    good=(
        Example((_web(WORKER, SAID),)),
        Example((_web(""),)),
        Example((_web("", SAID), INGRESS)),
        Example((_web("          command: [gunicorn, -t, '25', a]\n"),)),
        Example((_web(WORKER, SAID.replace("900", '"{{ grace }}"')),)),
    ),
)
