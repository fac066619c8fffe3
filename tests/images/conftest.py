"""Images that are built once per session, from the checkout as it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.errors import BuildError
from testcontainers.core.image import DockerImage

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def app_image() -> Iterator[str]:
    """The sample app's image, docker/app/Dockerfile."""
    arguments = {}
    if base := os.environ.get("BASE_IMAGE"):
        arguments["BASE_IMAGE"] = base
    yield from _built("gracekeeper/sample-app:test", ROOT, "docker/app/Dockerfile", arguments)


@pytest.fixture(scope="session")
def nginx_image() -> Iterator[str]:
    """nginx for the unix socket, docker/nginx/Dockerfile."""
    yield from _built("gracekeeper/nginx:test", ROOT / "docker/nginx", "Dockerfile", {})


def _built(tag: str, context: Path, dockerfile: str, arguments: dict[str, str]) -> Iterator[str]:
    image = DockerImage(
        context,
        tag=tag,
        dockerfile_path=dockerfile,
        clean_up=False,  # its layers make the next session's build quick
        buildargs=arguments,
        rm=True,
    )
    try:
        image.build()
    except BuildError as error:
        log = "".join(str(part.get("stream", "")) for part in error.build_log)
        pytest.fail(f"{dockerfile} does not build: {error}\n{log[-4000:]}", pytrace=False)
    yield tag
    image.remove()
