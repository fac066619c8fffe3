"""Outcomes as JSON's own types: drill.schema.json describes them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from supervisor.core.signalnames import name as signal_name
from supervisor.drill.blame import blame
from supervisor.drill.buckets import buckets
from supervisor.drill.outcome import ASKED, OVER, Outcome, Shortfall
from supervisor.drill.platforms import forecast
from supervisor.drill.verdict import Complaint, Limits, Verdict, judge
from supervisor.ops.case import to_json

if TYPE_CHECKING:
    from supervisor.drill.result import Result
    from supervisor.drill.tally import Tally

EVENT: Final = "drill"
SCHEMA: Final = 1
LOSSES: Final = 1000  # told one by one; the counts are of all
COUNTS: Final = ("answered", "turned_away", "refused", "lost")


def document(
    outcomes: Sequence[Outcome],
    limits: Limits | None = None,
    shortfall: Shortfall | None = None,
) -> dict[str, Any]:
    """Return one document of all trials of a site; ValueError for none.

    Times count from the moment at which the action was asked for, in seconds. `shortfall` says
    why the rest of the trials is missing: then it has not passed, however well those went.
    """
    if not outcomes:
        raise ValueError("cannot document a drill without an outcome")
    limits = limits or Limits()
    verdicts = [judge(one, limits) for one in outcomes]
    trials = [_trial(one, verdict) for one, verdict in zip(outcomes, verdicts, strict=True)]
    slowest = max(outcomes, key=lambda one: (one.end.killed, one.seconds))
    return {
        "event": EVENT,
        "schema": SCHEMA,
        "site": outcomes[0].site,
        "verdict": _verdict(_whole(outcomes, verdicts, shortfall)),
        "incomplete": _incomplete(len(outcomes), shortfall),
        "limits": {
            "fail_on": None if limits.fail_on is None else list(limits.fail_on),
            "seconds": limits.seconds,
            "codes": list(limits.codes),
        },
        "totals": {name: sum(getattr(one, name) for one in outcomes) for name in COUNTS},
        "platforms": _platforms(slowest) if slowest.action == "stop" else [],
        "trials": trials,
    }


def _incomplete(done: int, shortfall: Shortfall | None) -> dict[str, Any] | None:
    if shortfall is None:
        return None
    return {"done": done, "wanted": shortfall.wanted, "why": shortfall.why}


def _whole(
    outcomes: Sequence[Outcome], verdicts: Sequence[Verdict], shortfall: Shortfall | None = None
) -> Verdict:
    """Return the verdict on all: the one, or how many failed and what the first of them said."""
    if shortfall:
        site, done = outcomes[0].site, _whole(outcomes, verdicts)
        told = done.sentence.removeprefix(f"{site}: ")
        whole = f"{site}: only {len(outcomes)} of {shortfall.wanted} trials could be made; {told}"
        return Verdict(False, whole, done.complaints, done.remarks)
    if len(verdicts) == 1:
        return verdicts[0]
    bad = [one for one in verdicts if not one.ok]
    site = outcomes[0].site
    if not bad:
        which, one = next(
            (("one of them", one) for one in verdicts if one.remarks), ("the last", verdicts[-1])
        )
        told = one.sentence.removeprefix(f"{site}: ")
        whole = f"{site}: all of {len(verdicts)} trials passed; {which}: {told}"
        return Verdict(True, whole, remarks=one.remarks)
    told = bad[0].sentence.removeprefix(f"{site}: ")
    whole = f"{site}: {len(bad)} of {len(verdicts)} trials failed; the first of them: {told}"
    return Verdict(False, whole, bad[0].complaints, bad[0].remarks)


def _verdict(one: Verdict) -> dict[str, Any]:
    return {
        "ok": one.ok,
        "sentence": one.sentence,
        "complaints": _complaints(one.complaints),
        "remarks": _complaints(one.remarks),
    }


def _complaints(found: Sequence[Complaint]) -> list[dict[str, str]]:
    return [{"kind": one.kind, "sentence": one.sentence} for one in found]


def _platforms(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {
            "name": one.platform.name,
            "grace_s": one.platform.grace_s,
            "setting": one.platform.setting,
            "fits": one.fits,
            "tight": one.tight,
        }
        for one in forecast(outcome.seconds, killed=outcome.end.killed)
    ]


def _trial(outcome: Outcome, verdict: Verdict) -> dict[str, Any]:
    end, at, cause = outcome.end, outcome.tally.marks.get(ASKED), blame(outcome)
    return {
        "action": outcome.action,
        "signal": signal_name(outcome.signal) if outcome.signal else None,
        "grace_s": outcome.grace_s,
        "seconds": outcome.seconds,
        "exit_code": outcome.exit_code,
        "killed": end.killed,
        "wrong": end.wrong,
        "clean": outcome.clean,
        "verdict": _verdict(verdict),
        "requests": _requests(outcome),
        "lost": [] if at is None else [_loss(one, at) for one in _lost(outcome.tally)],
        "buckets": [] if at is None else buckets(outcome.tally, at),
        "over_s": _after(outcome.tally.marks.get(OVER), at),
        "phases": [
            {"name": one.name, "start_s": round(one.start_s, 3), "end_s": round(one.end_s, 3)}
            for one in end.phases
        ],
        "cause": to_json(cause) if cause else None,
        "log": list(end.log),
        "left": list(end.left),
        "hidden": list(end.hidden),
        "report": end.report,
    }


def _requests(outcome: Outcome) -> dict[str, Any]:
    """Return the counts, of all and of those before, inside and later; no parts without a load."""
    tally = outcome.tally
    parts = {}
    if ASKED in tally.marks:
        parts = {
            "before": _counts(tally.before(ASKED)),
            "inside": _counts(tally.in_flight(ASKED)),
            "later": _counts(tally.after(ASKED)),
        }
    return {
        "loaded": outcome.loaded,
        **_counts(tally),
        "unsent": tally.unsent,
        "late": tally.late,
        "statuses": {str(status): count for status, count in sorted(tally.statuses().items())},
        "parts": parts,
    }


def _counts(tally: Tally) -> dict[str, Any]:
    counts = {name: getattr(tally, name) for name in COUNTS}
    return {**counts, "p50_s": _round(tally.p50), "p99_s": _round(tally.p99)}


def _lost(tally: Tally) -> Sequence[Result]:
    return tally.lost_results()[:LOSSES]


def _loss(one: Result, at: float) -> dict[str, Any]:
    """Return a lost request; its query may hold a secret."""
    return {
        "path": one.path.partition("?")[0],
        "reason": one.reason,
        "client": one.client,
        "sent_s": _after(one.t_start, at),
        "accepted_s": _after(one.t_connected, at),
        "lost_s": _after(one.t_end, at),
    }


def _after(moment: float | None, at: float | None) -> float | None:
    return None if moment is None or at is None else round(moment - at, 4)


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
