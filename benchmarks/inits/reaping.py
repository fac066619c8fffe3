"""Orphans by the thousand: how fast they are reaped, and whether a TERM among them is heard."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING, Any

from benchmarks.inits import figures, processes
from benchmarks.inits.contenders import Contender
from benchmarks.inits.rounds import Session, start_s
from benchmarks.inits.staged import Staged

if TYPE_CHECKING:
    from collections.abc import Sequence

WAVE = 100  # orphans that die together, and each sends SIGCHLD
_CALM_S = 0.3
_HEARD_S = 2.0
_BURST_DEADLINE_S = 90.0
_FIRST_GUESS_PER_S = 10000  # orphans, made and reaped; later ones are guessed from those before
_SLOW_ROUNDS = 2  # of those that need all of the child's patience


def _rounds(contender: Contender, repeat: int) -> int:
    most = max(3, repeat // 6)
    return min(most, _SLOW_ROUNDS) if contender.several else most


def _reap_s(contender: Contender, orphans: int) -> float:
    slow = {"supervisord": 10.0, "honcho": 10.0, "circus": 4.0}.get(contender.name, 0.3)
    return start_s(contender) + _CALM_S + orphans / 20000 * (1.0 + slow)


def expected_reap_s(contenders: Sequence[Contender], repeat: int, orphans: int) -> float:
    """For the time left."""
    return sum(_rounds(it, repeat) * _reap_s(it, orphans) for it in contenders)


def measure_reaping(session: Session) -> dict[str, dict[str, Any]]:
    """Zombies that get PID 1 as a parent all at once: reaped per second, and how many stay."""
    orphans, repeat = session.options.orphans, session.options.repeat

    def one(contender: Contender, _: int) -> dict[str, Any]:
        with Staged(session.tools, contender, ("orphans", str(orphans), "0")) as staged:
            staged.told("S")
            time.sleep(_CALM_S)
            staged.go()
            staged.told("B", _BURST_DEADLINE_S)
            begun_ns = staged.told("B", _BURST_DEADLINE_S)[0]
            end_ns, left = staged.told("R", _BURST_DEADLINE_S)
            left = max(left, processes.zombies(staged.pid))
            return {"per_s": (orphans - left) / (end_ns - begun_ns) * 1e9, "left": left}

    found = session.interleave(
        "orphans",
        session.contenders,
        lambda it: _rounds(it, repeat),
        lambda it: _reap_s(it, orphans),
        one,
    )
    return {
        name: figures.noted(
            it,
            orphans=orphans,
            orphans_per_s=figures.middle([one["per_s"] for one in it.samples]),
            orphans_left=max((one["left"] for one in it.samples), default=None),
        )
        for name, it in found.items()
    }


def _size(session: Session, contender: Contender) -> int:
    options = session.options
    return options.orphans if contender.full else options.peer_orphans


def _bursts(session: Session, contender: Contender) -> int:
    options = session.options
    return options.bursts if contender.full else min(options.peer_bursts, options.bursts)


def _burst_s(session: Session, contender: Contender) -> float:
    size = _size(session, contender)
    slow = {"supervisord": 100, "honcho": 100, "circus": 5000}.get(contender.name, 1e9)
    return start_s(contender) + _CALM_S + size / 10000 + min(size / slow, 10.0)


def expected_bursts_s(session: Session) -> float:
    """For the time left."""
    return sum(_bursts(session, it) * _burst_s(session, it) for it in session.contenders)


def measure_bursts(session: Session) -> dict[str, dict[str, Any]]:
    """TERM at some moment of a burst of orphans; lost if the child has not got it 2 s later."""
    moments = random.Random(1)
    took_s: dict[str, float] = {}

    def one(contender: Contender, _: int) -> dict[str, Any]:
        size = _size(session, contender)
        with Staged(session.tools, contender, ("orphans", str(size), str(WAVE))) as staged:
            staged.told("S")
            time.sleep(_CALM_S)
            staged.go()
            begun_ns = staged.told("B")[0]
            whole_s = took_s.get(contender.name, size / _FIRST_GUESS_PER_S)
            time.sleep(whole_s * moments.uniform(0.02, 0.95))
            sent_ns = staged.signal(signal.SIGTERM)
            end_ns, left = staged.told("R", _BURST_DEADLINE_S)
            took_s[contender.name] = (end_ns - begun_ns) / 1e9
            is_lost = staged.child.until("T", _HEARD_S) is None and staged.ended(0.0) is None
            amid = begun_ns < sent_ns < end_ns
            return {"lost": is_lost, "amid": amid, "left": left}

    found = session.interleave(
        "TERM in a burst",
        session.contenders,
        lambda it: _bursts(session, it),
        lambda it: _burst_s(session, it),
        one,
    )
    sizes = {it.name: _size(session, it) for it in session.contenders}
    return {
        name: figures.noted(
            it,
            bursts=len(it.samples),
            bursts_amid=sum(one["amid"] for one in it.samples),
            bursts_lost=sum(one["lost"] for one in it.samples),
            burst_orphans=sizes[name],
        )
        for name, it in found.items()
    }
