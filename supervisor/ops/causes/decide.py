"""The decision: which kind of end it was, then why."""

from __future__ import annotations

from supervisor.ops.case import Case
from supervisor.ops.causes import asked, stubborn, unasked, unstarted, words
from supervisor.ops.causes.cause import CERTAIN, LIKELY, POSSIBLE, Cause
from supervisor.ops.causes.facts import facts
from supervisor.ops.causes.front import in_front, wrapped
from supervisor.ops.life import KILL, NS

AT_ONCE_NS = NS // 4  # `docker stop -t 0` sends both signals within it
STARVED_NS = NS  # from the kernel's oom to the end that it makes: 0.2 s on a busy machine
REMOVED_NS = 10 * NS  # from the end to its removal, where both were asked for at once


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
    if case.vanished:
        return _vanished(case)
    if not case.events:
        return _without_events(case)
    if case.container.policy != "no" and state.status == "exited" and _in_back_off(case):
        return _back_off(case)
    if case.code == 137 and not life.killed and (sure := _starved(case)):
        return _out_of_memory(case, sure)
    if life.killed and case.code == 137:
        return _killed(case)
    if case.asked:
        return asked.cause(case)
    if life.stopped and not case.report:  # by a signal that no event tells of, nor when
        return asked.cause(case).replace(confidence=POSSIBLE)
    return unasked.cause(case)


def _running(case: Case) -> Cause:
    told = f"It has not ended: it is {case.state.status}."
    if case.asked:
        told = f"It was asked to stop, and has not ended: it is {case.state.status}."
    fix = "Ask how its stop goes: `gracekeeper inspect CONTAINER`."
    return Cause("running", told, fix)


def _vanished(case: Case) -> Cause:
    """Tell of a container whose removal is all that is known of its end."""
    if [one.action for one in case.events][:1] == ["create"] and not case.life.started:
        return Cause("not-started", "It was created and removed, and never started.")
    return Cause(
        "unknown",
        "It was removed, and how it had ended is forgotten: the engine keeps the last 256 events of"
        " all containers.",
        "Record the next one: `gracekeeper watch CONTAINER`.",
        POSSIBLE,
    )


def _killed(case: Case) -> Cause:
    """Tell who sent the KILL: the end of a grace period, or somebody who wanted no grace."""
    life = case.life
    first, last = case.asked, life.killed
    assert last  # noqa: S101 - its caller has looked
    if case.container.signal == KILL:
        return Cause(
            "stopped-without-grace",
            "Its stop signal is SIGKILL, so it was never asked, and whatever ran was cut.",
            "Leave STOPSIGNAL (`stop_signal`) out, or name the signal that it ends at.",
        )
    if first and last.at - first.at >= AT_ONCE_NS:
        return stubborn.cause(case)
    if first:
        return Cause(
            "stopped-without-grace",
            f"It was stopped with a grace period of 0 s: KILL came {_ms(last.at - first.at)} after"
            " the stop signal, so whatever ran was cut.",
            "Give it a grace period: leave `-t 0` (`--timeout 0`) out.",
            CERTAIN if life.stopped else LIKELY,
        )
    return _unheard(case) if life.stopped else _by_hand(case)


def _unheard(case: Case) -> Cause:
    """Tell of a `docker stop`, which always asks first, whose stop signal is not among the events.

    The events begin later, or, where the start is known, watching did, or it could not be sent.
    """
    return Cause(
        "grace-over",
        "It was stopped (`docker stop`) and killed, so its grace period ran out: when it began is"
        " not known, because the events have no stop signal.",
        "Record the next one: `gracekeeper watch CONTAINER`.",
        POSSIBLE if case.life.started else LIKELY,
    )


def _by_hand(case: Case) -> Cause:
    """Tell of a KILL that no `docker stop` has sent."""
    life = case.life
    at_once = life.died and 0 <= life.destroyed - life.died.at < REMOVED_NS
    if at_once and not case.container.removes:
        return Cause(
            "removed-by-force",
            "It was killed and removed by force (`docker rm -f`, or `docker kill` and `docker rm`):"
            " KILL without a stop signal, so whatever ran was cut.",
            "Use `docker stop` and then `docker rm`.",
            LIKELY,
        )
    return Cause(
        "killed-by-request",
        "Somebody asked the engine to kill it (`docker kill`, or `docker rm -f`): KILL without a"
        " stop signal before, so whatever ran was cut.",
        "Use `docker stop`, which asks first.",
        CERTAIN if life.started else LIKELY,
    )


def _out_of_memory(case: Case, sure: str) -> Cause:
    limit = case.container.limit
    told = f", at the container's limit of {limit / (1 << 20):.0f} MiB" if limit else ""
    line = words.said(words.ending(case), words.SHELL_KILLS)
    below = bool(line or in_front(case) or wrapped(case) or case.report)
    asked_too = "It was stopping, and" if case.asked else "Nobody asked for a stop, and"
    nobody = f" {asked_too} no grace period applies." if case.events else ""
    said = f": `{line}`" if line else ""
    passed_on = f" PID 1 passed that on as its own code, {case.code}{said}." if below else ""
    return Cause(
        "child-out-of-memory" if below else "out-of-memory",
        f"The kernel killed {'what PID 1 runs' if below else 'it'}: out of memory{told}.{passed_on}"
        f"{nobody}",
        "Find what grows, give the container more memory, or run fewer workers (`--recycle-*`"
        " replaces those of uWSGI before they are too large).",
        sure,
    )


def _sticky(found: Cause) -> Cause:
    """Tell that OOMKilled is about a child: the flag stays for the rest of the life."""
    return found.replace(
        id="child-out-of-memory" if found.id in ("kept", "stopped", "ended") else found.id,
        sentence=f"OOMKilled is about a child that the kernel killed for memory, not about this"
        f" end. {found.sentence}",
        fix=f"Find which child grows, or raise the memory limit. {found.fix}".strip(),
    )


def _starved(case: Case) -> str:
    """Tell how sure it is that memory ended PID 1; an oom long before the end was a child's."""
    life = case.life
    if life.died and life.oom:  # whose it was is not told
        return LIKELY if abs(life.died.at - life.oom[-1]) < STARVED_NS else ""
    return LIKELY if case.state.oom and not life.started else ""


def _in_back_off(case: Case) -> bool:
    """Tell whether the stop found nobody: no signal in the last life, which ended before."""
    return bool(case.life.started) and case.life.stopped and not case.life.told


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
        return _out_of_memory(case, LIKELY)
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
