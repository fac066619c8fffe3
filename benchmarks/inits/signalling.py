"""Signals on their way: to a running child, at the end, and right after exec."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING, Any

from benchmarks.inits import figures
from benchmarks.inits.contenders import Contender
from benchmarks.inits.rounds import Series, Session, show, start_s
from benchmarks.inits.staged import Staged, StageError

if TYPE_CHECKING:
    from collections.abc import Sequence

DELAYS_MS = (1, 2, 3, 5, 8, 12, 20, 40)
HEARD_FROM_MS = 2  # from here on nothing may be lost
EARLY_ROUNDS = 25
_BLOCK = 50
_CALM_S = 0.2  # a peer that watches its child's first second is not asked for more
_LOST_S, _SLOW_LOST_S = 2.0, 5.0  # a supervisor that is still importing may have heard it
_PAUSE_S = 0.0005


def expected_latency_s(contenders: Sequence[Contender], signals: int) -> float:
    """For the time left."""
    return sum(it.forwards for it in contenders) * signals * 0.0009


def measure_latency(session: Session) -> dict[str, dict[str, Any]]:
    """Microseconds from kill() to the child's sigwaitinfo; all alive, blocks take turns."""
    asked = [it for it in session.contenders if it.forwards]
    found = {it.name: Series() for it in asked}
    with contextlib.ExitStack() as stack:
        alive = []
        for contender in asked:
            try:
                staged = stack.enter_context(Staged(session.tools, contender))
                staged.told("S")
                alive.append(staged)
            except (StageError, OSError) as error:
                found[contender.name].failed.append(str(error))
        time.sleep(session.options.settle_s)
        for begin in range(0, session.options.signals, _BLOCK):
            for staged in list(alive):
                try:
                    found[staged.contender.name].samples += _answers(staged)
                except (StageError, OSError) as error:
                    found[staged.contender.name].failed.append(str(error))
                    show(f"signals, {staged.contender.title}: {error}")
                    alive.remove(staged)
                words = f"signals, {begin + _BLOCK} of {session.options.signals}"
                session.progress.step(words, _BLOCK * 0.0009)
    return {
        name: figures.noted(
            series,
            signal_p50_us=figures.percentile(series.samples, 50),
            signal_p99_us=figures.percentile(series.samples, 99),
        )
        for name, series in found.items()
    }


def _answers(staged: Staged) -> list[float]:
    found = []
    for _ in range(_BLOCK):
        sent_ns = staged.signal(signal.SIGUSR1)
        found.append((staged.told("U", 5.0)[0] - sent_ns) / 1000)
        time.sleep(_PAUSE_S)  # the init goes back to sleep first
    return found


def expected_stop_s(contenders: Sequence[Contender], repeat: int) -> float:
    """For the time left."""
    return repeat * sum(start_s(it) + _CALM_S + 0.1 for it in contenders)


def measure_stop(session: Session) -> dict[str, dict[str, Any]]:
    """TERM's way to the child, and from the child's end to that of PID 1."""

    def one(contender: Contender, _: int) -> dict[str, Any]:
        with Staged(session.tools, contender) as staged:
            staged.told("S")
            time.sleep(_CALM_S)
            sent_ns = staged.signal(signal.SIGTERM)
            heard_ns, end_ns = staged.told("T")[0], staged.told("E")[0]
            ending = staged.ended()
            if ending is None:
                raise staged.error("PID 1 outlives its child")
            term_us, stop_ms = (heard_ns - sent_ns) / 1000, (ending.at_ns - end_ns) / 1e6
            return {"term_us": term_us, "stop_ms": stop_ms, "code": ending.code}

    repeat = session.options.repeat
    found = session.interleave(
        "stop", session.contenders, lambda _: repeat, lambda it: start_s(it) + _CALM_S + 0.1, one
    )
    return {
        name: figures.noted(
            it,
            term_us=figures.middle([one["term_us"] for one in it.samples]),
            stop_ms=figures.middle([one["stop_ms"] for one in it.samples]),
        )
        for name, it in found.items()
    }


def early_rounds(contender: Contender, *, quick: bool) -> int:
    """A supervisor loses nearly all of them, and each costs seconds."""
    full = 5 if quick else EARLY_ROUNDS
    return 1 if contender.several and quick else 5 if contender.several else full


def expected_early_s(contenders: Sequence[Contender], *, quick: bool) -> float:
    """For the time left."""
    return sum(early_rounds(it, quick=quick) * len(DELAYS_MS) * _early_s(it) for it in contenders)


def _early_s(contender: Contender) -> float:
    return _SLOW_LOST_S if contender.several else 0.15


def measure_early(session: Session) -> dict[str, dict[str, Any]]:
    """TERM so many ms after execve has succeeded: does PID 1 end, or does it run on?"""

    def one(contender: Contender, number: int) -> dict[str, Any]:
        delay_ms = DELAYS_MS[number % len(DELAYS_MS)]
        with Staged(session.tools, contender, term_after_us=delay_ms * 1000) as staged:
            ending = staged.ended(_SLOW_LOST_S if contender.several else _LOST_S)
            code = None if ending is None else ending.code
            return {"delay_ms": delay_ms, "lost": ending is None, "code": code}

    quick = session.options.quick
    found = session.interleave(
        "TERM after exec",
        session.contenders,
        lambda it: early_rounds(it, quick=quick) * len(DELAYS_MS),
        _early_s,
        one,
    )
    return {
        name: figures.noted(it, **figures.early(it.samples, HEARD_FROM_MS))
        for name, it in found.items()
    }
