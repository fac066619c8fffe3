"""Starts a staged container, waits until it has begun, and stops it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import docker
from docker.models.containers import Container
from testcontainers.core.labels import create_labels

from supervisor.ops.containers import moment
from tests.ops.staged import GRACE_S, Staged
from tests.runtime.kept import descendants

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
    """Wait until everybody is there and sits where they sat at the last looks.

    A look costs nothing that would keep those from beginning who are looked at.
    """
    container.reload()
    first = int(container.attrs["State"]["Pid"])
    seen: list[tuple[Any, ...]] = []

    def quiet() -> bool:
        assert Path("/proc", str(first)).exists(), container.logs().decode()
        everybody = (first, *descendants(first))
        seen.append(tuple(_place(pid) for pid in everybody))
        return (
            len(everybody) >= one.crew
            and len(seen) >= QUIET_LOOKS
            and len(set(seen[-QUIET_LOOKS:])) == 1
            and one.log in container.logs().decode()
        )

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


def _place(pid: int) -> tuple[Any, ...]:
    """Say where somebody sits; whoever runs is nowhere twice, and who has gone as well."""
    folder = Path("/proc", str(pid))
    try:
        status = (folder / "status").read_text()
        shown = dict(line.split(":\t", 1) for line in status.splitlines())
        at: object = (folder / "wchan").read_text()
        argv = (folder / "cmdline").read_bytes()
    except OSError:
        return (object(),)
    if shown["State"].startswith("R"):
        at = object()
    return shown["Name"], argv, shown["SigCgt"], shown["SigIgn"], at
