"""Carries an order out on one container, whoever brought it up, and sees how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Final, TypeVar

from supervisor.core.phases import (
    CLOSING,
    DELAYING,
    QUIESCING,
    REAPING,
    SERVING,
    STARTING,
    STOPPING,
)
from supervisor.core.signalnames import number
from supervisor.drill.outcome import End, Phase
from supervisor.drill.site import Order
from supervisor.drill.sites import keeperlog
from supervisor.drill.sites.hands import KILL, Hands
from supervisor.drill.sites.vigil import Vigil
from supervisor.errors import GracekeeperError, UsageError

HUP, USR1, USR2, TERM = 1, 10, 12, 15
LOOK_S: Final = 0.25
EVERY_S: Final = 0.05
PHASE_WITHIN_S: Final = 60.0
RECYCLED_WITHIN_S: Final = 60.0  # and restarted
KEPT_PHASES: Final = (DELAYING, QUIESCING, REAPING, CLOSING)  # nobody else tells them
KILL_PHASES: Final = ("", SERVING, STOPPING, *KEPT_PHASES)
# What replaces its workers at a signal, each after its request; of others nobody knows.
RECYCLES: Final = {"gunicorn": HUP, "nginx": HUP, "uwsgi": HUP, "httpd": USR1, "apache2": USR1}

T = TypeVar("T")


def stop(hands: Hands, vigil: Vigil, order: Order) -> End:
    """Stop one, as `docker stop` does."""
    signal, grace_s = signal_of(vigil, order), grace_of(vigil, order)
    vigil.begin(signal, grace_s)
    meanwhile((vigil,), signal, lambda: _stop(hands, vigil, signal, grace_s))
    return vigil.end(signal=signal, grace_s=grace_s)


def _stop(hands: Hands, vigil: Vigil, signal: int, grace_s: float) -> None:
    """Send its own signal by the engine's stop, another one by hand: -s is ignored before 23."""
    name = vigil.container.id
    own = number(hands.engine.inspect(name)["Config"].get("StopSignal") or "") or TERM
    if grace_s == int(grace_s) and own == signal:
        hands.stop(name, int(grace_s))
        return
    hands.signal(name, signal)
    if not hands.ended(name, grace_s):
        hands.kill(name)


def kill(hands: Hands, vigil: Vigil, order: Order) -> End:
    """Kill one, at once or when its stop has reached a phase."""
    if order.phase not in KILL_PHASES:
        known = ", ".join(one for one in KILL_PHASES if one)
        raise UsageError(
            f"cannot kill it in its phase {order.phase}: there are {known}, and of a container"
            f" that is no service {STARTING}."
        )
    if order.phase in ("", SERVING):
        vigil.begin(vigil.container.signal)
        meanwhile((vigil,), KILL, lambda: hands.kill(vigil.container.id))
        return vigil.end(signal=KILL, grace_s=0.0)
    if order.phase in KEPT_PHASES and not vigil.kept:
        raise UsageError(
            f"cannot kill it in its phase {order.phase}: only gracekeeper tells that. Use"
            " `stopping`, which begins with the stop signal."
        )
    signal = signal_of(vigil, order)
    vigil.begin(signal)
    reached = meanwhile((vigil,), signal, lambda: _kill_at(hands, vigil, signal, order.phase))
    end = vigil.end(signal=KILL, grace_s=0.0)
    wrong = "" if reached else f"it ended before its phase {order.phase} could be cut"
    return replace(end, wrong=wrong)


def _kill_at(hands: Hands, vigil: Vigil, signal: int, phase: str) -> bool:
    """Ask it to stop, and kill it in a phase; tell whether it came to that."""
    name = vigil.container.id
    hands.signal(name, signal)
    reached = phase == STOPPING and not vigil.kept
    if not reached:
        reached = any(
            one["event"] == "phase" and one.get("phase") == phase
            for one in keeperlog.said(hands, vigil, PHASE_WITHIN_S)
        )
    alive = hands.lives(name)
    hands.kill(name)
    return reached and alive


def restart(hands: Hands, vigil: Vigil, order: Order, ready: Callable[[], object]) -> End:
    """Restart one within, where a gracekeeper can; else stop and start it, as a deploy does."""
    if vigil.kept:
        return _by_keeper(hands, vigil, order, HUP)
    signal, grace_s = signal_of(vigil, order), grace_of(vigil, order)
    vigil.begin(signal, grace_s)
    meanwhile((vigil,), signal, lambda: _stop(hands, vigil, signal, grace_s))
    stopped = time.monotonic()
    hands.start(vigil.container.id)
    ready()
    over = time.monotonic()
    return started_again(vigil.end(signal=signal, grace_s=grace_s), stopped, over)


def started_again(end: End, stopped: float, over: float) -> End:
    """Add the start to a stop: from when it had stopped until it answered, in monotonic seconds."""
    asked = stopped - end.seconds if end.asked_at is None else end.asked_at
    seconds = round(over - asked, 3)
    starting = Phase("starting", round(stopped - asked, 3), seconds)
    return replace(end, seconds=seconds, phases=(*end.phases, starting), over_at=over)


def recycle(hands: Hands, vigil: Vigil, order: Order) -> End:
    """Replace its workers by the signal that does it; its PID 1 stays."""
    if vigil.kept and not order.signal:
        return _by_keeper(hands, vigil, order, USR2)
    signal = order.signal or next((RECYCLES[one] for one in RECYCLES if vigil.mentions(one)), 0)
    if not signal:
        raise UsageError(
            f"cannot recycle {vigil.called}: which signal replaces the workers of"
            f" `{vigil.case.program}` is not known. Say it:"
            ' --signal HUP, in a test recycle(signal="HUP").'
        )
    vigil.begin(signal)
    old, began = vigil.workers(), time.monotonic()
    if not old:
        raise GracekeeperError(
            f"cannot recycle {vigil.called}: it has no workers. Restart it instead."
        )
    hands.signal(vigil.container.id, signal)
    within_s = RECYCLED_WITHIN_S if order.grace_s is None else order.grace_s
    while (left := old & vigil.there()) and time.monotonic() - began < within_s:
        time.sleep(EVERY_S)
        vigil.look()
    return vigil.running(
        wrong=f"{len(left)} of {len(old)} workers were not replaced within {within_s:g} s"
        if left
        else "",
        seconds=time.monotonic() - began,
        signal=signal,
    )


def _by_keeper(hands: Hands, vigil: Vigil, order: Order, signal: int) -> End:
    """Let a keeper do it, and read in its log what it came to."""
    vigil.begin(signal)
    began = time.monotonic()
    hands.signal(vigil.container.id, signal)
    within_s = RECYCLED_WITHIN_S if order.grace_s is None else order.grace_s
    said = keeperlog.Heard(keeperlog.said(hands, vigil, within_s))
    wrong = keeperlog.restarted(said) if signal == HUP else keeperlog.recycled(said)
    seconds = time.monotonic() - began
    if said.last_s:
        seconds = max(0.0, min(seconds, said.last_s - vigil.asked_s))
    return vigil.running(wrong=wrong, seconds=seconds, signal=signal)


def signal_of(vigil: Vigil, order: Order) -> int:
    """Return what it is asked to stop by."""
    return order.signal or vigil.container.signal


def grace_of(vigil: Vigil, order: Order) -> float:
    """Return how long its end is waited for."""
    return vigil.container.grace_s if order.grace_s is None else order.grace_s


def meanwhile(vigils: Sequence[Vigil], signal: int, act: Callable[[], T]) -> T:
    """Act, and look at all of them until that is done.

    An interrupt waits for it, because what was there before is put back then: not while it is on
    its way down. Of what only passes the removal ends it.
    """
    pool = ThreadPoolExecutor(1, "drill")
    acting = pool.submit(act)
    try:
        for one in vigils:
            one.told(signal)
        while not wait((acting,), LOOK_S).done:
            for one in vigils:
                one.look()
        return acting.result()
    finally:
        pool.shutdown(wait=not all(one.passing for one in vigils))


def hiding(end: End, what: str) -> End:
    """Say with an end what could not be seen."""
    return replace(end, hidden=(*end.hidden, what))
