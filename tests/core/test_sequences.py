"""Generated lives: any policy, any facts, in any order, at any time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from supervisor.core.actions import (
    Action,
    CloseDoor,
    Finish,
    Send,
    ShutDoor,
    Spawn,
    Sweep,
    TakeLook,
    WriteFifo,
)
from supervisor.core.budget import NEVER
from supervisor.core.events import (
    Asked,
    Booted,
    DoorClosed,
    DoorShut,
    Emptied,
    Event,
    Exited,
    Failed,
    Looked,
    Reaped,
    Signalled,
    Spawned,
    SpawnFailed,
    Tick,
    WorkersGone,
)
from supervisor.core.looks import Look
from supervisor.core.phases import DONE
from supervisor.core.policy import Policy, Rung
from supervisor.core.replay import first_divergence
from supervisor.core.state import deadline, initial
from supervisor.testing.laws import Life, born, left_alone, lived
from tests.core.policies import EVERY, START

seconds = st.sampled_from((0.0, 0.001, 0.015, 0.3, 1.0, 1.5, 7.0)) | st.floats(0.0, 60.0)
counts = st.integers(0, 3)
looks = st.builds(
    Look,
    ready=st.booleans(),
    queued=counts,
    half_open=counts,
    serving=counts,
    backend=counts,
    owed_bytes=counts,
    in_request=st.none() | counts,
    starting=counts,
    requests=st.integers(0, 9),
    average_s=seconds,
)
stops = st.builds(Asked, signal=st.sampled_from((1, 2, 3, 15)), pid=counts)
facts: st.SearchStrategy[Event] = st.one_of(
    st.builds(Booted),
    stops,
    st.builds(Signalled, signal=st.sampled_from((1, 10, 12))),
    st.builds(Spawned, pid=counts),
    st.builds(SpawnFailed, code=st.sampled_from((126, 127)), why=st.just("")),
    st.builds(Looked, look=looks),
    st.builds(DoorShut, how=st.sampled_from(("steered", "throttled", "absent", "none"))),
    st.builds(WorkersGone),
    st.builds(Failed, action=st.sampled_from(("fifo", "send", "door")), why=st.just("")),
    st.builds(Exited, pid=counts, status=st.integers(-15, 255)),
    st.builds(Reaped, pid=counts, name=st.just("worker"), status=st.integers(-15, 255)),
    st.builds(Emptied),
    st.builds(DoorClosed, turned_away=counts),
)
rungs = st.builds(
    Rung,
    name=st.just("rung"),
    command=st.sampled_from(("", "q")),
    signal=st.sampled_from((0, 2, 9, 15)),
    target=st.sampled_from(("main", "busy", "workers", "tree")),
    patience_s=st.none() | seconds,
    nudge=st.sampled_from((0, 2)),
    passes=st.booleans(),
).filter(lambda rung: not (rung.kills and (rung.command or rung.passes)))
ladders = st.lists(rungs, max_size=3).map(tuple)
policies = st.sampled_from(EVERY) | st.builds(
    Policy,
    grace_s=seconds,
    drain_delay_s=seconds,
    reserve_s=seconds,
    exit_code=st.sampled_from(("signal", "child", "zero")),
    hurry=st.booleans(),
    debounce_s=seconds,
    forward=st.just((1, 12)),
    looks=st.booleans(),
    shut_signal=st.sampled_from((0, 15)),
    quiesce_s=st.just(NEVER) | seconds,
    finishes=st.booleans(),
    passes=st.booleans(),
    rewrite=st.sampled_from(((), ((15, 3), (12, 0)))),
    group=st.booleans(),
    awaits=st.booleans(),
    success=st.sampled_from(((), (0, 143))),
    ladder=ladders,
    unready_ladder=ladders,
    forced_ladder=ladders,
)
# How long after the last event: no time, some time, or until the state's own deadline.
waits = st.none() | seconds


@given(policies, st.lists(st.tuples(facts | st.just(Tick()), waits), max_size=30))
@settings(max_examples=300)
def test_any_sequence_obeys_the_laws(
    policy: Policy, events: list[tuple[Event, float | None]]
) -> None:
    """Whatever happens, in whatever order: the laws hold, time alone ends it, replay agrees."""
    life = born(initial(policy), START)
    journal: list[tuple[float, Event, tuple[Action, ...]]] = []
    for event, wait_s in events:
        now = later(life, wait_s)
        life, actions = lived(life, event, now)
        journal.append((now, event, actions))
    if life.state.budget is not None:
        left_alone(life.state, life.now)
    assert first_divergence(policy, journal) is None


@given(policies, st.floats(0.0, 0.2), facts)
def test_late_ticks_make_the_end_late_by_no_more(
    policy: Policy, late_s: float, fact: Event
) -> None:
    """A loop that wakes up late pays for a few wake-ups at the end, not for hundreds of looks."""
    life = born(initial(policy.replace(hurry=False)), START)
    for event in (Booted(), Spawned(7), Asked(15), fact):
        life, _ = lived(life, event, START)
    latest = max(START, life.state.end.finish_at) + late_s * 8
    while life.state.phase != DONE:
        life, _ = lived(life, Tick(), max(life.now, deadline(life.state)) + late_s)
        assert life.now <= latest


def later(life: Life, wait_s: float | None) -> float:
    """Return the moment of the next event; None waits for the deadline, if there is one."""
    if wait_s is not None:
        return life.now + wait_s
    due = deadline(life.state)
    return max(life.now, due) if due < float("inf") else life.now


class Service(RuleBasedStateMachine):
    """A service that answers requests, now or later, while the world throws facts in between."""

    life: Life

    @initialize(policy=policies)
    def boot(self, policy: Policy) -> None:
        self.life = born(initial(policy), START)
        self.owed: list[Action] = []
        self.finished = 0
        self._tell(Booted())

    @rule(look=looks, how=st.sampled_from(("steered", "throttled")), works=st.booleans())
    def answer(self, look: Look, how: str, works: bool) -> None:
        """Answer the oldest request that is not answered yet."""
        if not self.owed:
            return
        match self.owed.pop(0):
            case Spawn():
                self._tell(Spawned(7) if works else SpawnFailed(127, ""))
            case TakeLook():
                self._tell(Looked(Look(ready=True, in_request=0) if works else look))
            case ShutDoor():
                self._tell(DoorShut(how))
            case WriteFifo():
                self._tell(WorkersGone() if works else Failed("fifo", "ENXIO"))
            case Send():
                self._tell(Exited(7, 0) if works else Failed("send", "ESRCH"))
            case Sweep():
                self._tell(Emptied())
            case CloseDoor():
                self._tell(DoorClosed(0))

    @rule()
    def reach_the_deadline(self) -> None:
        self._tell(Tick(), later(self.life, None))

    @rule(wait_s=seconds)
    def let_time_pass(self, wait_s: float) -> None:
        due = max(self.life.now, deadline(self.life.state))
        self._tell(Tick(), min(due, self.life.now + wait_s))

    @rule(event=stops, wait_s=st.sampled_from((0.0, 0.5, 1.0)))
    def ask(self, event: Asked, wait_s: float) -> None:
        self._tell(event, self.life.now + wait_s)

    @rule(event=facts)
    def surprise(self, event: Event) -> None:
        self._tell(event)

    @invariant()
    def time_alone_ends_it(self) -> None:
        if self.life.state.budget is not None:
            left_alone(self.life.state, self.life.now)

    def teardown(self) -> None:
        assert self.finished == (self.life.state.phase == DONE)

    def _tell(self, event: Event, now: float | None = None) -> None:
        self.life, actions = lived(self.life, event, self.life.now if now is None else now)
        self.owed += actions
        self.finished += sum(isinstance(action, Finish) for action in actions)


Service.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestService = Service.TestCase
