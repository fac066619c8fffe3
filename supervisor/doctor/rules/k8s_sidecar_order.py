"""Containers of one pod that need each other, and are all told to stop at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import LOW, MEDIUM, Finding
from supervisor.doctor.house.longwork import backend, image_of
from supervisor.doctor.house.traffic import Traffic, whole
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
PATIENT: Final = re.compile(
    r"term[-_]timeout|max-sigterm-delay|min-sigterm-delay|quitquitquit|\bkill\b|drain"
    r"|EXIT_ON_ZERO_ACTIVE_CONNECTIONS",
    re.IGNORECASE,
)
FOLLOWS: Final = re.compile(
    r"\btail\b[^|;&]{0,80}\s-\S*[fF][^|;&]{0,80}\.(?:log|out)\b|\btail\b.{0,40}/log/"
)
APP, FRONT, OUTLET, BACKEND, SHIPPER, HELPER = PARTS = (
    *("app", "front", "outlet", "backend", "shipper", "helper"),
)
SERVERS: Final = ("gunicorn", "uwsgi", "uvicorn", "php-fpm", "daphne")


def check(house: House) -> Iterator[Finding]:
    """Look at pods with several containers."""
    traffic = Traffic(house)
    pods: dict[int, list[Service]] = {}
    for service in house.services:
        if service.kind == KUBERNETES and whole(service):
            pods.setdefault(id(service.pod), []).append(service)
    for containers in pods.values():
        if len(containers) > 1:
            yield from _pod_of(containers, traffic)


def _pod_of(containers: list[Service], traffic: Traffic) -> Iterator[Finding]:
    parts: dict[str, list[Service]] = {}
    for one in containers:
        parts.setdefault(_part(one, traffic), []).append(one)
    behind = parts.get(APP, [])
    apps = behind or parts.get(FRONT, [])
    if not apps:
        return
    for one in parts.get(OUTLET, ()):
        if not _waits(one, traffic):
            yield _finding(
                one,
                f"{one.name} ends at the same SIGTERM as {apps[0].name}, which loses its"
                " connections while it still finishes its work",
            )
    for one in parts.get(BACKEND, ()):
        if not _waits(one, traffic):
            yield _finding(
                one,
                f"{one.name} ends at the same SIGTERM as {apps[0].name}, which cannot do without"
                " it while it still finishes its work",
            ).replace(severity=for_path(one.place.path, LOW))
    for one in parts.get(SHIPPER, ()):
        if not _waits(one, traffic):
            yield _finding(
                one,
                f"{one.name} ends at the same SIGTERM as {apps[0].name}: what that logs while it"
                " stops goes nowhere",
            ).replace(severity=for_path(one.place.path, LOW))
    if behind:
        yield from _behind(parts.get(FRONT, []), behind, traffic)


def _behind(fronts: list[Service], apps: list[Service], traffic: Traffic) -> Iterator[Finding]:
    """Look at an app whose requests come through another container of its pod."""
    if len(fronts) != 1 or apps[0].oneshot:
        return
    known = traffic.services(fronts[0])
    asked = [one for one in apps if traffic.services(one)]
    if not known and asked:
        return
    behind = [one for one in apps if one not in asked]
    if not known and not fronts[0].ports:
        behind = [one for one in behind if _serves(one)]
    elif len(apps) > 1 or not known:
        behind = [one for one in behind if _listens(one)]
    if len(behind) == 1 and not _waits(behind[0], traffic):
        yield _finding(
            behind[0],
            f"{behind[0].name} is told to stop together with {fronts[0].name}, which still"
            " passes requests on to it: they fail with 502",
        )


def _part(service: Service, traffic: Traffic) -> str:
    """Return what a container is for in its pod."""
    image = image_of(service)
    own = service.name.rpartition("/")[2].lower()
    names = f"{image} {own}"
    if not service.oneshot and workloads.HELPER_NAMES.search(names):
        return HELPER
    if image in workloads.OUTLETS or (
        workloads.OUTLET_NAMES.search(names) and not traffic.services(service)
    ):
        return OUTLET
    if image in ("vector", "alloy") or workloads.SHIPPER_NAMES.search(names) or _follows(service):
        return SHIPPER
    if image in workloads.FRONTS or workloads.FRONT_NAMES.search(names):
        return FRONT
    if backend(service):
        return BACKEND
    beside = image in workloads.BACKENDS or workloads.ONLOOKERS.search(names)
    return HELPER if beside else APP


def _finding(service: Service, why: str) -> Finding:
    place = service.place
    return Finding("k8s-sidecar-order", for_path(place.path, MEDIUM), place, f"{why}.", FIX)


def _waits(service: Service, traffic: Traffic) -> bool:
    same = (service, *traffic.others(service))
    if any(one.node and one.node.get("lifecycle", "preStop") is not None for one in same):
        return True
    said = (*_words(service), *(f"{key}={value}" for key, value in service.env.items()))
    return any(PATIENT.search(word[:2000]) for word in said)


def _words(service: Service) -> tuple[str, ...]:
    node = service.node
    said = [node.get(key) for key in ("command", "args")] if node else []
    return tuple(word for one in said if one is not None for word in one.texts())


def _follows(service: Service) -> bool:
    """Tell whether it shows an app's log file: `tail -F /var/log/app.log`."""
    return bool(FOLLOWS.search(" ".join(_words(service))[:2000]))


def _listens(service: Service) -> bool:
    """Tell whether it may be what stands behind the proxy: it has a port, or is a known server."""
    return bool(service.ports) or _serves(service)


def _serves(service: Service) -> bool:
    name = service.chain.program if service.chain else ""
    return (
        name in SERVERS
        or (image_of(service) == "php" and "fpm" in _image(service))
        or "php-fpm" in image_of(service)
    )


def _image(service: Service) -> str:
    """Return the image as it is written."""
    return text(service.node, "image") if service.node else ""


def _pod(
    *containers: str, service: bool = True, kind: str = "Deployment"
) -> tuple[tuple[str, str], ...]:
    sender = (
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )
    listed = "".join(f"        - {one}\n" for one in containers)
    return (
        (
            "web.yaml",
            f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n  template:\n"
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
        " requests loses its database with the proxy that led to it. What it logs while it stops is"
        " lost when the log's shipper has gone first. In a Job the same holds for an eviction."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_pod(NGINX, APP), at="web.yaml:10"),
        Example(_pod(APP, SQL, service=False), at="web.yaml:10"),
        Example(_pod(NGINX, APP, service=False), at="web.yaml:10"),
        Example(_pod(APP, SQL, service=False, kind="Job"), at="web.yaml:10"),
        Example(_pod("{name: n, image: nginx}", "{name: p, image: 'php:8-fpm'}"), at="web.yaml:10"),
        Example(
            _pod(APP, "{name: db-tunnel, image: 'reg.io/t/cloudsql-proxy:1'}"), at="web.yaml:10"
        ),
        Example(
            _pod("{name: oauth, image: 'q.io/oauth2-proxy:v7', ports: [{containerPort: 80}]}", APP),
            at="web.yaml:10",
        ),
        Example(_pod(APP, "{name: log, image: fluentd}"), at="web.yaml:10", severity=LOW),
        Example(
            _pod(
                APP,
                "{name: logs, image: busybox, args: [/bin/sh, -c, tail -n+1 -F /var/log/1.log]}",
            ),
            at="web.yaml:10",
            severity=LOW,
        ),
        Example(_pod(APP, "{name: cache, image: 'redis:7'}"), at="web.yaml:10", severity=LOW),
    ),
    good=(
        Example(
            _pod(
                "{name: ship, image: fluent-bit}",
                "{name: config-reloader, image: r}",
                kind="DaemonSet",
            )
        ),
        Example(
            _pod(
                "{name: redis, image: 'redis:7'}",
                "{name: sentinel, image: 'redis:7', command: [redis-sentinel, /x]}",
            )
        ),
        Example(_pod(NGINX, "{name: exporter, image: nginx-exporter}")),
        Example(
            _pod(
                "{name: redis, image: 'redis:7'}",
                "{name: metrics, image: redis_exporter}",
                kind="StatefulSet",
            )
        ),
        Example(
            _pod(
                "{name: manager, image: m}",
                "{name: kube-rbac-proxy, image: 'g.io/kube-rbac-proxy:v1'}",
            )
        ),
        Example(
            _pod(
                APP,
                "{name: sql, image: gce-proxy, command: [sh, -c, '/proxy & sleep 9; kill %1']}",
                kind="Job",
            )
        ),
        Example(_pod(NGINX, f"{APP[:-1]}, {SLEEP}")),
        Example(_pod(APP, f"{SQL[:-1]}, {SLEEP}")),
        Example(_pod(APP, f"{SQL[:-1]}, args: [--max-sigterm-delay=30s, db]}}")),
        Example(_pod(NGINX)),
        Example(_pod(NGINX, "{name: exporter, image: exporter}")),
    ),
    evidence=("nginx/unit#774", "tiangolo/uwsgi-nginx-docker#30"),
)
