"""Containers that are looked at from inside, and over an engine that is somewhere else."""

from __future__ import annotations

import json

import docker
import pytest

from supervisor.errors import GracekeeperError
from supervisor.ops.engine import Engine
from supervisor.ops.inspection import Wish, of_container
from tests.ops.stage import begun, stopped
from tests.ops.staged import SOURCE, Staged, bash

pytestmark = pytest.mark.docker
# Debian's supervisord is a package of our name: ours has to come first.
INSPECT = f"""
import sys
sys.path.insert(0, {SOURCE!r})
from supervisor.cli.app import start
start(["inspect", "--json"])
"""
TRAPS = Staged("traps", bash("trap 'exit 3' TERM; sleep 600 & wait"), 3, 0.06, 2)


def test_another_machine_and_inside(
    engine: docker.DockerClient, staged_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same forecast, from the engine's own ps, and from PID 1 as it sees itself."""
    with begun(engine, staged_image, TRAPS) as container:
        name = container.name or ""
        inside = container.exec_run(["/usr/bin/python3", "-c", INSPECT])
        assert inside.exit_code == 0, inside.output
        found = json.loads(bytes(inside.output))  # type: ignore[arg-type]
        assert found["forecast"]["exit_code"] == 3
        assert found["processes"][0]["pid"] == found["processes"][0]["inner_pid"] == 1
        monkeypatch.setattr(Engine, "same_machine", lambda *_: False)
        there = of_container(name, Wish())
        assert (there.forecast.code, there.forecast.unsure) == (3, "")
        assert "another machine" in there.hidden[0]
        container.kill()
        container.wait()
        with pytest.raises(GracekeeperError, match=r"it is not running \(exited, exit code 137\)"):
            of_container(name, Wish())


def test_paused(
    engine: docker.DockerClient, staged_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`docker stop` signals and then resumes, so a paused container ends as a running one does."""
    with begun(engine, staged_image, TRAPS) as container:
        container.pause()
        here = of_container(container.name or "", Wish()).forecast
        monkeypatch.setattr(Engine, "same_machine", lambda *_: False)
        there = of_container(container.name or "", Wish()).forecast
        for found in (here, there):
            assert (found.code, found.killed) == (3, False)
            assert "it is paused, and `docker stop` resumes it" in found.unsure
        end = stopped(container)
        assert end.code == here.code
        assert end.seconds == pytest.approx(here.seconds, abs=0.5)


def test_no_such_container(engine: docker.DockerClient) -> None:
    """Said with what lists them."""
    with pytest.raises(GracekeeperError, match="docker ps -a"):
        of_container("gracekeeper-nobody", Wish())
