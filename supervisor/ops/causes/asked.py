"""Why a container ended that was asked to, within its grace period."""

from __future__ import annotations

from supervisor.core.signalnames import name
from supervisor.ops.behaviour import KNOWN, WRAPPERS
from supervisor.ops.case import Case
from supervisor.ops.causes import unasked, words
from supervisor.ops.causes.cause import CERTAIN, LIKELY, POSSIBLE, Cause
from supervisor.ops.causes.reported import of_report
from supervisor.ops.causes.stubborn import EXEC, shell
from supervisor.ops.disposition import DIES
from supervisor.ops.life import NS
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
    if code in (128 + case.container.signal, 128 + 15, 128 + 2):
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
        )
    if code == 137:
        return unasked.killed(case)  # not by the engine, which has sent no KILL
    found = unasked.by_code(case)
    if found.id in ("module-code", "segfault", "aborted", "child-killed"):
        return found
    return Cause(
        "failed-while-stopping",
        f"It was asked to stop, and failed on the way: it ended with {code}"
        f"{unasked.quoted(words.error(case.log) or words.last(case.log))}.",
        "Read what it says; what it was doing may have been cut.",
        LIKELY,
    )


def _by_signal(case: Case) -> Cause:
    """Tell apart the three that end with 128 + n: a shell, a default action, a convention."""
    signal, after_s = name(case.code - 128), _seconds(case)
    alone = bool(case.sightings) and not _children(case)
    if _shell_in_front(case) and after_s < QUICK_S and not alone:
        return _shell_cut(case, signal)
    if (below := _below_init(case)) is not None and after_s < QUICK_S:
        sure = CERTAIN if below == DIES else LIKELY
        return Cause(
            "no-handler",
            f"The program has no handler for {signal}, so it ended at once, as the kernel's"
            f" default is ({case.code}): whatever it was doing was cut.",
            f"Let it handle {signal}; an init passes the signal on, and can do no more.",
            sure,
        )
    return Cause(
        "stopped",
        f"It ended {after_s:.1f} s after {signal} with {case.code}, which is how a program says"
        " that this ended it. Whether requests were cut can't be seen from outside.",
        "Run it by `gracekeeper run`, whose report counts them.",
        LIKELY,
    )


def _clean(case: Case) -> Cause:
    """Judge an exit 0, which says nothing about requests."""
    if line := words.said(case.log, words.LOSSES):
        return Cause("lost-requests", f"It ended with 0 and lost work: `{line}`.", _graceful(case))
    if line := words.said(case.log, words.CUTS):
        return _cut(case, f"it says so: `{line}`", LIKELY)
    if _shell_in_front(case) and _seconds(case) < QUICK_S and _children(case):
        return _shell_cut(case, name(case.container.signal))
    for program, signals in KNOWN.items():
        known = signals.get(case.container.signal)
        if known and case.mentions(program):
            if not known.drains and "cuts" in known.why:
                return _cut(case, f"{program}: {known.why}", LIKELY)
            return _stopped(case, f"{program}: {known.why}", LIKELY)
    if line := words.said(case.log, words.WAITS):
        return _stopped(case, f"it waited for them: `{line}`", LIKELY)
    return _stopped(case, "whether requests were cut can't be seen from outside", POSSIBLE)


def _cut(case: Case, why: str, sure: str) -> Cause:
    return Cause(
        "cut-requests",
        f"It ended with 0 after {_seconds(case):.1f} s, and that does not mean that nothing was"
        f" lost: {why}.",
        _graceful(case),
        sure,
    )


def _stopped(case: Case, why: str, sure: str) -> Cause:
    return Cause("stopped", f"It stopped in {_seconds(case):.1f} s with 0; {why}.", confidence=sure)


def _shell_cut(case: Case, signal: str) -> Cause:
    return Cause(
        "shell-cut-children",
        f"{_which(case)} is a shell: it ended at {signal} with {case.code} without waiting for its"
        " children, and they were killed with the container.",
        FORWARD if case.code != 0 else f"{EXEC} A trap that only exits cuts what runs.",
        CERTAIN if _children(case) else LIKELY,
    )


def _which(case: Case) -> str:
    return f"PID 1 ({case.program})" if shell(case) else f"What {case.program} runs"


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


def _shell_in_front(case: Case) -> bool:
    if shell(case):
        return True
    parts = [word.rpartition("/")[2] for word in case.container.argv]
    init = case.container.init or case.program in WRAPPERS
    return init and any(part in SHELLS or part.endswith(".sh") for part in parts[:4])


def _below_init(case: Case) -> str | None:
    """Return what a stop does to the program below an init; None when there is no init."""
    if not case.container.init and case.program not in WRAPPERS:
        return None
    return next((one.before for one in case.sightings[1:] if one.before), "")


def _children(case: Case) -> bool:
    """Tell whether somebody who was not just passing by was there to the end."""
    life = case.life
    died, asked = life.died, life.asked(case.container.signal)
    if died is None or asked is None:
        return False
    return any(
        died.at - one.last < NS and (asked.at - one.first >= NS or one.first - life.started < NS)
        for one in case.sightings[1:]
    )


def _seconds(case: Case) -> float:
    life = case.life
    end = life.died.at if life.died else case.state.finished
    first = life.asked(case.container.signal)
    return max(0, end - first.at) / NS if first else 0.0
