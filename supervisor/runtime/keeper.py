"""The keeper of one service: its generations, one after the other."""

from __future__ import annotations

from time import monotonic

from supervisor.core import revival, succession
from supervisor.core.events import Asked, Booted, Signalled, Tick
from supervisor.core.exitstatus import exit_code, how_ended
from supervisor.core.phases import SERVING
from supervisor.core.state import deadline
from supervisor.core.succession import Leave, Start, Succession
from supervisor.runtime import quarters
from supervisor.runtime.generation import Generation
from supervisor.runtime.poller import Poller
from supervisor.runtime.process import name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supervisor.config.plan import Plan
    from supervisor.core.succession import Order, Outcome
    from supervisor.runtime.outlet import Outlets
    from supervisor.runtime.output import Output
    from supervisor.runtime.process import Process
    from supervisor.runtime.quarters import Quarters
    from supervisor.runtime.recycler import Recycler
    from supervisor.runtime.terminal import Terminal

HUP, USR2 = 1, 12


class Keeper:
    """One service, kept; `news` hears when it serves, and when it is over."""

    def __init__(
        self,
        plan: Plan,
        output: Output,
        poller: Poller | None = None,
        *,
        terminal: Terminal | None = None,
        news: Callable[[], None] = lambda: None,
        neighbours: bool = False,
        outlets: Outlets | None = None,
    ) -> None:
        """Join the parts; nothing is started yet. `neighbours`: other services run beside it."""
        self.plan, self.output, self.terminal = plan, output, terminal
        self.poller = poller or Poller(lambda why: output.event("internal-error", why=why))
        self._told_above, self.neighbours, self.outlets = news, neighbours, outlets
        self.succession = Succession()
        self.code: int | None = None
        self._asked: Asked | None = None
        self._early: list[int] = []
        self._row = revival.Row()
        self._code: int | None = None  # of one that was thrown away
        self.sender = ""  # name of who asked for the stop
        self.left: list[dict[str, Any]] = []  # requests of generations that left in the end
        self.last_lines: list[str] = []  # of the generation that was thrown away last
        self._known: tuple[object, ...] = ()
        self._due = succession.FOREVER
        self.generations = {1: self.generation(1, quarters.first(plan, self.poller, outlets))}
        self.count_generations()
        self._recycler: Recycler | None = None
        if plan.recycle:
            self._recycler = self.recycler
        if plan.watch:
            from supervisor.runtime.watch import Watch

            self.watch = Watch(self.poller, plan.watch, self._changed)

    @property
    def recycler(self) -> Recycler:
        """Who replaces workers; loaded when there is something to replace."""
        if self._recycler is None:
            from supervisor.runtime.recycler import Recycler

            self._recycler = Recycler(
                self.poller,
                self.output,
                self.plan,
                look=lambda seen: self.present.observer.look(seen),  # noqa: PLW0108 - it changes
                workers=lambda: self.present.observer.workers,
                generation=lambda: self.succession.present,
                held_off=self._busy_otherwise,
                wake_master=lambda: self.present.wake_master(),  # noqa: PLW0108
                hold=lambda pid: self.present.hold(pid),  # noqa: PLW0108
                restart=lambda _why: self.restart(),
            )
        return self._recycler

    @property
    def present(self) -> Generation:
        """The generation that serves, or will first."""
        return self.generations[self.succession.present]

    def begin(self) -> None:
        """Start the service."""
        self.began()
        self.present.feed(Booted())
        for signal in self._early:
            self.pass_on(signal)
        if self.plan.reports:
            self.present.follow()

    def due(self) -> float:
        """Return when `tick` has something to do."""
        lives = self.generations.values()
        if self._known != (now := (self.succession, *[one.state for one in lives])):
            moments = (deadline(one.state) for one in lives)
            self._known, self._due = now, min(succession.deadline(self.succession), *moments)
        return self._due

    def tick(self, now: float) -> None:
        """Do what is due."""
        for one in list(self.generations.values()):
            if now >= deadline(one.state):
                one.feed(Tick())
        self.decided(succession.tick(self.succession, now, self.plan.start_s))

    @property
    def grace_s(self) -> float:
        """How long the end of a generation may take that another one follows."""
        said = self._asked.grace_s if self._asked else 0.0  # among several, by its turn
        return said or self.plan.policy.grace_s

    @property
    def turned_away(self) -> int:
        """How many clients got our 503, of those generations that are still there."""
        return sum(one.turned_away for one in self.generations.values())

    def ask(self, event: Asked) -> None:
        """Stop everything; asked again, the present generation hurries."""
        if self._asked is None:
            self._asked = event
            self.sender = name_of(event.pid) if event.pid else ""  # later its pid may be another's
        others = [one for one in self.generations.values() if one is not self.present]
        if self.succession.stopping:
            for one in others:
                one.feed(event)
        self.decided(succession.asked(self.succession))
        self.present.feed(event)

    def restart(self, *, rehearsal: bool = False) -> str:
        """Begin a restart; return why that is impossible, or nothing."""
        why = self.plan.no_restart or self._busy_otherwise()
        if not why:
            self.decided(
                succession.begin(
                    self.succession, monotonic(), self.plan.start_s, rehearsal=rehearsal
                )
            )
        return why

    def _busy_otherwise(self) -> str:
        """Say why no worker and no generation can be replaced now; nothing if they can."""
        return succession.refusal(self.succession, serving=self.present.state.phase == SERVING)

    def pass_on(self, signal: int) -> None:
        """Pass a signal on; one that comes before the command runs waits for it."""
        if self.present.children.main is None and signal not in self._early:
            self._early.append(signal)  # the command does not run yet; as pending ones, each once
        self.generations[self.succession.present].children.pass_on(signal)  # quick: no property

    def told(self, event: Signalled) -> None:
        """Pass a signal on, restart, or recycle; what can't be may know the signal itself."""
        if event.signal == HUP and HUP not in self.plan.policy.forward:
            if why := self.restart():
                self.output.event("restart-refused", why=why)
        elif event.signal == USR2 and USR2 not in self.plan.policy.forward:
            self.present.observer.look(lambda _look: self._recycle_all())
        else:
            self.present.feed(event)

    def _changed(self) -> bool:
        """Restart because of a changed file; False if that has to be tried again."""
        if self.succession.stopping:
            return True
        why = self.restart()
        if not why:
            self.output.event("changed", path=self.plan.watch or "")
        return not why or bool(self.plan.no_restart)

    def _recycle_all(self) -> None:
        if why := self.recycler.wish(None):
            self.output.event("recycle-refused", why=why)

    def unreaped(self) -> list[Process]:
        """Return whose end is of interest."""
        return [it for one in self.generations.values() for it in one.children.unreaped()]

    def ended(self, pid: int, status: int) -> bool:
        """Take in how a process has ended; tell whether it was one of ours."""
        for generation in list(self.generations.values()):
            event = generation.children.take(pid, status)
            if event:
                generation.feed(event)
                return True
        return False

    def reaped(self) -> None:
        """Look whether somebody is left."""
        for generation in list(self.generations.values()):
            generation.check_empty()

    def close(self) -> None:
        """Give back what an ended service still holds: others go on."""
        for one in self.generations.values():
            one.quarters.leave(self.plan, shared=True)
            one.children.let_go()

    @property
    def plans(self) -> tuple[Plan, ...]:
        """All there are."""
        return (self.plan,)

    def report(self, code: int) -> dict[str, Any]:
        """Build the report of the end."""
        from supervisor.runtime import lastwords

        return lastwords.last_report(self, code)

    def count_generations(self) -> None:
        """See that a generation that is alone takes all processes for its own."""
        alone = len(self.generations) == 1 and not self.neighbours
        for one in self.generations.values():
            one.children.alone = alone

    def generation(self, number: int, its: Quarters) -> Generation:
        plan, news = self.plan, self._news
        return Generation(number, plan, self.poller, self.output, its, news, self.terminal)

    def _news(self, one: Generation) -> None:
        """A generation serves, or is over."""
        if one.state.phase == SERVING:
            self.decided(succession.ready(self.succession, one.number))
            self._told_above()
        else:
            self._over(one)

    def _over(self, one: Generation) -> None:
        """Decide what comes after a generation that has ended, for itself or as it was told."""
        now, revive_at, state = monotonic(), succession.FOREVER, self.succession
        late = state.gone and one.number == state.following  # it was to replace one that had ended
        unasked = one.number == state.present and one.state.asked is None
        if (unasked or late) and not (self.plan.doors and self.plan.no_restart):
            status = one.state.status
            self._row, wait_s = revival.delay(self.plan.restart, self._row, status, now)
            revive_at = succession.FOREVER if wait_s is None else now + wait_s
        self._code = one.code if late and one.state.asked is None else None
        why = how_ended(one.state.status)
        if one.number == state.leaving:
            from supervisor.runtime import lastwords

            requests = lastwords.left(self, one)
            self.left += [requests] if self._asked else []
            why = lastwords.named(requests, one.number)
        self.decided(succession.over(state, one.number, why, revive_at))

    def began(self) -> None:
        """Remember when the one that serves was started."""
        self._row = revival.began(self._row, monotonic())

    def decided(self, outcome: Outcome) -> None:
        before = self.succession.outcome
        self.succession, orders = outcome
        for order in orders:
            try:
                self._perform(order)
            except Exception as error:  # the next one has to be done all the same
                action = type(order).__name__
                self.output.event("internal-error", action=action, why=repr(error))
                if isinstance(order, Start) and order.number not in self.generations:
                    self.decided(succession.over(self.succession, order.number, repr(error)))
        if outcome[0].outcome not in (before, "running"):
            self.output.event("restart", outcome=outcome[0].outcome, why=outcome[0].why)

    def _perform(self, order: Order) -> None:
        if isinstance(order, Leave):
            self._leave(order.number)
            return
        from supervisor.runtime.orders import Orders

        Orders(self).perform(order)

    def _leave(self, number: int) -> None:
        """End with the code of who was asked, or was the last."""
        policy = self.plan.policy
        last = self.generations[number]
        if last.quarters.passage and not self.outlets:  # the report is the last word
            last.quarters.passage.end()
        if self._asked and last.state.asked is None:
            self.code = exit_code(
                policy.exit_code, self._asked.signal, last.state.status, policy.success
            )
        else:
            self.code = last.code if last.state.asked or self._code is None else self._code
        self._told_above()
