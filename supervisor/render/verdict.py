"""The verdict: one sentence with the cause, and what to change about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from supervisor.render.model import Shutdown

SHUT_DOWN: Final = ("shut down", "shut down in recovery")
PLATFORM: Final = (
    "`docker stop -t`, Compose's `stop_grace_period` or Kubernetes'"
    " `terminationGracePeriodSeconds`, and `--grace`"
)
LONGEST: Final = 60  # characters of a URI
BESIDE: Final = (
    re.compile(r" Give more (?:grace|of it), or make them shorter\."),
    re.compile(r" \d+ (?:served while stopping|turned away with a 503)(?:, [^.]*)?\.(?= )"),
    re.compile(r" Exit \d+\.$"),
)


@dataclass(frozen=True)
class Verdict:
    """How it went: `kind` is good, bad or unknown."""

    kind: str
    cause: str
    fix: str  # "" when there is nothing to change
    word: str  # the kind, for who sees no colours


def verdict(one: Shutdown) -> Verdict:
    """Judge a report: what is not known is not called good."""
    kind = _kind(one)
    seen = all(service.task or service.requests.lost is not None for service in one.services)
    good = "Nothing was lost" if seen else "No loss was seen"
    word = {"good": good, "bad": "Went wrong"}.get(kind, "Not all is known")
    return Verdict(kind, cause(one), _fix(one), word)


def cause(one: Shutdown) -> str:
    """Return the keeper's own sentence without what is told beside it: counts, advice, code."""
    text = one.told
    for beside in BESIDE:
        text = beside.sub("", text)
    return text


def lost(one: Shutdown) -> bool:
    """Tell whether requests were lost, or may have been when they were cut."""
    counts = one.requests
    return bool(counts.lost) or (counts.lost is None and bool(counts.cut))


def _kind(one: Shutdown) -> str:
    if lost(one) or one.why or _recovers(one) or any(_kind(s) == "bad" for s in one.services):
        return "bad"
    if not one.signal and one.code != 0:
        return "bad"
    return "unknown" if one.requests.lost is None or one.killed else "good"


def _recovers(one: Shutdown) -> bool:
    return one.cluster not in ("", *SHUT_DOWN)


def _fix(one: Shutdown) -> str:
    own = [f"{s.name}: {fix}" for s in one.services if (fix := _fix(s))]
    if own:
        return " ".join(own)
    if one.fix is not None:
        return one.fix
    if one.why:
        return "Correct the command, or what it needs in the image."
    if lost(one):
        return _more_time(one)
    if _recovers(one):
        return "Give the database's stop more time, so that it can write its checkpoint."
    if not one.signal and one.code != 0:
        return "Read the service's own last lines; `gracekeeper explain` says what its code means."
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
