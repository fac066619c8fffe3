"""One container of PostgreSQL: started hardened, connected to, stopped, and looked at."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any, Self

import docker
import psycopg
from docker.models.containers import Container
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.labels import LABEL_SESSION_ID, SESSION_ID

WITHIN_S = 60.0
LOOK_EVERY_S = 0.02
PASSWORD = "s3cret"
HARDENED: dict[str, Any] = {
    "read_only": True,
    "tmpfs": {"/tmp": "", "/run/postgresql": ""},
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "user": "10001",
}


class Database:
    """A container; leaving the context removes it and its volume."""

    def __init__(self, image: str, *command: str, **options: Any) -> None:
        """Start it; `command` are postgres's options, `options` the engine's."""
        self._client = docker.from_env(timeout=120)
        self._image, self._sessions = image, ExitStack()
        environment = {"POSTGRES_PASSWORD": PASSWORD, **options.pop("environment", {})}
        self.container: Container = self._client.containers.run(
            image,
            list(command),
            detach=True,
            labels={LABEL_SESSION_ID: SESSION_ID},
            ports={"5432/tcp": None},
            environment=environment,
            **{**HARDENED, **options},
        )

    @property
    def log(self) -> str:
        """All that was written so far."""
        return self.container.logs().decode(errors="replace")

    def wait_for_line(self, part: str, since: int = 0) -> str:
        """Wait until this stands in the log, behind `since` characters of it; return the log."""
        until = time.monotonic() + WITHIN_S
        while part not in (log := self.log)[since:]:
            self.container.reload()
            if self.container.status == "exited" or time.monotonic() > until:
                raise AssertionError(f"waited for {part!r} in vain:\n{log}")
            time.sleep(LOOK_EVERY_S)
        return log

    def start_again(self) -> None:
        """Start it once more."""
        self.container.start()

    def wait_until_ready(self) -> None:
        """Wait until somebody is let in."""
        until = time.monotonic() + WITHIN_S
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_EVERY_S)
            else:
                return

    def connect(self, **more: Any) -> psycopg.Connection[tuple[Any, ...]]:
        """A session of the superuser, through the published port."""
        self.container.reload()
        published = self.container.ports.get("5432/tcp")
        if not published:
            raise psycopg.OperationalError(f"nothing is published:\n{self.log}")
        session = psycopg.connect(
            host=DockerClient().host(),
            port=int(published[0]["HostPort"]),
            **{"user": "postgres", "password": PASSWORD, "connect_timeout": 10, **more},
        )
        self._sessions.callback(session.close)
        return session

    def stop(self, timeout_s: int) -> tuple[int, float]:
        """`docker stop`: return the exit code and how long it took."""
        asked = time.monotonic()
        self.container.stop(timeout=timeout_s)
        return self.end(), time.monotonic() - asked

    def end(self) -> int:
        """Wait for its end, and return the exit code."""
        code: int = self.container.wait(timeout=WITHIN_S)["StatusCode"]
        return code

    def on_its_volume(self, *command: str) -> str:
        """Run a command on the same volume, in a container of its own; return what it wrote."""
        out: bytes = self._client.containers.run(
            self._image,
            list(command[1:]),
            entrypoint=command[0],
            volumes_from=[str(self.container.id)],
            user="10001",
            remove=True,
        )
        return out.decode()

    def state(self) -> str:
        """What pg_controldata says of the cluster."""
        out = self.on_its_volume("pg_controldata")
        return out.partition("cluster state:")[2].partition("\n")[0].strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._sessions.close()
        self.container.remove(force=True, v=True)
        self._client.close()
