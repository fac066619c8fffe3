"""Why a container was still there when its grace period was over."""

from __future__ import annotations

import re

from supervisor.core.signalnames import name
from supervisor.ops.case import Case, Sighting
from supervisor.ops.causes import words
from supervisor.ops.causes.cause import CERTAIN, LIKELY, POSSIBLE, Cause
from supervisor.ops.disposition import BLOCKED, CAUGHT, DROPPED, IGNORED, WAITED
from supervisor.ops.life import NS
from supervisor.ops.process import SHELLS

EXEC = "Put `exec` before the last command, or give the command as a JSON array."
# The last command of a line replaces the shell; a trap with no words is inherited by it.
_EXECS = re.compile(r"(?:^|[;&\n])\s*exec\s+[^;&|\n]+$")
_TRAPS = re.compile(r"""trap\s+(?:''|"")\s[^;\n]*\b(?:TERM|15)\b""")
LONG_NS = NS  # everybody sleeps uninterruptibly, or computes, for a moment
HANDLE = "Let it handle {signal}, or put an init in front of it (`docker run --init`)."


def cause(case: Case) -> Cause:
    """Return why; the sentence begins with the fact that time ran out."""
    found = _cause(case)
    grace = case.life.grace_s(case.container.signal)
    told = f"The grace period of {grace:g} s ran out, and it was killed"
    why = f"{told}: {found.sentence}"
    fix = case.foretold.todo if case.foretold and case.foretold.killed else ""
    return found.replace(sentence=why, fix=fix or found.fix)


def _cause(case: Case) -> Cause:
    signal = name(case.container.signal)
    if case.kept:
        return _keeper()
    if halted := _steady(case, "TtD"):
        return _held(halted[0])
    if words.said(case.log, words.RELOADS) or _reloads(case):
        return Cause(
            "reloaded",
            f"uWSGI takes {signal} for a reload, cuts its requests and starts its workers anew.",
            "Set `hook-master-start = unix_signal:15 gracefully_kill_them_all`, or run it by"
            " `gracekeeper run`.",
        )
    if line := words.said(case.log, words.HANGS):
        return Cause("hung-worker", f"a worker hung: `{line}`.", _shorter(), LIKELY)
    if shell(case):
        return _shell(case)
    before = case.sightings[0].before if case.sightings else ""
    if before in (IGNORED, BLOCKED) or _ignoring(case):
        return Cause(
            "signal-ignored",
            f"PID 1 ({case.program}) {'blocks' if before == BLOCKED else 'ignores'} {signal}.",
            f"Let it handle {signal}; a `trap ''` before `exec` is inherited.",
            CERTAIN if before else LIKELY,
        )
    if before == DROPPED or (not before and _deaf(case)):
        return Cause(
            "signal-dropped",
            f"PID 1 ({case.program}) has no handler for {signal}, and the kernel drops that for"
            " a PID 1.",
            HANDLE.format(signal=signal),
            CERTAIN if before else LIKELY,
        )
    if before in (CAUGHT, WAITED) or words.said(case.log, words.WAITS):
        return _busy(case, signal)
    return Cause(
        "grace-over",
        f"it did not end at {signal}. Whether it heard that can't be told afterwards.",
        "Ask the running container: `gracekeeper inspect CONTAINER`.",
        POSSIBLE,
    )


def shell(case: Case) -> bool:
    """Tell whether PID 1 is a shell that stays in front of the program."""
    if not case.sightings:
        script = case.program in SHELLS or case.program.endswith(".sh")
        return script and not _EXECS.search(case.container.argv[-1])
    first = case.sightings[0]
    called = first.argv[0].rpartition("/")[2].lstrip("-") if first.argv else ""
    return first.name in SHELLS or called in SHELLS


def _shell(case: Case) -> Cause:
    below = [one for one in case.sightings[1:] if one.ppid == case.sightings[0].pid]
    what = f"in front of {below[0].name}" if below else "in front of the program"
    handles = case.sightings[0].before == CAUGHT if case.sightings else False
    how = "waits for it and does not pass" if handles else "does not pass"
    return Cause(
        "shell-kept-signal",
        f"PID 1 is a shell ({case.program}) {what}, which {how} {name(case.container.signal)} on.",
        EXEC,
        CERTAIN if below else LIKELY,
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
        "Give it more time (`docker stop -t`, `stop_grace_period`), limit how long a request may"
        " take, or look what it does: `gracekeeper inspect CONTAINER`."
    )


def _held(one: Sighting) -> Cause:
    how = "sleeps uninterruptibly (state D)" if one.state == "D" else "is stopped (state T)"
    fix = (
        "Look at its storage: not even KILL ends it before its call returns."
        if one.state == "D"
        else "Send it SIGCONT, and find who stopped it: a debugger, a terminal, `kill -STOP`."
    )
    return Cause("held", f"{one.name} (pid {one.pid}) {how}: signals wait.", fix)


def _keeper() -> Cause:
    return Cause(
        "keeper-cut-short",
        "gracekeeper was still waiting, because its own grace period (`--grace`) is longer than"
        " the platform's.",
        "Let `--grace` be the platform's grace period, or shorter.",
    )


def _reloads(case: Case) -> bool:
    """Tell whether it is a uWSGI with a master that nobody has told what TERM means."""
    line = " ".join(case.container.argv)
    hooked = "die-on-term" in line or "hook-master-start" in line or "gracefully" in line
    plain = case.program.startswith("uwsgi") and ("--master" in line or " -M" in line)
    return plain and not hooked and case.container.signal == 15


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
