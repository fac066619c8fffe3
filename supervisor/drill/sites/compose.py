"""A service of a Compose project as a site, by `docker compose` (v2)."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from supervisor.drill.outcome import End
from supervisor.drill.site import READY_WITHIN_S, Order
from supervisor.drill.sites import place, taking
from supervisor.drill.sites.addresses import PROXIED, bases, proxied
from supervisor.drill.sites.hands import Hands
from supervisor.drill.sites.several import joined
from supervisor.drill.sites.vigil import Vigil
from supervisor.errors import GracekeeperError
from supervisor.ops.containers import state
from supervisor.ops.masking import masked_line

LINES: Final = 200
COMPOSE_S: Final = 600.0  # it may build, and wait for what the service depends on
ROOM_S: Final = 30.0


class ComposeSite:
    """All containers of one service. What `up` brought is removed, but for named volumes."""

    def __init__(
        self,
        service: str,
        *,
        files: Sequence[str] = (),
        project: str = "",
        port: int | None = None,
        path: str = "/",
        restore: bool = True,
        ready_within_s: float = READY_WITHIN_S,
    ) -> None:
        """Take a service; `files` and `project` as `docker compose -f` and `-p` have them.

        `restore` starts it again at the end if it ran before.
        """
        self._command = ["docker", "compose", *(word for one in files for word in ("-f", one))]
        self._command += ["-p", project] if project else []
        self._service, self._port, self._path = service, port, path
        self._restore, self._ready_within_s = restore, ready_within_s
        self._hands = Hands()
        self._before: set[str] | None = None
        self._ran = False
        self._base = ""

    @property
    def name(self) -> str:
        return f"compose:{self._service}"

    def up(self) -> None:
        if any(self._hands.paused(one) for one in self._ids(self._service)):
            raise GracekeeperError(
                f"cannot drill {self.name}: it is paused. `docker compose unpause {self._service}`."
            )
        if self._before is None:
            self._before = set(self._ids())
            self._ran = bool(self._ids(self._service, running=True))
        # Its conditions for dependencies hold without --wait, which fails when one of them ends.
        self._run("up", "-d", "--no-recreate", self._service, within_s=COMPOSE_S)
        self._ready()

    def base(self) -> str:
        return self._base

    def take(self, order: Order) -> End:
        ids = self._ids(self._service, running=True)
        vigils = [Vigil(self._hands, one, passing=not self._before) for one in ids]
        if not vigils:
            raise GracekeeperError(f"cannot {order.action} {self.name}: it does not run.")
        act = {"stop": self._stop, "restart": self._restart, "recycle": self._each}
        ends = act.get(order.action, self._each)(vigils, order)
        names = [one.container.name for one in vigils]
        end = joined(dict(zip(names, ends, strict=True)))
        if names[1:]:
            end = taking.hiding(end, f"requests to {', '.join(names[1:])}: all went to {names[0]}")
        through = proxied(self._hands, vigils[0].container.id, self._base)
        return taking.hiding(end, PROXIED) if through else end

    def log(self) -> tuple[str, ...]:
        lines: list[str] = []
        for one in self._ids(self._service):
            lines += self._hands.engine.log(one, LINES, 0.0)
        return tuple(masked_line(line) for line in lines[-LINES:])

    def down(self) -> None:
        try:
            if self._before is None:
                return
            if not self._before:
                self._run("down", within_s=COMPOSE_S)
                return
            for one in set(self._ids()) - self._before:
                self._hands.remove(one)
            if self._ran and self._restore and not self._ids(self._service, running=True):
                self._run("start", self._service, within_s=COMPOSE_S)
        finally:
            self._before = None
            self._hands.close()

    def _stop(self, vigils: list[Vigil], order: Order) -> list[End]:
        """Let Compose stop it, in its own order; a signal or a part of a second is not its own."""
        signals = [taking.signal_of(one, order) for one in vigils]
        graces = [taking.grace_of(one, order) for one in vigils]
        whole = order.grace_s is None or order.grace_s == int(order.grace_s)
        if order.signal or not whole:
            return self._each(vigils, order)
        for one, signal, grace_s in zip(vigils, signals, graces, strict=True):
            one.begin(signal, grace_s)
        given = () if order.grace_s is None else ("-t", str(int(order.grace_s)))
        within_s = max(graces) + ROOM_S
        taking.meanwhile(
            vigils,
            signals[0],
            lambda: self._run("stop", *given, self._service, within_s=within_s),
        )
        told = zip(vigils, signals, graces, strict=True)
        return [one.end(signal=signal, grace_s=grace_s) for one, signal, grace_s in told]

    def _restart(self, vigils: list[Vigil], order: Order) -> list[End]:
        if all(one.kept for one in vigils):
            return self._each(vigils, order)
        ends = self._stop(vigils, order)
        stopped = time.monotonic()
        self._run("start", self._service, within_s=COMPOSE_S)
        self._ready()
        over = time.monotonic()
        return [taking.started_again(one, stopped, over) for one in ends]

    def _each(self, vigils: list[Vigil], order: Order) -> list[End]:
        """Carry it out on all containers at once."""
        acts: dict[str, Callable[[Vigil], End]] = {
            "stop": lambda one: taking.stop(self._hands, one, order),
            "restart": lambda one: taking.restart(self._hands, one, order, self._ready),
            "recycle": lambda one: taking.recycle(self._hands, one, order),
            "kill": lambda one: taking.kill(self._hands, one, order),
        }
        with ThreadPoolExecutor(len(vigils), "drill") as pool:
            return list(pool.map(acts[order.action], vigils))

    def _ready(self) -> None:
        self._base = place.wait_for(
            self._bases, self._path, self._over, self._ready_within_s, log=self.log
        )

    def _bases(self) -> tuple[str, ...]:
        first = self._ids(self._service, running=True)[:1]
        return tuple(base for one in first for base in bases(self._hands, one, self._port))

    def _over(self) -> str:
        found = [state(self._hands.engine.inspect(one)) for one in self._ids(self._service)]
        if not found or any(one.status in ("running", "restarting", "created") for one in found):
            return ""
        return f"{self._service} ended with {found[0].code}{place.last(self.log())}"

    def _ids(self, *services: str, running: bool = False) -> list[str]:
        given = ("--status", "running") if running else ("-a",)
        return self._run("ps", "-q", *given, *services, within_s=ROOM_S).split()

    def _run(self, *words: str, within_s: float) -> str:
        """Run `docker compose`; GracekeeperError says what it said."""
        try:
            found = subprocess.run(
                [*self._command, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=within_s,
                check=True,
            )
        except FileNotFoundError:
            why, todo = (
                "there is no `docker` command",
                "Install Docker's CLI and its compose plugin",
            )
        except subprocess.TimeoutExpired:
            why, todo = f"it has not returned within {within_s:g} s", "Try it by hand"
        except subprocess.CalledProcessError as error:
            lines = masked_line(error.stderr.decode(errors="replace")).strip().splitlines()
            why, todo = (
                "; ".join(lines[-3:]) or f"it ended with {error.returncode}",
                "Try it by hand",
            )
        else:
            return found.stdout.decode(errors="replace")
        raise GracekeeperError(f"cannot do `docker compose {words[0]}`: {why.rstrip('.')}. {todo}.")
