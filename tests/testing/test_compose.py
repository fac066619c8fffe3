"""A Compose service, stopped in the middle of a load."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from supervisor.testing import GracefulCompose, Load, assert_graceful

pytestmark = pytest.mark.docker

SLOW = Load("/slow", clients=4)
APP = """
import time
def app(environ, start):
    time.sleep(0.3)
    start("200 OK", [("Content-Length", "1")])
    return [b"x"]
"""
COMPOSE = """
services:
  web:
    image: {image}
    command: gunicorn --chdir /app -b :8000 -w 4 slow:app
    stop_grace_period: 4s
    expose: [8000]
    volumes: ["{folder}:/app:ro"]
    depends_on: [other]
  other:
    image: {image}
    command: sleep 600
    init: true
"""


@pytest.fixture
def compose_file(staged_image: str, tmp_path: Path) -> Path:
    """Two services, one of which serves."""
    asked = subprocess.run(("docker", "compose", "version"), capture_output=True, check=False)
    if asked.returncode and os.environ.get("REQUIRE_DOCKER") != "1":
        pytest.skip("there is no Docker Compose v2; docker/base/get-compose.sh installs it")
    tmp_path.joinpath("slow.py").write_text(APP)
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE.format(image=staged_image, folder=tmp_path))
    return file


def test_a_service_of_a_project(compose_file: Path) -> None:
    """Stopped and restarted; its own grace period; nothing of the project stays."""
    with GracefulCompose(compose_file, "web") as web:
        again = web.restart_gracefully(load=SLOW)
        assert (again.action, again.end.wrong) == ("restart", "")
        outcome = web.stop_gracefully(load=SLOW)
        with pytest.raises(AssertionError, match="It ended with 0, not 143"):
            assert_graceful(outcome, exit_code=143)
    assert (outcome.exit_code, outcome.grace_s) == (0, 4)
    assert outcome.tally.in_flight("asked").answered >= 3
    mine = f"label=com.docker.compose.project={web.project}"
    left = subprocess.check_output(("docker", "ps", "-aqf", mine))
    assert left == b""
