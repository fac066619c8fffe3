"""The verdict on an outcome, within limits that somebody chose. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from supervisor.core.signalnames import name as signal_name
from supervisor.drill.outcome import ASKED, KILL

if TYPE_CHECKING:
    from supervisor.drill.outcome import Outcome

LOST, EXIT, SLOW = KINDS = ("lost", "exit", "slow")
ERRORS = "errors"  # answers that were none of what was asked for: told, and never to fail it


@dataclass(frozen=True, slots=True)
class Limits:
    """What an outcome is judged by.

    `fail_on`  which of lost, exit and slow fail it; None: all, of a kill the exit code alone,
               because whoever is killed loses what it is doing
    `seconds`  how long the end may take; None: as long as the grace period
    `codes`    the exit codes that are right; none: 128 + the signal, or 0
    """

    fail_on: tuple[str, ...] | None = None
    seconds: float | None = None
    codes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Complaint:
    """What was not right: lost, exit, slow or errors, and in words."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`complaints` fail it, the first is the worst; `remarks` don't, because nobody asked.

    `sentence` tells all complaints, and of one that passed its remarks.
    """

    ok: bool
    sentence: str
    complaints: tuple[Complaint, ...] = ()
    remarks: tuple[Complaint, ...] = ()


def judge(outcome: Outcome, limits: Limits | None = None) -> Verdict:
    """Return what an outcome comes to."""
    limits = limits or Limits()
    fail_on = limits.fail_on
    if fail_on is None:
        fail_on = (EXIT,) if outcome.action == "kill" else KINDS
    found = [*_lost(outcome), *_exit(outcome, limits), *_slow(outcome, limits), *_errors(outcome)]
    bad = tuple(one for one in found if one.kind in fail_on)
    remarks = tuple(one for one in found if one.kind not in fail_on)
    told = bad or remarks
    said = " ".join(one.sentence for one in told)
    sentence = said if bad else f"{_good(outcome)} {said}".rstrip()
    return Verdict(not bad, f"{outcome.site}: {sentence}", bad, remarks)


def _lost(outcome: Outcome) -> list[Complaint]:
    if not outcome.lost:
        return []
    told = f"{_requests(outcome.lost)} lost of {outcome.tally.accepted} accepted{_whose(outcome)}."
    return [Complaint(LOST, told)]


def _whose(outcome: Outcome) -> str:
    """Say how many of those lost were inside when it was asked."""
    tally = outcome.tally
    if ASKED not in tally.marks:
        return ""
    then = tally.in_flight(ASKED)
    if then.lost:
        return f", {then.lost} of the {then.accepted} that were inside"
    if tally.after(ASKED).lost == tally.lost:
        return f": {'it' if tally.lost == 1 else 'they'} came after {_order(outcome)}"
    return f", none of the {then.accepted} that were inside" if then.accepted else ""


def _exit(outcome: Outcome, limits: Limits) -> list[Complaint]:
    end, code = outcome.end, outcome.exit_code
    found = []
    if end.wrong:
        found.append(Complaint(EXIT, f"The {outcome.action} failed: {end.wrong}."))
    right = limits.codes or outcome.expected_codes or outcome.usual
    if code is not None and code not in right:
        wanted = " or ".join(str(one) for one in right)
        why = " by KILL at the end of its grace period" if end.killed else ""
        found.append(Complaint(EXIT, f"It ended with {code}{why}, not {wanted}."))
    elif end.killed:
        found.append(Complaint(EXIT, "It was killed at the end of its grace period."))
    return found


def _slow(outcome: Outcome, limits: Limits) -> list[Complaint]:
    seconds, most = outcome.seconds, limits.seconds
    if most is not None and seconds > most:
        return [Complaint(SLOW, f"It took {seconds:.1f} s, and {most:g} s is the limit.")]
    if most is None and outcome.end.killed:
        grace = f" of {outcome.grace_s:g} s" if outcome.grace_s is not None else ""
        return [Complaint(SLOW, f"Its grace period{grace} was too short for it.")]
    return []


def _errors(outcome: Outcome) -> list[Complaint]:
    """Tell of complete answers that help nobody: a load of nothing else proves nothing."""
    tally = outcome.tally
    statuses = tally.statuses()
    if statuses and not any(200 <= status < 400 for status in statuses):
        told = ", ".join(f"{count} x {status}" for status, count in statuses.most_common(3))
        return [Complaint(ERRORS, f"No answer was 2xx or 3xx: {told}.")]
    failed, before = tally.failed, tally.before(ASKED).failed if ASKED in tally.marks else 0
    if failed == before:
        return []
    were = "answer was" if failed == 1 else "of the answers were"
    earlier = f"{before} of them" if before else "none"
    return [Complaint(ERRORS, f"{failed} {were} 5xx, {earlier} before {_order(outcome)}.")]


def _good(outcome: Outcome) -> str:
    """Say that all is well, and what that was seen by."""
    code = f" with {outcome.exit_code}" if outcome.exit_code is not None else ""
    done = {
        "stop": f"it ended {outcome.seconds:.1f} s after {_asked(outcome)}{code}",
        "restart": f"it was restarted in {outcome.seconds:.1f} s",
        "recycle": f"its workers were replaced in {outcome.seconds:.1f} s",
        "kill": f"it was killed{code}",
    }[outcome.action]
    if not outcome.loaded:
        return f"{done}; without a load nobody knows whether requests would be lost."
    if outcome.lost:
        return f"{done}."
    away = f", {outcome.turned_away} turned away" if outcome.turned_away else ""
    away += f", {outcome.refused} refused" if outcome.refused else ""
    return f"nothing was lost of {outcome.tally.accepted} accepted requests{away}; {done}."


def _requests(count: int) -> str:
    return f"{count} request was" if count == 1 else f"{count} requests were"


def _asked(outcome: Outcome) -> str:
    return _by_signal(outcome) or "it was asked"


def _order(outcome: Outcome) -> str:
    return _by_signal(outcome) or f"the {outcome.action}"


def _by_signal(outcome: Outcome) -> str:
    return signal_name(outcome.signal) if 0 < outcome.signal != KILL else ""
