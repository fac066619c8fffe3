"""What a Docker Engine can be told to do; what it can be asked is ops/engine.py's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from supervisor.errors import GracekeeperError
from supervisor.ops.engine import PATIENCE_S, Engine, GoneError

KILL: Final = 9
ENDING_S: Final = 20.0  # from a KILL to the end, at most


class Hands:
    """What an engine is told, beside what it is asked; GracekeeperError: what it would not do."""

    def __init__(self) -> None:
        """Connect, and ask whether it answers."""
        self.engine = Engine()  # which says whether the SDK is there
        import docker
        import requests
        from docker import errors

        self._broken = (errors.DockerException, requests.RequestException, OSError)
        self._refused, self._missing = errors.APIError, errors.ImageNotFound
        self._client = docker.from_env(timeout=PATIENCE_S)
        self._api: Any = self._client.api  # whose types know no fractions of a second
        self._names: dict[str, str] = {}

    def call(self, name: str, *, what: str) -> None:
        """Say what a container is called in errors, which its id tells nobody."""
        self._names.setdefault(name, what)

    def called(self, name: str) -> str:
        """Return what it is called in errors."""
        return self._names.get(name, name)

    def close(self) -> None:
        """Let go of both connections."""
        self._client.close()
        self.engine.close()

    def image(self, name: str) -> dict[str, Any]:
        """Return an image's own settings; nothing when there is none of that name."""

        def find() -> dict[str, Any]:
            try:
                return dict(self._api.inspect_image(name))
            except self._missing:
                return {}

        return dict(self._do("look for the image", name, find))

    def make(
        self,
        image: str,
        command: Sequence[str],
        variables: Mapping[str, str],
        ports: Sequence[int],
        options: Mapping[str, Any],
    ) -> str:
        """Make a container, its ports published on this machine's loopback, and return its id.

        `options` are those of the Docker SDK's `containers.create`.
        """
        found = self._do(
            "make a container of",
            image,
            lambda: self._client.containers.create(
                image,
                list(command) or None,
                environment=dict(variables),
                ports={f"{port}/tcp": ("127.0.0.1", 0) for port in ports},
                **options,
            ),
        )
        return str(found.id)

    def start(self, name: str) -> None:
        """Start it; one that runs stays as it is."""
        self._do("start", name, lambda: self._api.start(name))

    def stop(self, name: str, grace_s: int) -> None:
        """Do what `docker stop -t` does, and return when it has ended."""
        self._do("stop", name, lambda: self._api.stop(name, timeout=grace_s))

    def signal(self, name: str, number: int) -> None:
        """Send a signal to its PID 1."""
        self._do("signal", name, lambda: self._api.kill(name, number))

    def remove(self, name: str) -> None:
        """Remove it and its anonymous volumes, running or not; none is as good as removed."""
        try:
            self._do("remove", name, lambda: self._api.remove_container(name, v=True, force=True))
        except GracekeeperError:
            if self.lives(name):
                raise

    def ended(self, name: str, within_s: float) -> bool:
        """Wait until it has ended; tell whether it has."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            try:
                self._api.wait(name, timeout=left)
            except self._broken:  # it is gone, or time is over, which comes as several errors
                if not self.lives(name):
                    return True
            else:
                return True
        return not self.lives(name)

    def kill(self, name: str) -> None:
        """Kill it and wait for its end."""
        if self.lives(name):
            try:
                self.signal(name, KILL)
            except GracekeeperError:
                if self.lives(name):
                    raise
        if not self.ended(name, ENDING_S):
            raise GracekeeperError(
                f"cannot kill {self.called(name)}: it has not ended within"
                f" {ENDING_S:g} s. Look at its storage: not even"
                " KILL ends a process whose call never returns."
            )

    def lives(self, name: str) -> bool:
        """Tell whether it runs now."""
        try:
            return bool(self.engine.inspect(name)["State"]["Running"])
        except GoneError:
            return False

    def paused(self, name: str) -> bool:
        """Tell whether it stands still: it answers nobody, and hears no signal but KILL."""
        try:
            return bool(self.engine.inspect(name)["State"]["Paused"])
        except GoneError:
            return False

    def _do(self, what: str, name: str, action: Callable[[], Any]) -> Any:
        called = self.called(name)
        try:
            return action()
        except self._refused as error:
            why = str(error.explanation or error).strip().rstrip(".").replace(name, called)
            raise GracekeeperError(
                f"cannot {what} {called}: {why}. `docker ps -a` and `docker images` show what there"
                " is."
            ) from None
        except self._broken as error:
            raise GracekeeperError(
                f"cannot {what} {called}: the engine at {self.engine.host} does not answer:"
                f" {error}. See whether `docker ps` does."
            ) from None
