"""The images that tests run: what they are built from, and building them while others still test.

Built here, one after the other, it is their compilers and package managers that a session would
wait for. `AHEAD` starts with it at once, in a process of its own and with little of the processors;
a fixture waits until its image was tried there, and then finds every layer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import docker
import pytest
from docker.errors import APIError, BuildError

ROOT: Final = Path(__file__).parents[2]
DEADLINE_S: Final = 600
FEW_SHARES: Final = {"cpushares": 128}  # of the 1024 that everybody else has


class Recipe(NamedTuple):
    """How an image is built from the checkout."""

    tag: str
    dockerfile: str
    target: str | None = None


RECIPES: Final = {  # by the name of the fixture
    "staged_image": Recipe("gracekeeper/staged:test", "tests/ops/Dockerfile"),
    "app_image": Recipe("gracekeeper/sample-app:test", "docker/app/Dockerfile", "app"),
    "nginx_image": Recipe("gracekeeper/nginx:test", "docker/app/Dockerfile", "nginx"),
    "db_image": Recipe("gracekeeper/db:test", "docker/db/Dockerfile"),
    "tests_image": Recipe("gracekeeper/sample-app-tests:test", "docker/app/Dockerfile", "test"),
}


def build(recipe: Recipe, **options: Any) -> None:
    """Build one; raises BuildError."""
    base = os.environ.get("BASE_IMAGE")
    client = docker.from_env(timeout=DEADLINE_S)
    try:
        client.images.build(
            path=str(ROOT),
            tag=recipe.tag,
            dockerfile=recipe.dockerfile,
            target=recipe.target,
            buildargs={"BASE_IMAGE": base} if base else {},
            rm=True,
            **options,
        )
    finally:
        client.close()


class Ahead:
    """Builds all that will be needed, in the background; ended with the session."""

    def __init__(self, builder: tuple[str, ...] = (sys.executable, "-m", __name__)) -> None:
        """Nothing is under way; `builder` gets names, and says each that it has tried."""
        self._builder = builder
        self._said: IO[str] | None = None
        self._pidfd = -1
        self._to_come: set[str] = set()

    def start(self, fixtures: Iterable[str]) -> None:
        """Begin with those of these fixtures that are images."""
        used = set(fixtures)
        wanted = [name for name in RECIPES if name in used]
        if not wanted:
            return
        shell = subprocess.Popen(
            ("sh", "-c", '"$@" 2>/dev/null & echo $! >&2', "sh", *self._builder, *wanted),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert shell.stderr
        with shell.stderr, contextlib.suppress(ProcessLookupError):
            self._pidfd = os.pidfd_open(int(shell.stderr.read()))
        shell.wait()
        self._said, self._to_come = shell.stdout, set(wanted)

    def wait(self, name: str) -> None:
        """Wait until one was tried; why it can't be built, the fixture's own attempt says."""
        while self._said and name in self._to_come:
            line = self._said.readline()
            self._to_come -= {line.strip()} if line else self._to_come

    def end(self) -> None:
        """Build no more."""
        self._to_come = set()
        if self._pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGTERM)
            os.close(self._pidfd)
            self._pidfd = -1
        if self._said is not None:
            with self._said:
                self._said.read()  # until it has gone
            self._said = None


AHEAD: Final = Ahead()


def _built(name: str) -> str:
    AHEAD.wait(name)
    recipe = RECIPES[name]
    try:
        build(recipe)
    except (BuildError, APIError) as error:
        said = getattr(error, "build_log", ())
        log = "".join(str(part.get("stream", "")) for part in said)
        pytest.fail(f"{recipe.dockerfile} does not build: {error}\n{log[-4000:]}", pytrace=False)
    return recipe.tag


@pytest.fixture(scope="session")
def staged_image() -> str:
    """Every kind of PID 1."""
    return _built("staged_image")


@pytest.fixture(scope="session")
def app_image() -> str:
    """The sample app."""
    return _built("app_image")


@pytest.fixture(scope="session")
def nginx_image() -> str:
    """nginx in front of the app, docker/nginx."""
    return _built("nginx_image")


@pytest.fixture(scope="session")
def db_image() -> str:
    """PostgreSQL."""
    return _built("db_image")


@pytest.fixture(scope="session")
def tests_image() -> str:
    """The app's image with its tests."""
    return _built("tests_image")


def main(names: list[str]) -> None:
    """Build them one by one; what does not build is met again by its fixture."""
    for name in names:
        with contextlib.suppress(BuildError, APIError):
            build(RECIPES[name], container_limits=FEW_SHARES)
        print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
