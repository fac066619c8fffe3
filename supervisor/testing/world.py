"""A whole life in memory: the true core, a made-up kernel, server and clients, and one clock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from supervisor.core.events import Asked, Booted, Event, Signalled, Tick
from supervisor.core.phases import DONE
from supervisor.core.record import Record
from supervisor.core.state import deadline, initial
from supervisor.testing import telling
from supervisor.testing.clock import NEVER, Clock
from supervisor.testing.kernel import Kernel
from supervisor.testing.laws import BrokenLawError, born, lived
from supervisor.testing.server import Server
from supervisor.testing.traffic import LOST, Traffic, Visit

if TYPE_CHECKING:
    from typing import Any

    from supervisor.core.actions import Action
    from supervisor.core.policy import Policy

    Entry = tuple[float, Event, tuple[Action, ...]]

START = 100.0
MOST_STEPS = 20_000
TERM = 15


class Scene(Record):
    """What happens to a server; moments in seconds after the world began.

    `asks` are signals that arrive: (moment, number). `door` is how our door can be shut, as in
    `DoorShut`; a policy that guards none has "none" whatever stands here.
    """

    name: str = "nobody inside"
    visits: tuple[Visit, ...] = ()
    asks: tuple[tuple[float, int], ...] = ((1.0, TERM),)
    idle: int = 0  # connections that are open and ask nothing
    door: str = "steered"
    spawn_s: float = 0.0  # until the spawned process runs


class Tale(Record):
    """What happened: the journal, and what a bystander saw; moments on the journal's clock."""

    policy: Policy
    server: Server
    scene: Scene
    journal: tuple[Entry, ...]
    code: int | None  # the exit code; None when the world stood still before an end
    began: float  # when the end began
    ended: float
    fates: tuple[str, ...]  # of each visit: answered, turned away, refused, lost, or "" not come
    kills: tuple[tuple[float, str], ...]  # each SIGKILL: when, and which process
    left: tuple[str, ...]  # processes that were alive when it was over
    lines: tuple[tuple[float, str], ...]  # the story

    @property
    def seconds(self) -> float:
        """How long the end took."""
        return self.ended - self.began

    def told(self) -> list[str]:
        """Tell the story, one line for each thing that happened; seconds after the start."""
        return telling.folded(self.lines, START)

    def report(self) -> dict[str, Any]:
        """Return what a report tells of the journal (supervisor/report/schema.json)."""
        return telling.report(self.policy, self.journal, self.code, self.ended)


class World:
    """One policy, one server, one scene; `run` lives it to its end."""

    def __init__(self, policy: Policy, server: Server, scene: Scene) -> None:
        """Make it; nothing has happened yet."""
        self.policy, self.server, self.scene = policy, server, scene
        self.clock = Clock(START)
        self.life = born(initial(policy), START)
        self.journal: list[Entry] = []
        self.lines: list[tuple[float, str]] = []
        ours = policy.looks and not policy.shut_signal
        self.traffic = Traffic(scene.visits, scene.idle, self._say, ours=ours)
        self.kernel = Kernel(
            self.clock,
            server,
            self.traffic,
            self.tell,
            self._say,
            door=scene.door,
            spawn_s=scene.spawn_s,
        )

    def run(self) -> Tale:
        """Let everything happen until it is over, or nothing is due any more; BrokenLawError."""
        self.clock.after(0.0, partial(self.tell, Booted()))
        for number, visit in enumerate(self.scene.visits):
            self.clock.after(visit.arrives_s, partial(self._arrive, number))
        for moment, signal in self.scene.asks:
            stops = signal in self.policy.stops
            event: Event = Asked(signal) if stops else Signalled(signal)
            self.clock.after(moment, partial(self.tell, event))
        while self.life.state.phase != DONE:
            due = max(self.clock.now, deadline(self.life.state))
            moment = min(self.clock.next, due)
            if moment == NEVER:
                break
            self.clock.move_to(moment)
            if deadline(self.life.state) <= self.clock.now:
                self.tell(Tick())
        return self._tale()

    def tell(self, event: Event) -> None:
        """Let the core decide on a fact, and have done what it asks for."""
        before = self.life.state
        if before.phase == DONE:
            return
        if len(self.journal) >= MOST_STEPS:
            raise BrokenLawError("a life has an end", *telling.folded(self.lines, START)[-20:])
        try:
            self.life, actions = lived(self.life, event, self.clock.now)
        except BrokenLawError as broken:
            story = telling.folded(self.lines, START)
            raise BrokenLawError(broken.law, *story, *broken.story) from None
        self.journal.append((self.clock.now, event, actions))
        line = telling.line(before.phase, event, self.life.state.phase, actions)
        self.lines.append((self.clock.now, line))
        for action in actions:
            self.kernel.perform(action)

    def _say(self, text: str) -> None:
        self.lines.append((self.clock.now, f"    {text}"))

    def _arrive(self, number: int) -> None:
        if self.traffic.arrive(number):
            self.kernel.service.serve()

    def _tale(self) -> Tale:
        budget, traffic = self.life.state.budget, self.traffic
        inside = [number for process in self.kernel.service.alive for number in process.inside]
        over = self.kernel.code is not None
        for number in (*traffic.queue, *inside) if over else ():
            traffic.settle(number, LOST)  # what is left ends with the container
        return Tale(
            policy=self.policy,
            server=self.server,
            scene=self.scene,
            journal=tuple(self.journal),
            code=self.kernel.code,
            began=budget.asked_at if budget else self.clock.now,
            ended=self.clock.now,
            fates=tuple(traffic.fates.get(n, "") for n in range(len(self.scene.visits))),
            kills=tuple(self.kernel.kills),
            left=tuple(process.name for process in self.kernel.service.alive),
            lines=tuple(self.lines),
        )


def play(policy: Policy, server: Server = Server(), scene: Scene = Scene()) -> Tale:  # noqa: B008 - frozen
    """Live one life in memory, at once and without a process; BrokenLawError for the core's."""
    return World(policy, server, scene).run()
