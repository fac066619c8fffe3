"""Starts a staged container, waits until it has begun, and stops it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, NamedTuple

import docker
from docker.models.containers import Container
from testcontainers.core.labels import create_labels

from supervisor.ops import procfs
from supervisor.ops.containers import moment
from supervisor.ops.process import Process
from tests.ops.staged import GRACE_S, Staged

BEGINS_WITHIN_S = 30
QUIET_LOOKS, EVERY_S = 4, 0.05


class End(NamedTuple):
    """What `docker stop` came to."""

    code: int
    seconds: float


@contextmanager
def begun(engine: docker.DockerClient, image: str, one: Staged) -> Iterator[Container]:
    """Run it until it waits for something, and remove it at the end."""
    options: dict[str, Any] = {"network_mode": "none", **one.options}
    container = engine.containers.run(
        image, list(one.command), detach=True, labels=create_labels(image, {}), **options
    )
    try:
        wait_until_quiet(container, one)
        yield container
    finally:
        container.remove(force=True, v=True)


def wait_until_quiet(container: Container, one: Staged) -> None:
    """Wait until everybody is there and sits where they sat at the last looks."""
    seen: list[tuple[Any, ...]] = []

    def quiet() -> bool:
        container.reload()
        assert container.status == "running", container.logs().decode()
        if one.log not in container.logs().decode():
            return False
        tree = procfs.tree(container.attrs["State"]["Pid"])
        seen.append(tuple(_place(p) for p in tree.processes))
        everybody = len(tree.processes) >= one.crew
        return everybody and len(seen) >= QUIET_LOOKS and len(set(seen[-QUIET_LOOKS:])) == 1

    wait_until(quiet, f"{one.name} to begin")


def wait_until(fact: Callable[[], bool], what: str) -> None:
    """Look again and again; AssertionError after half a minute."""
    deadline = time.monotonic() + BEGINS_WITHIN_S
    while not fact():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        Event().wait(EVERY_S)


def stopped(container: Container) -> End:
    """Ask it to stop, as `docker stop` does; its end by the engine's own clock, which is ours."""
    asked = time.time()
    container.stop(timeout=GRACE_S)
    code = container.wait()["StatusCode"]
    container.reload()
    return End(code, moment(container.attrs["State"]["FinishedAt"]) / 1e9 - asked)


def _place(process: Process) -> tuple[Any, ...]:
    """Say where somebody sits; whoever runs is nowhere twice."""
    at: object = process.wchan if process.state != "R" else object()
    return process.name, process.argv, process.caught, process.ignored, at
