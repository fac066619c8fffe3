"""The project of docker/compose.yaml, made of the images of `building`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from benchmarks.ledgers.stack import Stack


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
