"""A world without processes for `core.precedence`: services that take their time, and a clock."""

from __future__ import annotations

from supervisor.core import precedence
from supervisor.core.budget import FINISH_S
from supervisor.core.fleet import (
    COMPLETED,
    FOREVER,
    READY,
    STARTED,
    BecameReady,
    Began,
    Ended,
    Fact,
    Fleet,
    Leave,
    Need,
    Order,
    Part,
    Start,
    Started,
    Stop,
    StopAsked,
    TimePassed,
)


def part(name: str, *after: str, **more: object) -> Part:
    """A part; `after` holds names, with a condition behind a colon."""
    needs = (text.partition(":") for text in after)
    return Part(name, tuple(Need(n, c or READY) for n, _, c in needs), **more)  # type: ignore[arg-type]


class Convoy:
    """Feeds facts, remembers orders, and holds every order against what is true."""

    def __init__(
        self, *parts: Part, grace_s: float = 10.0, delay_s: float = 0.0, hurry: bool = True
    ) -> None:
        self.parts = {one.name: one for one in parts}
        self.state: Fleet = precedence.initial(parts, grace_s, delay_s, hurry=hurry)
        self.now = 100.0
        self.said: list[Order] = []
        self.started: set[str] = set()
        self.ready: set[str] = set()
        self.codes: dict[str, int] = {}
        self.stopped: dict[str, float] = {}  # and when each has to be over
        self.asked_at = FOREVER
        self.left_at = FOREVER

    def tell(self, *facts: Fact) -> list[Order]:
        """Let facts be; return the orders that follow."""
        orders: list[Order] = []
        for fact in facts:
            self._take(fact)
            self.state, new = precedence.decide(self.state, fact, self.now)
            for order in new:
                self._check(order)
                self.said.append(order)
            orders += new
        return orders

    def _take(self, fact: Fact) -> None:
        if isinstance(fact, Started):
            self.started.add(fact.name)
        elif isinstance(fact, BecameReady):
            self.ready.add(fact.name)
        elif isinstance(fact, Ended):
            self.codes[fact.name] = fact.code
        elif isinstance(fact, StopAsked):
            self.asked_at = min(self.asked_at, self.now)

    def _check(self, order: Order) -> None:
        """No order may come too early, twice, or against the needs."""
        assert not any(isinstance(one, Leave) for one in self.said), "after the end"
        if isinstance(order, Start):
            assert Start(order.name) not in self.said
            assert not self.state.ending, "a start after the end began"
            for need in self.parts[order.name].needs:
                assert self.holds(need), f"{order.name} before {need}"
        elif isinstance(order, Stop):
            assert order.name in self.begun() and order.name not in self.stopped
            assert order.grace_s > 0
            if self.state.ending:
                assert self.now + order.grace_s <= self.state.ends_at + 0.1
            if not self.state.called and not order.why:
                assert not self.needed(order.name), f"{order.name} is needed"
            # As core.budget has it, a service is gone a little before its time is over.
            self.stopped[order.name] = self.now + max(0.0, order.grace_s - FINISH_S)
        elif isinstance(order, Leave):
            too_late = self.now >= self.state.ends_at - precedence.LEAVE_S
            assert too_late or not self.running()
            self.left_at = self.now

    def holds(self, need: Need) -> bool:
        """Whether a need is met, as a bystander sees it."""
        if need.condition == STARTED:
            return need.name in self.started
        if need.condition == COMPLETED:
            return self.codes.get(need.name) == 0
        return need.name in self.ready and need.name not in self.codes

    def needed(self, name: str) -> list[str]:
        """Who runs and needs this one, directly or through an ended one."""
        found = []
        for other in self.running():
            seen, waiting = set(), [other]
            while waiting:
                for need in self.parts[waiting.pop()].needs:
                    if need.name not in seen:
                        seen.add(need.name)
                        if need.name not in self.running():
                            waiting.append(need.name)
            found += [other] if name in seen else []
        return found

    def begun(self) -> list[str]:
        """All that were told to start."""
        return [one.name for one in self.said if isinstance(one, Start)]

    def running(self) -> list[str]:
        """All that were told to start, and are not over."""
        return [name for name in self.begun() if name not in self.codes]

    def wait(self) -> list[Order]:
        """Let time pass until something is due."""
        self.now = max(self.now, precedence.deadline(self.state))
        assert self.now < FOREVER, "nothing would ever happen"
        return self.tell(TimePassed())

    def up(self, *names: str) -> list[Order]:
        """Let services run and serve."""
        return [order for n in names for order in self.tell(Started(n), BecameReady(n))]

    def begin(self) -> list[Order]:
        """Let the keeper be up."""
        return self.tell(Began())
