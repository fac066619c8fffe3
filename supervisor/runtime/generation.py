"""One generation, one start of the service: feeds events to `step`, performs what it asks."""

from __future__ import annotations

from time import monotonic

from supervisor.core.actions import (
    Action,
    Announce,
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
    Event,
    Failed,
    Looked,
    Spawned,
    WorkersGone,
)
from supervisor.core.failures import failure
from supervisor.core.machine import step
from supervisor.core.phases import DELAYING, DONE, QUIESCING, SERVING, STOPPING
from supervisor.core.state import initial
from supervisor.runtime import belongings, sight
from supervisor.runtime.belongings import Belongings
from supervisor.runtime.children import Children
from supervisor.runtime.closing import Closing
from supervisor.runtime.journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.config.plan import Plan
    from supervisor.core.looks import Look
    from supervisor.report.walk import Findings
    from supervisor.runtime.output import Output
    from supervisor.runtime.poller import Poller
    from supervisor.runtime.process import Process
    from supervisor.runtime.quarters import Quarters
    from supervisor.runtime.terminal import Terminal


class Generation:
    """One start of the service; `told` hears when it becomes ready and when it is over."""

    def __init__(
        self,
        number: int,
        plan: Plan,
        poller: Poller,
        output: Output,
        quarters: Quarters,
        told: Callable[[Generation], None],
        terminal: Terminal | None = None,
    ) -> None:
        """Join the parts; nothing is started yet."""
        self.number, self.plan, self.output, self.quarters = number, plan, output, quarters
        self._told, self._terminal = told, terminal
        self.journal = Journal()
        self.findings: Findings | None = None  # of a report to come, from `follow` on
        self.state = initial(plan.policy)
        self.doors = quarters.doors
        self.children = Children(plan, poller, self._process_ended, quarters.places)
        self.inquiry = sight.inquiry(plan, poller, self.children)
        self.observer = sight.of(plan, poller, self.doors, self.children, self.inquiry)
        self.fifo = belongings.fifo(plan)
        self.belongings = Belongings(number, self.fifo, plan.stats)
        self.code: int | None = None
        self._events: list[Event] = []
        self._sweeping = False
        self._closing = Closing(poller, self.doors, self.observer.leaving, self._closed)
        self._perform: dict[type[Action], Callable[[Any], None]] = {
            Spawn: self._spawn,
            Announce: self._announce,
            TakeLook: lambda _: self.observer.look(self._seen),
            ShutDoor: self._shut_doors,
            TurnAway: lambda _: self._turn_away(),
            WriteFifo: self._write_fifo,
            Send: self._send,
            Sweep: self._sweep,
            CloseDoor: lambda _: self._closing.begin(),
            Finish: self._finish,
        }

    def feed(self, event: Event) -> None:
        """Take one event in, and everything that performing its actions brings about."""
        self._events.append(event)
        if len(self._events) > 1:  # we are inside a feed already; it will come to this one
            return
        while self._events:
            try:
                self._take_in(self._events[0])
            except BaseException:
                self._events.clear()  # or nothing would ever be taken in again
                raise
            self._events.pop(0)

    def _take_in(self, event: Event) -> None:
        now, before = monotonic(), self.state
        self.state, actions = step(before, event, now)
        self.journal.add(now, event, actions, before, self.state)
        if self.findings:
            self.findings.take(now, event, before, self.state, actions)
        if self.state.phase != before.phase:
            self._log_phase(before.phase)
        for action in actions:
            self._do(action)
        if self.state.phase != before.phase and self.state.phase in (SERVING, DONE):
            self._told(self)

    def _do(self, action: Action) -> None:
        """Perform one action; whatever goes wrong is news, never the end of PID 1."""
        try:
            self._perform[type(action)](action)
        except Exception as error:
            self.output.event("internal-error", action=type(action).__name__, why=repr(error))
            self._events.append(failure(action, repr(error)))

    @property
    def turned_away(self) -> int:
        """How many clients got our 503."""
        return sum(door.turned_away for door in self.doors) - self.observer.turned_away

    def _log_phase(self, before: str) -> None:
        phase = self.state.phase
        if phase == DONE or not (self.plan.policy.looks or phase in (DELAYING, STOPPING)):
            return  # of what can't be looked at, there is nothing to tell in other phases
        facts: dict[str, Any] = {}
        if before == QUIESCING:  # elsewhere the last look is as old as the start
            look = self.observer.last
            facts["queued"] = look.queued + look.half_open
            facts["in_request"] = look.in_request if look.in_request is not None else ""
        facts["turned_away"] = self.turned_away
        self.output.event("phase", phase=self.state.phase, after=before, **facts, **self.named)

    @property
    def named(self) -> dict[str, int]:
        """What log lines say of it; nothing of the first, which is the only one for most."""
        return {"generation": self.number} if self.number > 1 else {}

    def _process_ended(self, process: Process) -> None:
        if self.state.phase == STOPPING and process.role.startswith("worker"):
            left = [p for p in self.children.alive() if p.role.startswith("worker")]
            if not left:
                self.feed(WorkersGone())
        self.check_empty()

    def check_empty(self) -> None:
        """Tell `step` if nobody is left and it wants to know."""
        if self._sweeping and self.children.empty():
            self._sweeping = False
            self.feed(Emptied())

    def _seen(self, look: Look) -> None:
        if self.fifo and look.ready:
            self.fifo.hold()
        self.feed(Looked(look))

    def _spawn(self, _action: Spawn) -> None:
        event = self.children.spawn(self._terminal)
        self.quarters.moved_in()
        if isinstance(event, Spawned):
            command = self.plan.argv[0]
            self.output.event("spawned", pid=event.pid, command=command, **self.named)
        else:
            self.output.event("spawn-failed", why=event.why)  # type: ignore[attr-defined]
        self.feed(event)

    def _announce(self, action: Announce) -> None:
        if action.ready:
            self.output.event("ready", **self.named)
        else:
            self.quarters.drain_flag.raise_()
            if self.inquiry:
                self.inquiry.end()
            self.meet()

    def follow(self) -> None:
        """Note what a report needs as it happens: at the end every moment counts."""
        from supervisor.report.walk import walk

        self.findings = walk(self.plan.policy, self.journal.entries)

    def hold(self, pid: int) -> Process | None:
        """Find one of our processes that has not ended."""
        self.meet()
        process = self.children.known.get(pid)
        return process if process and process.ended is None else None

    def wake_master(self) -> None:
        """Have the server's master look round now and not at the end of its second."""
        if self.fifo:
            self.fifo.write("\n")

    def meet(self) -> None:
        """Take hold of every process, by what it is."""
        roles = {worker.pid: f"worker {worker.id}" for worker in self.observer.workers}
        if self.children.main:
            roles[self.children.main.pid] = "main"
        self.children.meet(roles)

    def _shut_doors(self, _action: ShutDoor) -> None:
        hows = [door.shut() for door in self.doors]
        order = ("throttled", "absent", "steered", "none")
        self.feed(DoorShut(min(hows, key=order.index, default="none")))

    def _turn_away(self) -> None:
        for door in self.doors:
            door.turn_away()

    def _write_fifo(self, action: WriteFifo) -> None:
        self.meet()
        trouble = self.fifo.write(action.command) if self.fifo else "there is none"
        if trouble:
            self.output.event("fifo-failed", path=self.plan.fifo or "", why=trouble)
            self.feed(Failed("fifo", trouble))

    def _send(self, action: Send) -> None:
        if action.target == "tree":
            self.children.send_tree(action.signal)
        elif action.target == "busy":
            self.meet()
            for worker in self.observer.workers:
                if worker.busy and worker.pid in self.children.known:
                    self.children.known[worker.pid].send(action.signal)
        elif not self.children.send(action.target, action.signal):
            self.feed(Failed("send", "it has ended"))

    def _sweep(self, _action: Sweep) -> None:
        self._sweeping = True
        self.check_empty()

    def _closed(self) -> None:
        self.feed(DoorClosed(self.turned_away))

    def step_aside(self) -> str:
        """Move our files aside: another generation makes its own there, or removes them.

        Return why that can't be, or nothing.
        """
        why = self.belongings.move(f".{self.number}")
        self.observer.stats = self.belongings.stats
        return why

    def step_back(self) -> None:
        """Move them back, and see that newcomers are led right: the other generation is gone."""
        self.belongings.move("")
        self.observer.stats = self.belongings.stats
        for door in self.doors:
            door.lead_again()

    def settle_in(self) -> None:
        """Take the place of the generation before."""
        self.step_back()
        if self.plan.server == "uwsgi" and self.fifo:
            self.fifo.write("P")  # the one before has removed the pidfile that is ours now

    def _finish(self, action: Finish) -> None:
        if self.inquiry:
            self.inquiry.end()
        if self._closing.hasten():  # what is known by now is what the report tells
            self._take_in(DoorClosed(self.turned_away))
        self.code = action.code
