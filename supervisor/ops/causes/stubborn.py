"""Why a container was still there when its grace period was over."""

from __future__ import annotations

import re
from contextlib import suppress

from supervisor.config.mistakes import UnfitError
from supervisor.config.quantities import DURATION, seconds
from supervisor.core.signalnames import name
from supervisor.ops.case import Case, Sighting
from supervisor.ops.causes import words
from supervisor.ops.causes.cause import CERTAIN, LIKELY, LOOK, POSSIBLE, Cause
from supervisor.ops.causes.front import shell
from supervisor.ops.disposition import BLOCKED, CAUGHT, DIES, DROPPED, IGNORED, WAITED
from supervisor.ops.life import NS

EXEC = "Put `exec` before the last command, or give the command as a JSON array."
# A trap with no words is inherited by what a shell becomes.
_TRAPS = re.compile(r"""trap\s+(?:''|"")\s[^;\n]*\b(?:TERM|15)\b""")
_GRACE = re.compile(rf"--grace[= ]({DURATION})(?:\s|$)")
LONG_NS = NS  # everybody sleeps uninterruptibly, or computes, for a moment
HANDLE = "Let it handle {signal}, or put an init in front of it (`docker run --init`)."


def cause(case: Case) -> Cause:
    """Return why; the sentence begins with the fact that time ran out."""
    found = _cause(case)
    grace = case.life.grace_s(case.container)
    told = f"The grace period of {grace:g} s ran out, and it was killed"
    # Who kills by hand does not wait for whole seconds, and may do so while a stop is under way.
    if not case.life.stopped or not float(grace or 0).is_integer():
        told = f"It had not ended {round(grace or 0, 1):g} s after {_signal(case)}, and was killed"
    why = f"{told}: {found.sentence}"
    fix = case.foretold.todo if case.foretold and case.foretold.killed else ""
    return found.replace(sentence=why, fix=fix or found.fix)


def _cause(case: Case) -> Cause:
    signal = _signal(case)
    halted = _steady(case, "TtD")
    if not halted and case.sightings and case.sightings[0].state in ("T", "t"):
        return _held(case.sightings[0], LIKELY)  # when it was looked at last
    if halted and (halted[0] is case.sightings[0] or not case.kept):
        return _held(halted[0], CERTAIN if halted[0] is case.sightings[0] else LIKELY)
    if case.kept and not shell(case):
        return _keeper(case)
    if (line := words.said_stopping(case, words.RELOADS)) or _reloads(case):
        return Cause(
            "reloaded",
            f"uWSGI takes {signal} for a reload, cuts its requests and starts its workers anew.",
            "Set `hook-master-start = unix_signal:15 gracefully_kill_them_all`, or run it by"
            " `gracekeeper run`.",
            CERTAIN if line and _reloads(case) else LIKELY,
        )
    if line := words.said_stopping(case, words.HANGS):
        return Cause("hung-worker", f"a worker hung: `{line}`.", _shorter(), LIKELY)
    if words.said_stopping(case, words.HEARD):  # so nobody has kept, ignored or dropped it
        return _busy(case, signal)
    if shell(case):
        return _shell(case)
    before = _before(case)
    if before in (IGNORED, BLOCKED) or _ignoring(case):
        return Cause(
            "signal-ignored",
            f"PID 1 ({case.first}) {'blocks' if before == BLOCKED else 'ignores'} {signal}.",
            f"Let it handle {signal}; a `trap ''` before `exec` is inherited.",
            CERTAIN if before else LIKELY,
        )
    if before == DROPPED or (not before and _deaf(case)):
        return Cause(
            "signal-dropped",
            f"PID 1 ({case.first}) has no handler for {signal}, and the kernel drops that for"
            " a PID 1.",
            HANDLE.format(signal=signal),
            CERTAIN if before else LIKELY,
        )
    if before in (CAUGHT, WAITED) or words.said_stopping(case, words.WAITS):
        return _busy(case, signal)
    if shell(case) is None:
        return Cause(
            "grace-over",
            f"it did not end at {signal}. Either {case.program} is a shell that stays in front of"
            f" the program and does not pass {signal} on, or the program has replaced it (`exec`),"
            " and did not end. Nobody has seen which.",
            f"If there is no `exec` before its last command, put one there. Else: {LOOK}",
            POSSIBLE,
        )
    return Cause(
        "grace-over",
        f"it did not end at {signal}. Whether it heard that can't be told afterwards.",
        LOOK,
        POSSIBLE,
    )


def _signal(case: Case) -> str:
    return name(case.asked.signal if case.asked else case.container.signal)


def _before(case: Case) -> str:
    """Return what PID 1 does at the signal that was sent; empty when nobody has seen that."""
    own = case.asked and case.asked.signal == case.container.signal
    return case.sightings[0].before if own and case.sightings else ""


def _shell(case: Case) -> Cause:
    below = [one for one in case.sightings[1:] if one.ppid == case.sightings[0].pid]
    what = f"in front of {below[0].name}" if below else "in front of the program"
    before = _before(case)
    how = "waits for it and does not pass" if before == CAUGHT else "does not pass"
    # A trap may pass it on to who does not end at it; who would have died was not told.
    kept = before == DROPPED or (before == CAUGHT and any(one.before == DIES for one in below))
    return Cause(
        "shell-kept-signal",
        f"PID 1 is a shell ({case.first}) {what}, which {how} {_signal(case)} on.",
        EXEC,
        CERTAIN if below and kept else LIKELY,
    )


def _busy(case: Case, signal: str) -> Cause:
    spins = _steady(case, "R")
    what = f"{spins[0].name} (pid {spins[0].pid}) computed on" if spins else "a request or a task"
    return Cause(
        "hung-worker" if spins else "busy",
        f"it heard {signal} and began to stop, but did not finish in time: {what}"
        f"{'' if spins else ' outlived it'}.",
        _shorter(),
        LIKELY,
    )


def _shorter() -> str:
    return (
        "Give it more time (`docker stop -t`, `stop_grace_period`), or limit how long a request may"
        f" take. {LOOK}"
    )


def _held(one: Sighting, sure: str) -> Cause:
    how = "sleeps uninterruptibly (state D)" if one.state == "D" else "is stopped (state T)"
    fix = (
        "Look at its storage: not even KILL ends it before its call returns."
        if one.state == "D"
        else "Send it SIGCONT, and find who stopped it: a debugger, a terminal, `kill -STOP`."
    )
    return Cause("held", f"{one.name} (pid {one.pid}) {how}: signals wait.", fix, sure)


def _keeper(case: Case) -> Cause:
    given, longer = _GRACE.search(" ".join(case.container.argv)), False
    with suppress(UnfitError):  # of hundreds of digits
        longer = given is not None and seconds(given[1]) > (case.life.grace_s(case.container) or 0)
    return Cause(
        "keeper-cut-short",
        "gracekeeper was still waiting, because its own grace period (`--grace`) is longer than"
        " the platform's.",
        "Let `--grace` be the platform's grace period, or shorter.",
        CERTAIN if longer else LIKELY,
    )


def _reloads(case: Case) -> bool:
    """Tell whether it is a uWSGI with a master that nobody has told what TERM means."""
    line = " ".join(case.container.argv)
    hooked = "die-on-term" in line or "hook-master-start" in line or "gracefully" in line
    plain = case.program.startswith("uwsgi") and ("--master" in line or " -M" in line)
    return plain and not hooked and _signal(case) == "SIGTERM"


def _ignoring(case: Case) -> bool:
    """Tell whether a shell ignores the signal for whatever it becomes."""
    return not case.sightings and bool(_TRAPS.search(" ".join(case.container.argv)))


def _deaf(case: Case) -> bool:
    """Tell programs that are known to have no handler; others may have one."""
    return case.program in ("sleep", "tail", "cat", "crond", "cron") and not case.container.init


def _steady(case: Case, states: str) -> list[Sighting]:
    """Return those that were there to the end, and in one of these states all the time."""
    latest = max((one.last for one in case.sightings), default=0)
    there = (one for one in case.sightings if latest - one.until < NS)
    return [one for one in there if one.state in states and one.until - one.since >= LONG_NS]
