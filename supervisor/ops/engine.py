"""Talks to a Docker Engine, here or elsewhere: the Docker SDK reads DOCKER_HOST and its kin."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from supervisor.errors import GracekeeperError

DEFAULT_HOST = "unix:///var/run/docker.sock"
PATIENCE_S = 20


class GoneError(GracekeeperError):
    """There is no such container any more, or none yet."""


class Engine:
    """One engine's containers; GracekeeperError says what can't be seen, and why."""

    def __init__(self) -> None:
        """Connect, and ask whether it answers."""
        try:
            import docker
            import docker.errors
            import requests
        except ImportError:
            raise GracekeeperError(
                "cannot talk to a Docker Engine: Python's Docker SDK is not installed."
                " Do `pip install gracekeeper[docker]`."
            ) from None
        self.host = os.environ.get("DOCKER_HOST") or DEFAULT_HOST
        self._missing, self._refused = docker.errors.NotFound, docker.errors.APIError
        self._broken = (docker.errors.DockerException, requests.RequestException, OSError)
        self._api = self._ask(lambda: docker.from_env(timeout=PATIENCE_S).api)
        self._ask(self._api.ping)

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what `docker inspect` shows; GoneError when there is no such container."""
        return dict(self._ask(lambda: self._api.inspect_container(name), name))

    def names(self, project: str) -> list[str]:
        """Return the ids of a Compose project's containers, ended ones as well."""
        wanted = {"label": f"com.docker.compose.project={project}"}
        found = self._ask(lambda: self._api.containers(all=True, filters=wanted))
        return [one["Id"] for one in found]

    def top(self, name: str, columns: str) -> list[list[str]]:
        """Return its processes as ps(1) with these columns shows them; none when it has ended."""
        try:
            found = self._ask(lambda: self._api.top(name, ps_args=columns), name)
        except GracekeeperError:
            return []
        return [list(row) for row in found.get("Processes") or ()]

    def log(self, name: str, lines: int, since: float, until: float | None = None) -> list[str]:
        """Return the last lines that a container wrote to stdout and stderr meanwhile."""
        text = self._ask(
            lambda: self._api.logs(name, since=max(0.001, since), until=until, tail=lines), name
        )
        return bytes(text).decode(errors="replace").splitlines()

    def follow_log(self, name: str, lines: int, since: float) -> Iterator[bytes]:
        """Yield the last lines since a moment, and then whatever is written, until the end."""
        chunks = self._ask(
            lambda: self._api.logs(
                name, stream=True, follow=True, tail=lines, since=max(0.001, since)
            ),
            name,
        )
        return self._each(chunks)

    def events(
        self, since: float, until: float | None = None, **filters: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield events of containers from a moment on; for ever, unless `until` is given."""
        wanted = {"type": "container", **filters}
        stream = self._ask(
            lambda: self._api.events(
                since=f"{since:.9f}",
                until=None if until is None else f"{until:.9f}",
                filters=wanted,
                decode=True,
            )
        )
        return self._each(stream)

    def now(self) -> float:
        """Return the engine's own time of day: its clock need not be ours."""
        from supervisor.ops.containers import moment

        return moment(self._ask(self._api.info)["SystemTime"]) / 1e9

    def same_machine(self, pid: int, name: str) -> bool:
        """Tell whether a container's process is one of this machine's, in our sight."""
        try:
            return pid > 0 and name in Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii")
        except OSError:
            return False

    def close(self) -> None:
        """Let go of the connection; streams that are read end."""
        self._api.close()

    def _each(self, stream: Any) -> Iterator[Any]:
        try:
            yield from stream
        except self._broken as error:
            raise self._silent(error) from None

    def _ask(self, question: Callable[[], Any], name: str = "") -> Any:
        try:
            return question()
        except self._missing:
            raise GoneError(
                f"cannot find container {name}: the engine at {self.host} has none of that name."
                " `docker ps -a` lists those that it has."
            ) from None
        except self._refused as error:
            why = str(error.explanation or error).rstrip(".")
            raise GracekeeperError(f"cannot ask about {name or 'containers'}: {why}.") from None
        except self._broken as error:
            raise self._silent(error) from None

    def _silent(self, error: Exception) -> GracekeeperError:
        """Say which of the two it is: no engine, or no right to talk to it."""
        if "Permission denied" in str(error):
            return GracekeeperError(
                f"cannot talk to the Docker Engine at {self.host}: uid {os.getuid()} may not."
                " Run this as root, or as a member of the group `docker`."
            )
        return GracekeeperError(
            f"cannot reach a Docker Engine at {self.host}: {_short(error)}. Start it, or set"
            " DOCKER_HOST to where it is."
        )


def _short(error: Exception) -> str:
    """Return the innermost reason: the libraries wrap it several times."""
    cause: BaseException = error
    while True:
        inner = cause.__cause__ or cause.__context__
        inner = inner or next((a for a in cause.args if isinstance(a, BaseException)), None)
        if inner is None or inner is cause:
            break
        cause = inner
    return str(getattr(cause, "strerror", None) or cause).rstrip(".")
