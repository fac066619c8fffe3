"""The verdict on a report, the one that pages, terminals and answers tell: cause, sentence, fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from supervisor.report.causes import CALM, CONFIDENCES
from supervisor.report.verdict import recovers

if TYPE_CHECKING:
    from supervisor.render.model import Shutdown

CERTAIN, LIKELY, POSSIBLE = CONFIDENCES
# By what cut requests of which nobody could know more.
CUTS: Final = {
    "out-of-time": "grace-over",
    "hurried": "stopped-without-grace",
    "died": "failed-while-stopping",
}
PLATFORM: Final = (
    "`docker stop -t`, Compose's `stop_grace_period` or Kubernetes'"
    " `terminationGracePeriodSeconds`, and `--grace`"
)
KILL: Final = 9
KILLERS: Final = (
    "Find who kills: the kernel for memory (`dmesg`, the container's OOMKilled), a watchdog,"
    " `kill -9`."
)
LONGEST: Final = 60  # characters of a URI


@dataclass(frozen=True)
class Verdict:
    """How it went: `kind` is good, bad or unknown, `cause` one of report/causes.py."""

    kind: str
    cause: str
    sure: str
    told: str  # the sentence, as it was written first
    fix: str  # "" when there is nothing to change
    word: str  # the kind, for who sees no colours


def verdict(one: Shutdown) -> Verdict:
    """Judge a report: what is not known is not called good."""
    counted = _counted(one)
    guess = LIKELY if counted == "grace-over" else POSSIBLE
    own = counted, CERTAIN if one.counted else guess
    cause, sure = one.named or own
    if cause in CALM and one.requests.gone:  # a name does not undo a number
        cause, sure = own
    bad = counted not in CALM or (cause not in CALM and sure != POSSIBLE)
    unsure = one.requests.lost is None or one.met_kill
    kind = "bad" if bad else "unknown" if unsure else "good"
    seen = all(service.task or service.requests.lost is not None for service in one.services)
    good = "Nothing was lost" if seen else "No loss was seen"
    word = {"good": good, "bad": "Went wrong"}.get(kind, "Not all is known")
    return Verdict(kind, cause, sure, one.told, _fix(one), word)


def _counted(one: Shutdown) -> str:
    """Return the cause that numbers and moments tell of."""
    counts, alone = one.requests, not one.asked and not one.signal
    if counts.lost or (counts.gone and one.looked):
        return "lost-requests"
    if one.why:
        return "app-error" if one.services else "start-failed"
    if alone and one.code != 0 and not one.services:
        return "app-error"
    if counts.gone:
        return CUTS.get("" if alone else counts.cut, "cut-requests")
    if recovers(one.cluster):
        return "failed-while-stopping"
    for found in map(verdict, one.services):
        if found.kind == "bad":
            return found.cause
    if alone:
        return "ended"
    return "kept" if counts.lost == 0 else "stopped"


def _fix(one: Shutdown) -> str:
    own = [f"{s.name}: {fix}" for s in one.services if (fix := _fix(s))]
    if own:
        return " ".join(own)
    if one.fix is not None:
        return one.fix
    if one.why and not one.services:
        return "Correct the command, or what it needs in the image."
    if one.requests.gone:
        return _more_time(one)
    if recovers(one.cluster):
        return "Give the database's stop more time, so that it can write its checkpoint."
    if not one.signal and one.status == -KILL:
        return KILLERS
    if one.why or (not one.signal and one.code != 0):
        means = f"`gracekeeper explain {one.code}` says what its code can mean"
        return f"Read the service's own last lines; {means}."
    if one.killed:
        return _stubborn(one)
    return ""


def _more_time(one: Shutdown) -> str:
    budget, why = one.budget, one.requests.cut
    if why == "hurried":
        return (
            "Let whoever stops it ask once and wait: a second signal, a second later, leaves"
            f" only the reserve of {budget.reserve_s:g} s. Asked by: {one.sender}."
        )
    if why == "delay-over":
        return f"Raise `--drain-delay` above {budget.delay_s:g} s, or make transactions shorter."
    if why == "died":
        return (
            "Read its own last lines, and the kernel's (`dmesg`: out of memory?); the grace"
            " period was not the reason."
        )
    named = one.requests.lost_by_uri
    raised = f"Raise the grace period above {budget.grace_s:g} s ({PLATFORM})"
    if named:
        uri = _shortened(named[0][0])
        return f"{raised}, or make {uri} shorter: it still ran after {budget.kill_at:.1f} s."
    return (
        f"{raised}, or see whether it hears {one.signal or 'signals'} at all:"
        " `gracekeeper inspect PID` while it runs."
    )


def _shortened(uri: str) -> str:
    """Return a URI as far as a sentence can bear it; in a sentence a backtick begins code."""
    uri = uri.replace("`", "%60")
    return uri if len(uri) <= LONGEST else f"{uri[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _stubborn(one: Shutdown) -> str:
    left = [p for s in (one, *one.services) for p in s.processes if p.kind == "killed"]
    names = ", ".join(dict.fromkeys(f"{p.name} ({p.role})" for p in left[:3]))
    return f"Let {names} end at SIGTERM: it was still there and had to be killed."
