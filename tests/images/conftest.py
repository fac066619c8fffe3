"""Images that are built once per session, from the checkout as it is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker.errors import BuildError
from testcontainers.core.image import DockerImage

from benchmarks.ledgers.stack import Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def app_image() -> Iterator[str]:
    """The sample app's image, docker/app/Dockerfile."""
    yield from built("gracekeeper/sample-app:test", "docker/app/Dockerfile", target="app")


@pytest.fixture(scope="session")
def nginx_image() -> Iterator[str]:
    """nginx in front of the app, docker/nginx."""
    yield from built("gracekeeper/nginx:test", "docker/app/Dockerfile", target="nginx")


@pytest.fixture(scope="session")
def db_image() -> Iterator[str]:
    """PostgreSQL, docker/db."""
    yield from built("gracekeeper/db:test", "docker/db/Dockerfile")


@pytest.fixture(scope="session")
def stack(
    app_image: str, nginx_image: str, db_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """docker/compose.yaml, not up yet; who uses it says what has to be."""
    if subprocess.run(
        ("docker", "compose", "version"), capture_output=True, check=False
    ).returncode:
        why = "there is no Docker Compose v2; docker/base/get-compose.sh installs it"
        if os.environ.get("REQUIRE_DOCKER") == "1":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
    with Stack(f"gracekeeper-{os.getpid()}", "test", tmp_path_factory.mktemp("secrets")) as stack:
        yield stack


def built(tag: str, dockerfile: str, **options: Any) -> Iterator[str]:
    """Build an image of the project, and remove its name at the end."""
    base = os.environ.get("BASE_IMAGE")
    image = DockerImage(
        ROOT,
        tag=tag,
        dockerfile_path=dockerfile,
        clean_up=False,  # its layers make the next session's build quick
        buildargs={"BASE_IMAGE": base} if base else {},
        rm=True,
        **options,
    )
    try:
        image.build()
    except BuildError as error:
        log = "".join(str(part.get("stream", "")) for part in error.build_log)
        pytest.fail(f"{dockerfile} does not build: {error}\n{log[-4000:]}", pytrace=False)
    yield tag
    image.remove()
