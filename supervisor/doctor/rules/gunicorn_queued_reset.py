"""Connections that no worker of gunicorn has read yet, at a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, Finding
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import hears
from supervisor.doctor.services.service import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = "Let no new requests come any more before it stops: a preStop that sleeps for some seconds."
DEFAULT: Final = 2048


def check(house: House) -> Iterator[Finding]:
    """Look at gunicorns that still get requests when they stop, and at queues made longer."""
    for server in house.servers:
        service = server.service
        if server.name != "gunicorn" or not hears(service):
            continue
        said = server.get("backlog")
        longer = said is not None and (duration(said) or 0) > DEFAULT
        exposed = service.kind == KUBERNETES and service.served and service.prestop is None
        if longer or exposed:
            yield Finding(
                "gunicorn-queued-reset",
                INFO,
                server.where("backlog"),
                "At the stop gunicorn closes its socket: connections that are accepted, and that no"
                " worker has read yet, are reset.",
                FIX,
            )


POD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: app
          command: [gunicorn, app:app]
          ports: [{containerPort: 80}]
"""
SLEEPS = "          lifecycle: {preStop: {sleep: {seconds: 5}}}\n"
SERVICE = """---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""

RULE = Rule(
    id="gunicorn-queued-reset",
    severity=INFO,
    title="gunicorn resets connections that wait in its queue",
    why=(
        "gunicorn finishes the requests that its workers have. A connection that waits in the"
        " kernel's queue, or whose request nobody has read, is reset when the socket is closed;"
        " only a pause between the last new request and the stop helps."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example((("k8s.yaml", POD + SERVICE),), at="k8s.yaml:13"),
        Example(
            (("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "--backlog", "4096", "a:a"]\n'),),
            at="Dockerfile:2",
        ),
    ),
    good=(
        Example((("k8s.yaml", POD + SLEEPS + SERVICE),)),
        Example((("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "app:app"]\n'),)),
    ),
    evidence=("benoitc/gunicorn#2529",),
)
