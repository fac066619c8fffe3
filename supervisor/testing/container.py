"""A testcontainers container that can be stopped gracefully, and tells how that went."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from docker.errors import DockerException
from testcontainers.core.container import DockerContainer

from supervisor.drill.site import READY_WITHIN_S
from supervisor.drill.sites.container import ContainerSite
from supervisor.errors import GracekeeperError
from supervisor.testing.subject import Graceful

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.drill.outcome import End
    from supervisor.drill.site import Order, Site

NO_REAPER: Final = (
    "testcontainers cannot start its reaper, which removes what a killed session leaves. Set"
    " TESTCONTAINERS_RYUK_DISABLED=true to do without it, or RYUK_CONTAINER_IMAGE to a copy of it"
    " that can be pulled."
)


class GracefulContainer(DockerContainer, Graceful):
    """`with GracefulContainer("image").with_exposed_ports(8000) as c: c.stop_gracefully()`.

    A DockerContainer as it is, but that entering it returns when the first exposed port answers
    over HTTP; `waiting_for` waits for something else instead.
    """

    _ended = ""  # what of ours has ended it
    _ready_path = ""
    _ready_port: int | None = None
    _ready_within_s = READY_WITHIN_S

    def with_ready(
        self, path: str = "/", *, port: int | None = None, within_s: float = READY_WITHIN_S
    ) -> Self:
        """Wait until this path answers, with any status but 502, 503 and 504."""
        self._ready_path, self._ready_port, self._ready_within_s = path, port, within_s
        return self

    def start(self) -> Self:
        """Start it and return when it is ready. GracekeeperError when it does not get so."""
        try:
            super().start()
        except DockerException as error:
            if "ryuk" in str(error):
                error.add_note(NO_REAPER)
            raise
        self._ended = ""
        if self._ready_path or (self.ports and self._wait_strategy is None):
            self.base(self._ready_port)
        return self

    def base(self, port: int | None = None) -> str:
        """Return where it answers, when it does; after a restart that may be somewhere else."""
        with self.site(port, loaded=True) as site:
            site.up()
            return site.base()

    @contextmanager
    def site(self, port: int | None, *, loaded: bool) -> Iterator[Site]:
        """Yield it as a drill sees it; without a load nothing needs to answer."""
        if self._ended and not self._runs():
            raise GracekeeperError(
                f"cannot drill {self.image}: the {self._ended} before has ended it. Enter a new"
                " context."
            )
        path = (self._ready_path or "/") if loaded else ""
        site = _Started(self, port or self._first_port(), path, self._ready_within_s)
        try:
            yield site
        finally:
            site.down()

    def addresses(self, port: int) -> tuple[str, ...]:
        """Return where testcontainers would ask; nowhere while the port is not published.

        It knows what an engine's client in a container has to know, and what its settings say.
        """
        client = self.get_docker_client()
        try:
            mapped = client.get_connection_mode().use_mapped_port
            number = client.port(self.get_container_id(), port) if mapped else port
            return (f"http://{self.get_container_host_ip()}:{number}",)
        except (OSError, RuntimeError):  # the SDK's errors are OSErrors
            return ()

    def tell(self, action: str) -> None:
        """Hear what is being done to it, to know later what it was ended by."""
        self._ended = action if action in ("stop", "kill") else ""

    def _runs(self) -> bool:
        """Tell whether it runs all the same: who likes can start it again by hand."""
        wrapped = self.get_wrapped_container()
        wrapped.reload()
        return bool(wrapped.status == "running")

    def _first_port(self) -> int | None:
        split = (port.partition("/") for port in self.ports)
        return next((int(number) for number, _, kind in split if kind in ("", "tcp")), None)


class _Started(ContainerSite):
    """One that testcontainers has started; reports call it by its image: its name was made up."""

    _passes = True

    def __init__(
        self, started: GracefulContainer, port: int | None, path: str, ready_within_s: float
    ) -> None:
        name = started.get_container_id()
        super().__init__(name, port=port, path=path, ready_within_s=ready_within_s)
        self._started = started
        self._hands.call(self.id, what=self.name)

    @property
    def name(self) -> str:
        return self._started.image

    def up(self) -> None:
        self._ready()

    def take(self, order: Order) -> End:
        end = super().take(order)
        self._started.tell(order.action)
        return end

    def _ready(self) -> None:
        """Wait for an answer, where something will be asked for."""
        if self._path:
            super()._ready()

    def _bases(self) -> tuple[str, ...]:
        others = self._started.addresses(self._port) if self._port else ()
        return (*super()._bases(), *others)
