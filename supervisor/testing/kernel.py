"""A made-up kernel: performs what the core asks for on made-up processes, and tells what happened.

Nothing is answered before the step that asked is over: an action is a request, an event a fact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.actions import (
    CloseDoor,
    Finish,
    Send,
    ShutDoor,
    Spawn,
    Sweep,
    TakeLook,
    TurnAway,
    WriteFifo,
)
from supervisor.core.events import (
    DoorClosed,
    DoorShut,
    Emptied,
    Exited,
    Failed,
    Looked,
    Reaped,
    Spawned,
    SpawnFailed,
    WorkersGone,
)
from supervisor.testing.server import KILL
from supervisor.testing.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.core.actions import Action
    from supervisor.core.events import Event
    from supervisor.testing.clock import Clock
    from supervisor.testing.server import Server
    from supervisor.testing.service import Process
    from supervisor.testing.traffic import Traffic

PID = 7
LOOK_S = 0.001  # between asking for a look and its answer


class Kernel:
    """Processes, signals and doors; `tell` gets each event, `say` a line for the story."""

    def __init__(
        self,
        clock: Clock,
        server: Server,
        traffic: Traffic,
        tell: Callable[[Event], None],
        say: Callable[[str], None],
        *,
        door: str = "steered",
        spawn_s: float = 0.0,
    ) -> None:
        """Join the parts; `door` is how a door is shut (`DoorShut`), `spawn_s` a spawn's time."""
        self.clock, self.server, self.traffic = clock, server, traffic
        self.service = Service(clock, server, traffic, say, self._ended)
        self.kills: list[tuple[float, str]] = []  # when, and which process
        self.code: int | None = None  # as `Finish` says
        self._tell, self._say, self._door, self._spawn_s = tell, say, door, spawn_s
        self._sweeping = False

    def perform(self, action: Action) -> None:
        """Do what is asked for; what comes of it is told later, on the clock."""
        match action:
            case Spawn():
                self.clock.after(self._spawn_s, self._spawn)
            case TakeLook():
                self.clock.after(LOOK_S, lambda: self._tell(Looked(self.service.look())))
            case ShutDoor():
                self._later(DoorShut(self.traffic.shut(self._door)))
            case TurnAway():
                self.traffic.turn_away()
            case WriteFifo(command=command):
                self._write(command)
            case Send(target=target, signal=signal):
                self._send(target, signal)
            case Sweep():
                self._sweeping = True
                self._check_empty()
            case CloseDoor():
                self._later(DoorClosed(self.traffic.close()))
            case Finish(code=code):
                self.code = code

    def _later(self, event: Event) -> None:
        self.clock.after(0.0, lambda: self._tell(event))

    def _spawn(self) -> None:
        if not self.server.runs:
            self._tell(SpawnFailed(127, "there is no such command"))
            return
        self.service.start(PID)
        self._tell(Spawned(PID))

    def _write(self, command: str) -> None:
        if self.server.reads and self.service.processes and self.service.main.alive:
            self.service.hear(self.service.main, command)
        else:
            self._later(Failed("fifo", "nobody reads it (ENXIO)"))

    def _send(self, target: str, signal: int) -> None:
        alive = self.service.alive
        if target == "busy":
            targets = [process for process in alive if process.inside]
        elif target == "tree":
            targets = alive
        else:
            main = [process for process in alive if process is self.service.main]
            targets = alive if target == "group" else main
            if not targets:
                self._later(Failed("send", "it has ended (ESRCH)"))
        for process in targets:
            if signal == KILL and process.alive:
                self.kills.append((self.clock.now, process.name))
            self.service.hear(process, signal)

    def _ended(self, process: Process, status: int) -> None:
        if process is self.service.main:
            self._later(Exited(process.pid, status))
        else:
            self._later(Reaped(process.pid, process.name, status))
            if self.service.main.alive and not self.service.workers:
                self._later(WorkersGone())
        self._check_empty()

    def _check_empty(self) -> None:
        if self._sweeping and not self.service.alive:
            self._sweeping = False
            self._later(Emptied())
