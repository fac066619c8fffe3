"""A life told in one line per event, for tests that follow one service from start to end."""

from __future__ import annotations

from supervisor.core.actions import Action
from supervisor.core.events import Asked, Booted, DoorShut, Event, Looked, Spawned, Tick
from supervisor.core.looks import Look
from supervisor.core.policy import Policy
from supervisor.core.state import State, deadline, initial
from supervisor.testing.laws import Life, born, lived
from tests.core.policies import START

QUIET = Looked(Look(ready=True, in_request=0))
BUSY = Looked(Look(ready=True, in_request=1, serving=1))
LOADING = Looked(Look(starting=2))


class Story:
    """One service's life; `after_s` is how long an event comes after the one before it."""

    def __init__(self, policy: Policy) -> None:
        self.life: Life = born(initial(policy), START)

    @property
    def state(self) -> State:
        return self.life.state

    @property
    def phase(self) -> str:
        return self.life.state.phase

    @property
    def now(self) -> float:
        return self.life.now

    def tell(self, event: Event, after_s: float = 0.0) -> tuple[Action, ...]:
        """Let something happen, and return what `step` asks for."""
        self.life, actions = lived(self.life, event, self.life.now + after_s)
        return actions

    def wait(self) -> tuple[Action, ...]:
        """Let time pass until the state's deadline."""
        return self.tell(Tick(), max(0.0, deadline(self.state) - self.now))

    def wait_until(self, moment: float) -> tuple[Action, ...]:
        """Let time pass; return everything that was asked for on the way."""
        actions: list[Action] = []
        while deadline(self.state) <= moment:
            actions += self.wait()
        self.life = self.life._replace(now=max(self.now, moment))
        return tuple(actions)

    def look(self, looked: Looked) -> tuple[Action, ...]:
        """Wait for the next look to be asked for, and answer it."""
        self.wait()
        return self.tell(looked)

    def serve(self) -> Story:
        """Start, become ready."""
        self.tell(Booted())
        self.tell(Spawned(7))
        if self.state.policy.looks:
            self.look(QUIET)
        return self

    def quiesce(self, how: str = "steered") -> Story:
        """Serve, be asked to stop, shut the door."""
        self.serve().tell(Asked(15))
        while self.phase == "delaying":
            self.wait()
        self.tell(DoorShut(how))
        return self

    def climb(self) -> tuple[Action, ...]:
        """Quiesce, and see nobody inside three times; return what the last look leads to."""
        self.quiesce()
        self.look(QUIET)
        self.look(QUIET)
        return self.look(QUIET)
