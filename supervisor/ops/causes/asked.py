"""Why a container ended that was asked to, within its grace period."""

from __future__ import annotations

from supervisor.core.signalnames import name
from supervisor.ops.behaviour import KNOWN
from supervisor.ops.case import Case
from supervisor.ops.causes import bycode, unasked, words
from supervisor.ops.causes.cause import CERTAIN, LIKELY, LOOK, POSSIBLE, Cause
from supervisor.ops.causes.front import in_front, shell, wrapped
from supervisor.ops.causes.reported import of_report
from supervisor.ops.causes.stubborn import EXEC
from supervisor.ops.disposition import CAUGHT, DIES
from supervisor.ops.life import NS, ROOM_S
from supervisor.ops.process import SHELLS

QUICK_S = 0.5  # too short for a request to have been waited for
FORWARD = (
    "Put `exec` before the command; a shell that has to stay needs a trap that sends the signal"
    " on, and a second `wait`."
)


def cause(case: Case) -> Cause:
    """Return what became of the request to stop."""
    code = case.code
    if case.report:
        return of_report(case.report)
    if code in (128 + _number(case), 128 + 15, 128 + 2):
        return _by_signal(case)
    if code == 0:
        return _clean(case)
    if code == 30 and case.mentions("uwsgi"):
        return Cause(
            "no-master",
            "uWSGI runs without a master: at a stop signal it ends at once with 30, and cuts what"
            " it was doing.",
            "Add `master = true` and a hook that stops it gracefully, or run it by `gracekeeper"
            " run`.",
            CERTAIN if _quick(case) else LIKELY,
        )
    if code == 137:
        return unasked.killed(case)  # not by the engine, which has sent no KILL
    found, said = bycode.by_code(case), words.stopping(case)
    if found.id in ("module-code", "segfault", "aborted", "child-killed") or _outlasted(case):
        return found
    return Cause(
        "failed-while-stopping",
        f"It was asked to stop, and failed on the way: it ended with {code}"
        f"{bycode.quoted(case, words.error(said) or words.last(said))}.",
        "Read what it says; what it was doing may have been cut.",
        LIKELY,
    )


def _by_signal(case: Case) -> Cause:
    """Tell apart the three that end with 128 + n: a shell, a default action, a convention."""
    signal = name(case.code - 128)
    alone = bool(case.sightings) and not _children(case)
    below = _below_init(case)
    at_once = _quick(case) or below == DIES  # a slow machine takes its time to say so
    shell_there = in_front(case) if at_once and not alone else False
    if shell_there:
        return _shell_cut(case, signal)
    if shell_there is None:
        return Cause(
            "stopped",
            f"It ended at {signal} with {case.code}. Either {case.program} is a shell that ended"
            " without waiting for its children, and they were killed with the container, or the"
            f" program has replaced it (`exec`), and says so that {signal} ended it. Nobody has"
            " seen which.",
            f"If there is no `exec` before its last command, put one there. Else: {LOOK}",
            POSSIBLE,
        )
    if below in (DIES, "") and at_once:
        return _no_handler(case, signal)
    after = f"{_seconds(case):.1f} s after {signal} " if case.asked else ""
    return Cause(
        "stopped",
        f"It ended {after}with {case.code}, which is how a program says that {signal} ended it."
        " Whether requests were cut can't be seen from outside.",
        "Run it by `gracekeeper run`, whose report counts them.",
        LIKELY,
    )


def _no_handler(case: Case, signal: str) -> Cause:
    """Tell of a program below an init: that it would die was seen, or nobody looked."""
    how = (
        f"so it ended at once, as the kernel's default is ({case.code}): whatever it was doing was"
        " cut"
    )
    fix = f"Let it handle {signal}; an init passes the signal on, and can do no more."
    if _below_init(case) == DIES:
        return Cause("no-handler", f"The program has no handler for {signal}, {how}.", fix)
    return Cause(
        "no-handler",
        f"Either the program has no handler for {signal}, {how}; or its handler ends it with"
        f" {case.code}, as many do, and nothing need be lost. Nobody has seen which.",
        LOOK,
        POSSIBLE,
    )


def _clean(case: Case) -> Cause:
    """Judge an exit 0, which says nothing about requests."""
    if line := words.said_stopping(case, words.LOSSES):
        told = f"It ended with 0 and lost work: `{line}`."
        return Cause("lost-requests", told, _graceful(case), LIKELY)
    if line := words.said_stopping(case, words.CUTS):
        return _cut(case, f"it says so: `{line}`", LIKELY)
    if in_front(case) and _quick(case) and _children(case):
        return _shell_cut(case, name(_number(case)))
    for program, signals in KNOWN.items():
        known = signals.get(_number(case))
        if known and case.mentions(program):
            if not known.drains and "cuts" in known.why:
                return _cut(case, f"{program}: {known.why}", LIKELY)
            return _stopped(case, f"{program}: {known.why}", LIKELY)
    if line := words.said_stopping(case, words.WAITS):
        return _stopped(case, f"it waited for them: `{line}`", LIKELY)
    return _stopped(case, "whether requests were cut can't be seen from outside", POSSIBLE)


def _cut(case: Case, why: str, sure: str) -> Cause:
    after = f" after {_seconds(case):.1f} s" if case.asked else ""
    return Cause(
        "cut-requests",
        f"It ended with 0{after}, and that does not mean that nothing was lost: {why}.",
        _graceful(case),
        sure,
    )


def _stopped(case: Case, why: str, sure: str) -> Cause:
    after = f" in {_seconds(case):.1f} s" if case.asked else ""
    return Cause("stopped", f"It stopped{after} with 0; {why}.", confidence=sure)


def _shell_cut(case: Case, signal: str) -> Cause:
    return Cause(
        "shell-cut-children",
        f"{_which(case)} is a shell: it ended at {signal} with {case.code} without waiting for its"
        " children, and they were killed with the container.",
        FORWARD if case.code != 0 else f"{EXEC} A trap that only exits cuts what runs.",
        CERTAIN if _children(case) and _dies(case) else LIKELY,
    )


def _dies(case: Case) -> bool:
    """Tell whether the shell was ended by the signal itself; a trap may have waited."""
    shells = (one for one in case.sightings if one.name in SHELLS)
    first = next(shells, None)
    return first is not None and first.before == DIES and _known(case)


def _which(case: Case) -> str:
    if case.container.init:
        return f"What docker-init runs ({case.program})"
    return f"PID 1 ({case.first})" if shell(case) else f"What {case.program} runs"


def _graceful(case: Case) -> str:
    if case.mentions("uwsgi"):
        return (
            "Set `hook-master-start = unix_signal:15 gracefully_kill_them_all` instead of"
            " `die-on-term`, or run it by `gracekeeper run`."
        )
    if case.mentions("nginx", "php-fpm"):
        return "Set `STOPSIGNAL SIGQUIT`: that is its graceful stop."
    if case.mentions("gunicorn", "uvicorn", "hypercorn"):
        return "Set `STOPSIGNAL SIGTERM`: that is its graceful stop."
    return "Run it by `gracekeeper run`, or let it finish what it began before it ends."


def _below_init(case: Case) -> str | None:
    """Return what a stop does to the program below an init, empty when nobody has seen that.

    None when there is no init.
    """
    if not wrapped(case):
        return None
    if words.said_stopping(case, words.HEARD):
        return CAUGHT
    below = (one for one in case.sightings[1:] if one.ppid == case.sightings[0].pid)
    return next((one.before for one in below if one.before and _known(case)), "")


def _known(case: Case) -> bool:
    """Tell whether what was seen of the processes is about the signal that was sent."""
    return case.asked is not None and case.asked.signal == case.container.signal


def _children(case: Case) -> bool:
    """Tell whether somebody who was not just passing by was there to the end."""
    life = case.life
    died, asked = life.died, case.asked
    if died is None or asked is None:
        return False
    return any(
        asked.at - one.first >= NS or one.first - life.started < NS
        for one in case.present
        if one is not case.sightings[0]
    )


def _number(case: Case) -> int:
    return case.asked.signal if case.asked else case.container.signal


def _outlasted(case: Case) -> bool:
    """Tell whether it lived on for so long that its end needs another reason."""
    life, given = case.life, case.container.grace_s
    return not life.stopped and 0 <= given + ROOM_S < _seconds(case)


def _quick(case: Case) -> bool:
    """Tell whether it ended at once; where the request is not known, it may have."""
    return _seconds(case) < QUICK_S


def _seconds(case: Case) -> float:
    end = case.life.died.at if case.life.died else case.state.finished
    return max(0, end - case.asked.at) / NS if case.asked else 0.0
