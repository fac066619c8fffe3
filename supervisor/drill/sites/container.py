"""A container as a site: one that runs already, or one that is made of an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from supervisor.core.phases import STARTING
from supervisor.drill.outcome import End
from supervisor.drill.site import READY_WITHIN_S, Order
from supervisor.drill.sites import place, taking
from supervisor.drill.sites.addresses import PROXIED, bases, numbers, proxied
from supervisor.drill.sites.hands import Hands
from supervisor.drill.sites.uninterrupted import uninterrupted
from supervisor.drill.sites.vigil import Vigil
from supervisor.errors import GracekeeperError
from supervisor.ops.containers import container, state
from supervisor.ops.engine import GoneError
from supervisor.ops.masking import masked_line

LINES: Final = 200


@dataclass(frozen=True, slots=True)
class Making:
    """How a container is made of an image; `options` as the Docker SDK's `containers.create`."""

    command: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class ContainerSite:
    """One container; what was there before stays, started again if that is asked for."""

    def __init__(
        self,
        name: str,
        *,
        making: Making | None = None,
        port: int | None = None,
        path: str = "/",
        restore: bool = False,
        ready_within_s: float = READY_WITHIN_S,
    ) -> None:
        """Take a container by its name or id; with `making`, an image.

        `port` is the container's own, the first that it exposes if none is given. `path` answers
        when it is ready. `restore` starts a container again that was there before. GoneError: none
        of that name.
        """
        self._hands = Hands()
        self._given, self._making = name, making
        self._port, self._path, self._restore = port, path, restore
        self._ready_within_s = ready_within_s
        try:
            self._id = "" if making else str(self._hands.engine.inspect(name)["Id"])
        except GracekeeperError:
            self._hands.close()
            raise
        self._base = ""
        self._proxied = False
        self._ran: bool | None = None  # before the first `up`

    @property
    def name(self) -> str:
        return self._given

    @property
    def _passes(self) -> bool:
        """Tell whether it is taken away at the end, however that comes."""
        return self._making is not None

    @property
    def id(self) -> str:
        """Return the container's id; empty before it is made."""
        return self._id

    def up(self) -> None:
        if self._making and not self._id:
            with uninterrupted():
                self._id = self._made(self._making)
        self._hands.call(self._id, what=self.name)
        self._refuse_paused()
        running = self._running()
        if self._ran is None:
            self._ran = running
        if not running and not (self._making or self._restore):
            raise GracekeeperError(
                f"cannot drill {self.name}: it is not running. Start it: `docker start"
                f" {self._given}`."
            )
        self._hands.start(self._id)
        self._ready()

    def base(self) -> str:
        return self._base

    def take(self, order: Order) -> End:
        self._hands.call(self._id, what=self.name)
        self._refuse_paused()
        vigil = Vigil(self._hands, self._id, passing=self._passes)
        if why := self._over():
            raise GracekeeperError(
                f"cannot {order.action} {self.name}: {why}. Find out why it ends by itself."
            )
        if order.action == "stop":
            end = taking.stop(self._hands, vigil, order)
        elif order.action == "restart":
            end = taking.restart(self._hands, vigil, order, self._ready)
        elif order.action == "recycle":
            end = taking.recycle(self._hands, vigil, order)
        elif order.phase == STARTING:
            end = self._killed_at_start(order)
        else:
            end = taking.kill(self._hands, vigil, order)
        return taking.hiding(end, PROXIED) if self._proxied else end

    def log(self) -> tuple[str, ...]:
        if not self._id:
            return ()
        try:
            lines = self._hands.engine.log(self._id, LINES, 0.0)
        except GracekeeperError:
            return ()
        return tuple(masked_line(line) for line in lines)

    def down(self) -> None:
        try:
            if self._making and self._id:
                self._hands.remove(self._id)
                self._id = ""
            elif self._restore and self._ran is not None and self._running() is not self._ran:
                self._put_back(running=self._ran)
        finally:
            self._hands.close()

    def _put_back(self, *, running: bool) -> None:
        """Start it again, or stop it as `docker stop` does."""
        if running:
            self._hands.start(self._id)
        else:
            self._hands.stop(self._id, int(container(self._hands.engine.inspect(self._id)).grace_s))

    def _made(self, making: Making) -> str:
        image = self._hands.image(self._given)
        exposed = numbers((image.get("Config") or {}).get("ExposedPorts"))
        ports = dict.fromkeys(([self._port] if self._port else []) + exposed)
        return self._hands.make(
            self._given, making.command, making.variables, tuple(ports), making.options
        )

    def _refuse_paused(self) -> None:
        if self._hands.paused(self._id):
            raise GracekeeperError(
                f"cannot drill {self.name}: it is paused. `docker unpause {self._id[:12]}`."
            )

    def _running(self) -> bool:
        try:
            return state(self._hands.engine.inspect(self._id)).status in ("running", "paused")
        except GoneError:
            return False

    def _ready(self) -> None:
        """Wait until it answers, and remember where."""
        self._base = place.wait_for(
            self._bases, self._path, self._over, self._ready_within_s, log=self.log
        )
        self._proxied = proxied(self._hands, self._id, self._base)

    def _bases(self) -> tuple[str, ...]:
        return bases(self._hands, self._id, self._port)

    def _over(self) -> str:
        now = state(self._hands.engine.inspect(self._id))
        if now.status in ("running", "paused", "restarting", "created"):
            return ""
        return f"{self.name} ended with {now.code}{place.last(self.log())}"

    def _killed_at_start(self, order: Order) -> End:
        """Begin anew, and kill it before it is ready."""
        self._hands.kill(self._id)
        self._hands.start(self._id)
        vigil = Vigil(self._hands, self._id, passing=self._passes)
        return taking.kill(self._hands, vigil, Order(order.action, order.signal, order.grace_s))
