"""The decision: which kind of end it was, then why."""

from __future__ import annotations

from supervisor.ops.case import Case
from supervisor.ops.causes import asked, stubborn, unasked, unstarted
from supervisor.ops.causes.cause import CERTAIN, LIKELY, POSSIBLE, Cause
from supervisor.ops.causes.facts import facts
from supervisor.ops.life import KILL, NS

AT_ONCE_NS = NS // 4  # `docker stop -t 0` sends both signals within it


def cause(case: Case) -> Cause:
    """Return why a container ended; "unknown" where the evidence leaves several."""
    found = _cause(case)
    if case.state.oom and found.id not in ("out-of-memory", "child-out-of-memory"):
        found = _sticky(found)
    return found.replace(facts=facts(case))


def _cause(case: Case) -> Cause:
    state, life = case.state, case.life
    if not life.died and state.status == "created":
        return unstarted.cause(case)
    if not life.died and state.status in ("running", "paused"):
        return _running(case)
    if not case.events:
        return _without_events(case)
    if case.container.policy != "no" and state.status == "exited" and _in_back_off(case):
        return _back_off(case)
    if case.code == 137 and (life.oom or _oom_state(case)) and not life.killed:
        return _out_of_memory(case)
    if life.killed:
        return _killed(case)
    if life.asked(case.container.signal):
        return asked.cause(case)
    return unasked.cause(case)


def _running(case: Case) -> Cause:
    told = f"It has not ended: it is {case.state.status}."
    if case.life.asked(case.container.signal):
        told = f"It was asked to stop, and has not ended: it is {case.state.status}."
    fix = "Ask how its stop goes: `gracekeeper inspect CONTAINER`."
    return Cause("running", told, fix)


def _killed(case: Case) -> Cause:
    """Tell who sent the KILL: the end of a grace period, or somebody who wanted no grace."""
    life = case.life
    first, last = life.asked(case.container.signal), life.killed
    assert last  # noqa: S101 - its caller has looked
    if case.container.signal == KILL:
        return Cause(
            "stopped-without-grace",
            "Its stop signal is SIGKILL, so it was never asked, and whatever ran was cut.",
            "Leave STOPSIGNAL (`stop_signal`) out, or name the signal that it ends at.",
        )
    if first and first.at < last.at and last.at - first.at >= AT_ONCE_NS:
        return stubborn.cause(case)
    if first:
        return Cause(
            "stopped-without-grace",
            f"It was stopped with a grace period of 0 s: KILL came {_ms(last.at - first.at)} after"
            " the stop signal, so whatever ran was cut.",
            "Give it a grace period: leave `-t 0` (`--timeout 0`) out.",
        )
    if life.destroyed and not life.stopped and not case.container.removes:
        return Cause(
            "removed-by-force",
            "It was removed by force (`docker rm -f`, which is KILL without a stop signal), so"
            " whatever ran was cut.",
            "Use `docker stop` and then `docker rm`.",
        )
    return Cause(
        "killed-by-request",
        "Somebody asked the engine to kill it (`docker kill`, or `docker rm -f`): KILL without a"
        " stop signal before, so whatever ran was cut.",
        "Use `docker stop`, which asks first.",
    )


def _out_of_memory(case: Case) -> Cause:
    limit = case.container.limit
    told = f" of {limit / (1 << 20):.0f} MiB" if limit else ""
    return Cause(
        "out-of-memory",
        f"The kernel killed it: out of memory, at the container's limit{told}. Nobody asked for"
        " a stop, and no grace period applies.",
        "Find what grows, give the container more memory, or run fewer workers (`--recycle-*`"
        " replaces those of uWSGI before they are too large).",
        CERTAIN if case.life.oom else LIKELY,
    )


def _sticky(found: Cause) -> Cause:
    """Tell that OOMKilled is about a child: the flag stays for the rest of the life."""
    return found.replace(
        id="child-out-of-memory" if found.id in ("kept", "stopped", "ended") else found.id,
        sentence=f"OOMKilled is about a child that the kernel killed for memory, not about this"
        f" end. {found.sentence}",
        fix=f"Find which child grows, or raise the memory limit. {found.fix}".strip(),
    )


def _oom_state(case: Case) -> bool:
    """Tell whether only the flag is left: with the events gone, it is about PID 1 at best."""
    return case.state.oom and not case.life.started


def _in_back_off(case: Case) -> bool:
    """Tell whether the stop found nobody: no signal in the last life, which ended before."""
    return case.life.stopped and not case.life.told


def _back_off(case: Case) -> Cause:
    before = unasked.cause(case)
    return Cause(
        "stopped-in-back-off",
        f"It was stopped while it waited for its next restart, so nothing was signalled and the"
        f" code {case.code} is that of the end before. {before.sentence}",
        before.fix,
        before.confidence,
    )


def _without_events(case: Case) -> Cause:
    """Decide from what inspect and the log have: the engine keeps about 256 events."""
    code = case.code
    if case.report:
        return asked.cause(case)
    if code == 137 and case.state.oom:
        return _out_of_memory(case)
    if code == 137:
        return Cause(
            "unknown",
            "Something killed it: the grace period's end, `docker kill`, or the host. The events"
            " that tell which of them are no longer kept.",
            "Record the next one: `gracekeeper watch CONTAINER`.",
            POSSIBLE,
        )
    found = asked.cause(case) if code in (0, 130, 143) else unasked.cause(case)
    return found.replace(confidence=POSSIBLE)


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.0f} ms"
