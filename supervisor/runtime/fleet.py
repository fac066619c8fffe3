"""The fleet: several services under one PID 1, each with a keeper of its own."""

from __future__ import annotations

from time import monotonic

from supervisor.core import fleet, precedence
from supervisor.core.events import Asked
from supervisor.core.exitstatus import NOT_EXECUTABLE, exit_code, shell_code
from supervisor.core.fleet import BecameReady, Began, Ended, Started, StopAsked, TimePassed
from supervisor.core.phases import SERVING
from supervisor.runtime.keeper import Keeper
from supervisor.runtime.outlet import both
from supervisor.runtime.output import Named
from supervisor.runtime.poller import Poller
from supervisor.runtime.process import name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.config.fleet import FleetPlan
    from supervisor.config.plan import Plan
    from supervisor.core.events import Signalled
    from supervisor.core.fleet import Fact, Leave, Order
    from supervisor.runtime.output import Output
    from supervisor.runtime.process import Process
    from supervisor.runtime.terminal import Terminal

HUP, USR2, TERM, KILL = 1, 12, 15, 9
MOST = 4096  # entries of the journal
ENDLESS_S = 10.0  # to say the last lines in, when nobody asked for the end


class Fleet:
    """Several services, kept; what `Loop` turns for."""

    def __init__(self, plan: FleetPlan, output: Output) -> None:
        """Join the parts; nothing is started yet."""
        self.plan, self.output = plan.base, output
        self.terminal: Terminal | None = None  # several can't share one
        self._plans = {member.part.name: member.plan for member in plan.members}
        self.poller = Poller(lambda why: output.event("internal-error", why=why))
        self.outlets = both(self.poller)
        output.join(self.outlets[0])
        policy = plan.base.policy
        parts = [member.part for member in plan.members]
        self.state = precedence.initial(
            parts, policy.grace_s, policy.drain_delay_s, hurry=policy.hurry
        )
        self.journal: list[tuple[float, Fact, tuple[Order, ...]]] = []
        self.keepers: dict[str, Keeper] = {}
        self.reports: dict[str, dict[str, Any]] = {}  # of services that are over
        self.code: int | None = None
        self.asked: Asked | None = None
        self.asked_at = 0.0
        self.sender = ""
        self._alive: dict[str, Keeper] = {}
        self._facts: list[Fact] = []
        self._perform: dict[type[Order], Callable[[Any], None]] = {
            fleet.Start: self._start,
            fleet.Stop: self._stop,
            fleet.Hurry: lambda order: self._keeper_asked(order.name, self._request(0.0)),
            fleet.Leave: self._leave,
        }

    def begin(self) -> None:
        """Start the services; what their ends take is loaded while there are descriptors left."""
        from supervisor.runtime import collapse, lastwords, orders  # noqa: F401

        self._feed(Began())

    def ask(self, event: Asked) -> None:
        """Stop everything; asked again, hurry."""
        if self.asked is None and not self.state.ending:
            self.asked, self.asked_at = event, monotonic()
            self.sender = name_of(event.pid) if event.pid else ""
        self._feed(StopAsked())

    def told(self, event: Signalled) -> None:
        """Restart at HUP, and recycle at USR2, whatever can be."""
        if self.state.ending:
            return
        if event.signal == HUP:
            for name, keeper in list(self._alive.items()):
                if not keeper.plan.no_restart and (why := keeper.restart()):
                    self.output.event("restart-refused", service=name, why=why)
        elif event.signal == USR2:
            for keeper in list(self._alive.values()):
                if keeper.plan.recycle:
                    keeper.told(event)

    def pass_on(self, signal: int) -> None:
        """Pass nothing on: it would not be said to whom."""

    def unreaped(self) -> list[Process]:
        """Return whose end is of interest."""
        return [process for keeper in self._alive.values() for process in keeper.unreaped()]

    def ended(self, pid: int, status: int) -> None:
        """Take in how a process has ended."""
        for keeper in list(self._alive.values()):
            if keeper.ended(pid, status):
                return

    def reaped(self) -> None:
        """Look whether somebody is left."""
        for keeper in list(self._alive.values()):
            keeper.reaped()

    def due(self) -> float:
        """Return when `tick` has something to do."""
        moments = (keeper.due() for keeper in self._alive.values())
        return min(precedence.deadline(self.state), *moments, fleet.FOREVER)

    def tick(self, now: float) -> None:
        """Do what is due."""
        for keeper in list(self._alive.values()):
            if now >= keeper.due():
                keeper.tick(now)
        if now >= precedence.deadline(self.state):
            self._feed(TimePassed())

    @property
    def plans(self) -> tuple[Plan, ...]:
        """All there are."""
        return (self.plan, *self._plans.values())

    def report(self, code: int) -> dict[str, Any]:
        """Build the report of the end."""
        from supervisor.runtime import lastwords

        return lastwords.fleet_report(self, code)

    def _feed(self, fact: Fact) -> None:
        """Take a fact in, and all that performing its orders brings about."""
        self._facts.append(fact)
        if len(self._facts) > 1:  # we are inside already; it will come to this one
            return
        while self._facts:
            now, before = monotonic(), self.state
            self.state, orders = precedence.decide(before, self._facts[0], now)
            self.journal.append((now, self._facts[0], orders))
            if len(self.journal) > MOST:
                del self.journal[MOST // 2]
            self._tell_of_those_given_up(before)
            if self.state.why != before.why:
                self.asked_at = now
                self.output.event("ending", why=self.state.why)
            for order in orders:
                self._do(order)
            self._facts.pop(0)

    def _do(self, order: Order) -> None:
        try:
            self._perform[type(order)](order)
        except Exception as error:  # the next one has to be done all the same
            action = type(order).__name__
            self.output.event("internal-error", action=action, why=repr(error))
            if isinstance(order, fleet.Start) and order.name not in self._alive:
                self._feed(Ended(order.name, NOT_EXECUTABLE))

    def _tell_of_those_given_up(self, before: fleet.Fleet) -> None:
        if self.state.ending or self.state.lives is before.lives:
            return
        for name, life in self.state.lives.items():
            if life.stage == fleet.OVER and before.lives[name].stage == fleet.WAITING:
                self.output.event("given-up", service=name)

    def _start(self, order: fleet.Start) -> None:
        name = order.name
        # Of a task there is nothing to be ready for.
        quiet = ("ready",) if self.state.parts[name].task else ()
        keeper = Keeper(
            self._plans[name],
            Named(self.output, name, quiet),
            self.poller,
            news=lambda: self._news(name),
            neighbours=True,
            outlets=self.outlets,
        )
        self.keepers[name] = self._alive[name] = keeper
        self._meet_neighbours()  # before it has any process
        keeper.begin()
        if keeper.present.children.main is not None:
            self._feed(Started(name))

    def _news(self, name: str) -> None:
        """A service serves, or is over for good."""
        keeper = self.keepers[name]
        if keeper.code is not None and name in self._alive:
            del self._alive[name]
            try:
                self._over(name, keeper, keeper.code)
            finally:
                self._feed(Ended(name, keeper.code))
        elif keeper.present.state.phase == SERVING:
            self._feed(BecameReady(name))

    def _over(self, name: str, keeper: Keeper, code: int) -> None:
        self._meet_neighbours()
        if self.plan.reports:
            self.reports[name] = keeper.report(code)
        self.output.event("over", service=name, code=code)
        keeper.close()

    def _meet_neighbours(self) -> None:
        """Let a service that is alone take all that others have left for its business, too."""
        for keeper in self._alive.values():
            keeper.neighbours = len(self._alive) > 1
            keeper.count_generations()

    def _request(self, grace_s: float) -> Asked:
        asked = self.asked or Asked(TERM, via="fleet")
        return asked.replace(grace_s=grace_s, delays=True)

    def _stop(self, order: fleet.Stop) -> None:
        why = {"why": order.why} if order.why else {}
        grace_s = round(order.grace_s, 3)
        self.output.event("stopping", service=order.name, grace_s=grace_s, **why)
        self._keeper_asked(order.name, self._request(order.grace_s))

    def _keeper_asked(self, name: str, event: Asked) -> None:
        if name in self._alive:
            self._alive[name].ask(event)

    def _leave(self, order: Leave) -> None:
        """Be over, with the code of who ended all, or of who asked."""
        for keeper in self._alive.values():  # time is over, and they did not hear
            for one in keeper.generations.values():
                one.children.send_tree(KILL)
        policy = self.plan.policy
        asked = self.asked.signal if self.asked else None
        if order.code is None:
            ends = (keeper.present.state.status or 0 for keeper in self.keepers.values())
            status = next((shell_code(one) for one in ends if one), 0)
            self.code = exit_code(policy.exit_code, asked, status, policy.success)
        else:
            self.code = 0 if order.code in policy.success else order.code
        until = min(self.state.ends_at - precedence.LEAVE_S, monotonic() + ENDLESS_S)
        for outlet in self.outlets:  # the report is the last word
            outlet.say_all(until)
