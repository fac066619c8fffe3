"""The load client in a container of its own, inside the network of the one under test.

Requests then cross nothing but the loopback device: what is lost, the server has lost.
"""

from __future__ import annotations

from typing import Self

from testcontainers.core.container import DockerContainer

from supervisor.drill.tally import Tally
from tests.images.sample import HARDENED, PYTHON

_END_WITHIN_S = 90


class Loader:
    """A closed loop of clients; ends by itself after twenty refusals in a row, or by `end`."""

    def __init__(self, image: str, network_of: str, url: str, *, clients: int = 8) -> None:
        self._container = (
            DockerContainer(image)
            .with_kwargs(
                **HARDENED,
                network_mode=f"container:{network_of}",
                entrypoint=[PYTHON, "-I", "-m", "supervisor.drill.load"],
                healthcheck={"test": ["NONE"]},
            )
            .with_command(
                [
                    *("--url", url),
                    *("--clients", str(clients)),
                    *("--until-refused", "20"),
                    *("--max-seconds", "60"),
                    "--json",
                    "--results",
                ]
            )
        )

    def __enter__(self) -> Self:
        """Start the load."""
        self._container.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the container, running or not."""
        self._container.stop()

    def end(self) -> None:
        """Send nothing new from now on."""
        self._container.get_wrapped_container().kill(signal="SIGTERM")

    def tally(self, **marks: float) -> Tally:
        """Wait for the end; every result, to be split at these moments of CLOCK_MONOTONIC."""
        container = self._container.get_wrapped_container()
        container.wait(timeout=_END_WITHIN_S)
        out = container.logs(stderr=False).decode()
        assert out, container.logs(stdout=False).decode()
        return Tally(Tally.from_json(out.splitlines()[-1]).results, marks)
