"""Outcomes made by hand: a load around a request to stop at 100 s, and how it ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from supervisor.drill.outcome import ASKED, OVER, End, Outcome, Phase
from supervisor.drill.result import Fate, Result
from supervisor.drill.tally import Tally
from supervisor.ops.causes.cause import CERTAIN, Cause

AT = 100.0
CUT = Cause(
    "no-handler",
    "The program has no handler for SIGTERM, so it ended at once: whatever it was doing was cut.",
    "Let it handle SIGTERM.",
    CERTAIN,
    ("PID 1 was started as `tini`",),
)


def request(
    fate: Fate, start: float, end: float, *, client: int = 0, reason: str = "", path: str = "/slow"
) -> Result:
    """One request, in seconds from the request to stop."""
    connected = None if fate is Fate.REFUSED else AT + start
    status = {Fate.ANSWERED: 200, Fate.TURNED_AWAY: 503}.get(fate)
    return Result(fate, status, reason, path, client, AT + start, connected, AT + end, 1)


def answered(count: int, start: float, end: float) -> list[Result]:
    return [request(Fate.ANSWERED, start, end, client=at) for at in range(count)]


def failing(count: int, start: float, end: float, status: int = 502) -> list[Result]:
    return [dataclasses.replace(one, status=status) for one in answered(count, start, end)]


def lost(count: int, start: float, end: float, reason: str, **more: Any) -> list[Result]:
    return [request(Fate.LOST, start, end, client=at, reason=reason, **more) for at in range(count)]


def outcome(results: Iterable[Result] = (), *, over: float = 0.1, **more: Any) -> Outcome:
    """A stop by TERM with a grace of 10 s; `more` goes to the end, or to the outcome."""
    names = ("action", "loaded", "secure", "expected_codes")
    own = {name: more.pop(name) for name in names if name in more}
    end = End(**{"exit_code": 143, "seconds": over, "signal": 15, "grace_s": 10.0, **more})
    results = tuple(results)
    marks = {ASKED: AT, OVER: AT + over} if results else {}
    given = {"action": "stop", "loaded": bool(results), **own}
    tally = Tally(sorted(results, key=lambda one: one.t_end), marks)
    return Outcome(
        site="app:latest", signal=end.signal, grace_s=end.grace_s, end=end, tally=tally, **given
    )


def graceful() -> Outcome:
    """Everybody inside was answered, and newcomers were sent away."""
    away = request(Fate.TURNED_AWAY, 0.2, 0.21)
    refused = request(Fate.REFUSED, 0.5, 0.5, reason="connection refused")
    return outcome(
        [*answered(8, -0.6, -0.1), *answered(8, -0.1, 0.4), away, refused],
        over=0.45,
        phases=(Phase("quiescing", 0.0, 0.4), Phase("stopping", 0.4, 0.45)),
    )


def cut() -> Outcome:
    """tini without a handler behind it: all that were inside were reset."""
    inside = lost(7, -0.31, 0.02, "reset before headers", path="/slow?token=secret")
    later = lost(1, 0.01, 0.02, "EOF before headers")
    return outcome(
        [*answered(12, -0.9, -0.4), *inside, *answered(1, -0.5, 0.01), *later],
        over=0.06,
        cause=CUT,
        log=("Serving HTTP on 0.0.0.0 port 8000", '{"event": "report", "schema": 1}', ""),
    )


def killed() -> Outcome:
    """It went on as if nothing had happened, until KILL."""
    inside = lost(8, 9.6, 10.03, "EOF in body after 3 of 9 bytes")
    return outcome(
        [*answered(8, -0.6, -0.1), *answered(8, -0.1, 0.4), *inside],
        over=10.06,
        exit_code=137,
        killed=True,
        phases=(Phase("stopping", 0.0, 10.0), Phase("reaping", 10.0, 10.06)),
        cause=CUT.replace(
            id="shell-kept-signal",
            sentence="The grace period of 10 s ran out, and it was killed: PID 1 is a shell.",
            fix="Put `exec` before the last command.",
            confidence="likely",
        ),
        left=("sleep (pid 12)",),
        hidden=("the log is hidden: its driver does not read",),
    )
