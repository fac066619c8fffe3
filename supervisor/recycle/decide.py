"""`decide`: who is recycled now, who has been, and who does not go.

    decide(state, sample, now) -> (state, decisions)

Pure as `core.machine.step` is: no clock, no file. One worker at a time, never fewer ready ones than
promised, nothing while held off. A wish is somebody's own decision: the cool-down and the hourly
cap, which are there to keep limits from thrashing, do not hold it back, but count it.
"""

from __future__ import annotations

from supervisor.recycle import leak, reasons
from supervisor.recycle.decisions import Blind, Decision, Escalate, Recycle, Recycled, Unready
from supervisor.recycle.leak import Life
from supervisor.recycle.policy import RESTART
from supervisor.recycle.state import NEVER, Flight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from supervisor.recycle.sample import Sample, WorkerSample
    from supervisor.recycle.state import RecycleState

    Outcome = tuple[RecycleState, tuple[Decision, ...]]

HOUR_S: Final = 3600.0
HUP, KILL = 1, 9
RUNGS: Final = 2
SOON_S: Final = 0.1  # between looks while a successor starts
KEPT: Final = 0.7  # of a rate, from look to look
OFTEN_S: Final = 0.25  # between two looks, at most as often
LATER_S: Final = 1.0  # while somebody is asked to go, or a wish has to wait


def decide(state: RecycleState, sample: Sample, now: float) -> Outcome:
    """Judge one sample, taken at `now` (seconds, on a clock that only goes forward)."""
    state, told = _note(state, sample, now)
    state = _measure(state, sample, now)
    if state.flight:
        state, done = _follow(state, state.flight, sample, now)
        told += done
    if not state.flight:
        state, done = _begin(state, sample, now)
        told += done
    return state.replace(look_at=_next_look(state, sample, now)), told


def _note(state: RecycleState, sample: Sample, now: float) -> Outcome:
    """Remember what the sample shows, forget what is over, tell what can't be seen."""
    policy = state.policy
    known = {life.pid: life for life in state.lives}
    lives: tuple[Life, ...] = ()
    if policy.leak_bytes is not None:
        lives = tuple(
            leak.longer(known.get(w.pid, Life(w.id, w.pid)), w.requests, w.uss)
            for w in sample.workers
            if w.uss is not None
        )
    present = {(worker.id, worker.pid) for worker in sample.workers}
    blind = reasons.blind_to(policy, sample)
    told = tuple(Blind(why) for why in blind if why not in state.blind)
    state = state.replace(
        lives=lives,
        wishes=tuple(wish for wish in state.wishes if wish in present),
        starts=tuple(start for start in state.starts if start + HOUR_S > now),
        blind=blind,
    )
    return state, told


def _measure(state: RecycleState, sample: Sample, now: float) -> RecycleState:
    """Remember how fast memory comes near to its limit; a fresh worker does not stop a leak.

    It is measured again well before it can be there; while nothing grows, more and more seldom.
    """
    margin, passed = reasons.margin(state.policy, sample), now - state.looked_at
    rate = state.rate * KEPT
    if margin is not None and state.margin is not None and passed > 0:
        rate = max(rate, (state.margin - margin) / passed)
    soon = NEVER if margin is None or rate <= 0 else max(OFTEN_S, margin / rate / 2)
    interval_s = min(state.policy.every_s, 2 * state.interval_s, soon)
    return state.replace(margin=margin, looked_at=now, rate=rate, interval_s=interval_s)


def _begin(state: RecycleState, sample: Sample, now: float) -> Outcome:
    """Choose somebody, if anybody may go."""
    if sample.held_off:
        return state, ()
    if state.policy.mechanism != RESTART and sample.ready <= state.policy.min_ready:
        return state, ()
    found = _wished(state, sample)
    if found is None and _free_at(state) <= now:
        found = reasons.wanted(state.policy, sample, state.lives)
    if found is None:
        return state, ()
    worker, why = found
    state = state.replace(
        flight=Flight(worker.id, worker.pid, why, now),
        starts=(*state.starts, now),
        wishes=tuple(wish for wish in state.wishes if wish != (worker.id, worker.pid)),
    )
    return state, (Recycle(worker.id, worker.pid, why),)


def _wished(state: RecycleState, sample: Sample) -> tuple[WorkerSample, str] | None:
    """Return the first wished worker that is ready: a signal would not find another's handler."""
    for worker in sample.workers:
        if worker.ready and (worker.id, worker.pid) in state.wishes:
            return worker, "by hand"
    return None


def _free_at(state: RecycleState) -> float:
    """Return from when on a limit may take a worker: after the cool-down, below the cap."""
    policy = state.policy
    calm = state.back_at + policy.cool_down_s
    if len(state.starts) < policy.per_hour:
        return calm
    return max(calm, state.starts[-policy.per_hour] + HOUR_S) if policy.per_hour else NEVER


def _follow(state: RecycleState, flight: Flight, sample: Sample, now: float) -> Outcome:
    """See how far the one is that goes."""
    for worker in sample.workers:
        if worker.pid == flight.pid:
            return _remind(state, flight, worker, sample.held_off, now)
    ended_at = now if flight.ended_at is None else flight.ended_at
    flight, waited = flight.replace(ended_at=ended_at), now - ended_at
    successor = next((one for one in sample.workers if one.id == flight.worker), None)
    late = waited >= state.policy.deadline_s
    if successor.ready if successor else late:
        new_pid = successor.pid if successor else 0
        took = now - flight.since
        told = Recycled(flight.worker, flight.pid, new_pid, flight.why, took)
        return state.replace(flight=None, back_at=now), (told,)
    if successor and late and not flight.told:
        news = Unready(flight.worker, successor.pid, waited)
        return state.replace(flight=flight.replace(told=True)), (news,)
    return state.replace(flight=flight), ()


def _remind(
    state: RecycleState, flight: Flight, worker: WorkerSample, held_off: str, now: float
) -> Outcome:
    """Escalate after each deadline, twice.

    First HUP, if the worker is idle: it was not reached. One that answers a request is only told
    of, because any signal cuts an answer that a slow client is still reading; it will go when it
    has ended. Then KILL, which costs that request. A restart has deadlines of its own: one that
    did not come about is told of, and no longer waited for.
    """
    if flight.rung >= RUNGS or held_off:
        return state, ()
    waited = now - flight.since
    if waited < state.policy.deadline_s * (flight.rung + 1):
        return state, ()
    if state.policy.mechanism == RESTART:
        news = Escalate(worker.id, worker.pid, 0, waited, worker.running)
        return state.replace(flight=None, back_at=now), (news,)
    signal = KILL if flight.rung else HUP if worker.ready and not worker.busy else 0
    news = Escalate(worker.id, worker.pid, signal, waited, worker.running)
    return state.replace(flight=flight.replace(rung=flight.rung + 1)), (news,)


def _next_look(state: RecycleState, sample: Sample, now: float) -> float:
    """Return when something can be different; never, when nothing is watched."""
    policy, flight = state.policy, state.flight
    if flight:
        return now + (SOON_S if flight.ended_at is not None and not flight.told else LATER_S)
    wished = now + LATER_S if state.wishes else NEVER
    if not policy.watches:
        return wished
    if policy.watches_memory or policy.requests is not None:
        due = now + state.interval_s
    else:  # ages alone are known beforehand; who comes later is younger
        ages = (
            reasons.age_limit(policy, sample.generation, worker) - worker.age_s
            for worker in sample.workers
        )
        due = now + max(min(ages, default=policy.every_s), 0.0)
        due = due if due > now else now + policy.every_s
    return min(wished, max(due, min(_free_at(state), now + HOUR_S)))
