"""A Compose service as a site: all its containers, and what it depends on stays out of it."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from supervisor.drill.site import Order
from supervisor.drill.sites.compose import ComposeSite
from supervisor.drill.story import story
from supervisor.drill.traffic import Load
from supervisor.drill.trial import trial
from supervisor.errors import GracekeeperError

pytestmark = pytest.mark.docker

FILE = """
services:
  web:
    image: python:3.11-slim-bookworm
    command: [python3, -u, -m, http.server, "8000"]
    init: true
    expose: ["8000"]
    stop_grace_period: 4s
    depends_on: [other]
    deploy: {replicas: 2}
  other:
    image: python:3.11-slim-bookworm
    command: [sleep, "600"]
    init: true
  broken:
    image: python:3.11-slim-bookworm
    command: [python3, -c, "raise SystemExit('no app')"]
    expose: ["8000"]
"""


class Project:
    """A project of its own."""

    def __init__(self, folder: Path, engine: docker.DockerClient) -> None:
        self.file, self.name = str(folder / "compose.yaml"), f"gracekeeper-{uuid.uuid4().hex[:8]}"
        Path(self.file).write_text(FILE)
        self._engine = engine

    def site(self, service: str) -> ComposeSite:
        return ComposeSite(service, files=[self.file], project=self.name)

    def compose(self, *words: str) -> None:
        command = ["docker", "compose", "-f", self.file, "-p", self.name, *words]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def states(self) -> dict[str, str]:
        wanted: dict[str, str | list[str] | bool] = {
            "label": f"com.docker.compose.project={self.name}"
        }
        found = self._engine.containers.list(all=True, filters=wanted)
        return {str(one.labels["com.docker.compose.service"]): one.status for one in found}


@pytest.fixture
def project(tmp_path: Path, engine: docker.DockerClient) -> Iterator[Project]:
    one = Project(tmp_path, engine)
    yield one
    one.compose("down", "-t", "0")


def test_both_containers_are_stopped_and_all_is_taken_down(project: Project) -> None:
    site = project.site("web")
    try:
        found = trial(site, Order(), Load("/", clients=2))
        assert project.states() == {"web": "exited", "other": "running"}
    finally:
        site.down()
    assert (found.exit_code, found.end.killed, found.grace_s) == (143, False, 4.0), story(found)
    assert found.end.cause is not None
    assert found.end.cause.id == "no-handler"
    assert found.end.report is not None
    assert len(found.end.report["services"]) == 2
    assert f"{project.name}-web-2" in found.end.hidden[0]
    assert project.states() == {}


def test_what_was_there_before_stays(project: Project) -> None:
    project.compose("up", "-d", "--scale", "web=1", "web")
    before = project.states()
    site = project.site("web")
    project.compose("pause", "web")
    with pytest.raises(GracekeeperError, match=r"it is paused\. `docker compose unpause web`"):
        site.up()
    project.compose("unpause", "web")
    site.up()
    end = site.take(Order("stop", grace_s=3))
    assert (end.exit_code, end.grace_s) == (143, 3)
    site.down()
    assert project.states() == before == {"web": "running", "other": "running"}
    other = project.site("broken")
    with pytest.raises(GracekeeperError, match="no app"):
        other.up()
    other.down()
    assert project.states() == before


def test_what_compose_says(project: Project) -> None:
    site = project.site("no-service-of-this-name")
    with pytest.raises(GracekeeperError, match=r"cannot do `docker compose .*no such service"):
        site.up()
    site.down()
