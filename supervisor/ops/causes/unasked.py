"""Why a container ended that nobody had asked to."""

from __future__ import annotations

from typing import Any

from supervisor.core.signalnames import name
from supervisor.ops.case import Case
from supervisor.ops.causes import bycode, words
from supervisor.ops.causes.cause import LIKELY, POSSIBLE, Cause
from supervisor.ops.causes.reported import of_report
from supervisor.ops.life import KILL, NS

LOOP = 2  # restarts that make a loop
REST = "Until then, `docker update --restart=no`."
AT_ONCE_NS = NS  # a signal's default action takes no longer


def cause(case: Case) -> Cause:
    """Return why; of a container that is restarted over and over, that this is a loop."""
    found = _cause(case)
    times = max(case.state.restarts, case.ends - 1)
    if times < LOOP or case.container.policy == "no":
        return found
    given_up = case.state.status == "exited"  # `on-failure:2`, and it was the third time
    return found.replace(
        id="restart-loop",
        sentence=f"It is a restart loop ({case.container.policy}): {times} restarts, each ended by"
        f" itself. {found.sentence}",
        fix=found.fix if given_up else f"{found.fix} {REST}".strip(),
    )


def _cause(case: Case) -> Cause:
    if case.report:
        return _kept(case, case.report)
    if case.code == 137:
        return killed(case)
    if found := _sent(case):
        return found
    if case.code in (129, 130, 131, 143):
        return _signalled(case)
    return bycode.by_code(case)


_OWN = (
    "Or nobody did, and {code} is its own code (`exit {code}`), or one that it passed on from what"
    " it ran."
)


def _kept(case: Case, report: dict[str, Any]) -> Cause:
    """Tell of a service that ended below its keeper, which has its code, and not its last words."""
    found = of_report(report)
    if found.id != "app-error" or report.get("services"):
        return found
    if report["service"].get("status") == -KILL:
        return found.replace(id="child-killed")
    told = bycode.by_code(case)
    return found if told.confidence == POSSIBLE else told


def killed(case: Case) -> Cause:
    """Return who killed it, when that was not the engine."""
    if line := words.said(words.ending(case), words.KILLS):
        return Cause(
            "child-killed",
            "A process that it runs was killed, and PID 1 passed that on as its own code:"
            f" `{line}`.",
            "Find who kills: the kernel for memory (`dmesg`), a watchdog, `kill -9`.",
            LIKELY,
        )
    sent = " and ".join(dict.fromkeys(name(one.signal) for one in case.life.kills))
    told = f"had sent {sent}, but no KILL" if sent else "sent no signal"
    own = "" if sent else f" {_OWN.format(code=case.code)}"
    return Cause(
        "killed-from-host",
        f"Somebody on the host killed PID 1 (`kill -9`), or the kernel did: the engine {told},"
        f" and it told of no lack of memory at that time.{own}",
        "Look who may signal it on the host: `dmesg`, systemd-oomd, a node's shutdown, people.",
        LIKELY if sent else POSSIBLE,
    )


def _sent(case: Case) -> Cause | None:
    """Tell of a signal that is no request to stop, and that ended it all the same."""
    life, number = case.life, case.code - 128
    last = next((one for one in reversed(life.kills) if one.signal == number), None)
    if not last or not life.died or life.died.at - last.at >= AT_ONCE_NS:
        return None
    return Cause(
        "killed-by-request",
        f"Somebody asked the engine to send it {name(number)} (`docker kill -s`), and that ended it"
        " at once, so whatever ran was cut.",
        "Use `docker stop` to stop it; else let it handle that signal.",
        LIKELY,
    )


def _signalled(case: Case) -> Cause:
    signal, inside = name(case.code - 128), bool(bycode.asking(case))
    who = (
        "a `docker exec` that ran just before (`kill 1`)"
        if inside
        else "somebody on the host, or inside (`docker exec`, an own `kill`)"
    )
    own = "" if inside else f" {_OWN.format(code=case.code)}"
    return Cause(
        "signalled-from-host",
        f"{signal} ended it, and the engine had not sent that just before: {who} did.{own}",
        "Stop it by `docker stop`, so that everybody knows of it.",
        LIKELY if inside else POSSIBLE,
    )
