"""`gracekeeper drill` on an image and on a container: what it brings it takes, what ran runs on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container
from testcontainers.core.labels import LABEL_SESSION_ID, SESSION_ID

from tests.cli.command import gracekeeper

pytestmark = pytest.mark.docker

DEAF = ["python3", "-m", "http.server", "8000"]  # as PID 1 it has no handler for TERM


@pytest.fixture
def running(engine: docker.DockerClient, staged_image: str) -> Iterator[Container]:
    """A container that was there before."""
    labels = {LABEL_SESSION_ID: str(SESSION_ID)}
    one = engine.containers.run(staged_image, DEAF, detach=True, labels=labels)
    yield one
    one.remove(force=True)


def test_an_image_of_ours_passes(
    app_image: str, engine: docker.DockerClient, tmp_path: Path
) -> None:
    """Nothing is lost, it ends with 143, and no container is left."""
    before = engine.containers.list(all=True, filters={"ancestor": app_image})
    done = gracekeeper(
        tmp_path, "drill", app_image, "--at", "50 requests", "--json", "--path", "/healthz"
    )
    assert done.code == 0, done
    document = json.loads(done.out)
    assert document["trials"][0]["exit_code"] == 143
    assert document["totals"]["lost"] == 0
    assert engine.containers.list(all=True, filters={"ancestor": app_image}) == before


def test_a_container_that_ran_runs_on(running: Container, tmp_path: Path) -> None:
    """It is killed at its grace's end, which fails the drill; and started again."""
    words = ["--port", "8000", "--grace", "1", "--at", "20 requests"]
    done = gracekeeper(tmp_path, "drill", str(running.name), *words)
    assert done.code == 1, done
    assert "137" in done.out
    assert "no handler for SIGTERM" in done.out.replace("\n", " ")
    running.reload()
    assert running.status == "running"


def test_a_container_that_runs_gets_no_variable(running: Container, tmp_path: Path) -> None:
    """It is said before anything is stopped: a drill without it would prove something else."""
    running.reload()
    before = running.attrs["State"]["StartedAt"]
    done = gracekeeper(tmp_path, "drill", str(running.name), "--port", "8000", "--env", "A=b")
    assert done.code == 2, done
    assert "cannot use --env" in done.err
    running.reload()
    assert running.attrs["State"]["StartedAt"] == before


def test_an_image_that_is_not_there_is_not_pulled(tmp_path: Path) -> None:
    """Exit 3, and how to get it."""
    done = gracekeeper(tmp_path, "drill", "gracekeeper/nowhere:1")
    assert done.code == 3, done
    assert "`docker pull gracekeeper/nowhere:1`" in done.err
