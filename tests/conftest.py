"""The order of tests, and the gate before those that need a Docker Engine.

Without an engine, tests marked `docker` are skipped and say why. With REQUIRE_DOCKER=1 (CI sets it)
that is an error before any test runs: a green run then really has run them.
"""

from __future__ import annotations

import gc
import itertools
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException
from hypothesis import settings

from tests.images.building import (
    AHEAD,
    app_image,
    db_image,
    nginx_image,
    staged_image,
    tests_image,
)

__all__ = ["app_image", "db_image", "nginx_image", "staged_image", "tests_image"]

# Read by testcontainers when it is imported, so set before any test module is.
os.environ.setdefault("TC_POOLING_INTERVAL", "0.1")
# Its reaper is an image that cannot be pulled everywhere; pytest_sessionfinish cleans up instead.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
if Path("/.dockerenv").exists():
    os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")

# A shared machine may pause longer than any deadline per example.
settings.register_profile("gracekeeper", deadline=None, print_blob=True)
settings.load_profile("gracekeeper")

_DOCKER_TIMEOUT_S = 600  # the first of them builds the image
_FOLDERS_FIRST = ("core", "rules")
_absence = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_absence] = why = _why_no_engine()
    if why and os.environ.get("REQUIRE_DOCKER") == "1":
        raise pytest.UsageError(f"REQUIRE_DOCKER=1, but {why}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    why = config.stash[_absence]
    for item in items:
        if item.get_closest_marker("docker") is None:
            continue
        if why:
            item.add_marker(pytest.mark.skip(reason=why))
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_DOCKER_TIMEOUT_S))
    items.sort(key=_cost)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin with the images that are needed at the end."""
    if not session.config.stash[_absence] and not session.config.option.collectonly:
        names = (getattr(item, "fixturenames", ()) for item in session.items)
        AHEAD.start(itertools.chain.from_iterable(names))


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """A client of the Docker Engine; tests that ask for it are marked `docker`."""
    client = docker.from_env(timeout=60)
    yield client
    client.close()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove whatever this session's tests left behind, also those that failed half-way."""
    AHEAD.end()
    if session.config.stash[_absence] or not _any_docker(session):
        return
    from testcontainers.core.labels import LABEL_SESSION_ID, SESSION_ID

    ours: dict[str, str | list[str] | bool] = {"label": f"{LABEL_SESSION_ID}={SESSION_ID}"}
    client = docker.from_env(timeout=60)
    try:
        for container in client.containers.list(all=True, filters=ours, ignore_removed=True):
            container.remove(force=True, v=True)
        for network in client.networks.list(filters=ours):
            network.remove()
        for volume in client.volumes.list(filters=ours):
            volume.remove(force=True)
    finally:
        client.close()


def _why_no_engine() -> str:
    """Why tests marked `docker` cannot run; empty if they can."""
    with warnings.catch_warnings():
        # The SDK forgets to close the socket that it could not connect.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client = docker.from_env(timeout=10)
            try:
                client.ping()
            finally:
                client.close()
        except (DockerException, OSError) as error:
            why = f"no Docker Engine answers: {error}"
        else:
            why = ""
        gc.collect()
    return why


def _any_docker(session: pytest.Session) -> bool:
    return any(item.get_closest_marker("docker") for item in session.items)


def _cost(item: pytest.Item) -> int:
    """What finds most for its time runs first: the core, other units, processes, containers."""
    if item.get_closest_marker("docker"):
        return 3
    if item.get_closest_marker("process"):
        return 2
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return 0 if folder in _FOLDERS_FIRST else 1
