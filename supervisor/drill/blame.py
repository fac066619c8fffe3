"""Why requests were lost: the end's own cause, unless the counts know better. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.ops.causes.cause import LIKELY, Cause

if TYPE_CHECKING:
    from supervisor.drill.outcome import Outcome

HARMLESS: Final = ("stopped", "ended", "unknown")  # what an end is called that shows no loss
QUEUED: Final = "reset before headers"  # what closing a listener does to those in its queue
REUSED: Final = "on a reused connection"  # who came by one had left the queue long before
QUEUE_FIX: Final = (
    "Let newcomers go elsewhere before it closes its door (a drain delay, a preStop sleep), give it"
    " more workers, or run it by `gracekeeper run`, which answers those in the queue."
)
# What an end says of requests that nobody has counted, and what then helps.
UNSEEN: Final = re.compile(r"[.;] whether requests were cut can't be seen from outside", re.I)
COUNTED_FIX: Final = "Run it by `gracekeeper run`, whose report counts them."
CUT_FIX: Final = "Let it finish what it began before it ends, or run it by `gracekeeper run`."


def blame(outcome: Outcome) -> Cause | None:
    """Return why it went as it did; None when nobody knows, and nothing was lost."""
    known = _counted(outcome.end.cause) if outcome.loaded else outcome.end.cause
    if not outcome.lost or outcome.action == "kill" or (known and known.id not in HARMLESS):
        return known
    queued = _queued(outcome)
    cut = outcome.lost - queued
    facts = known.facts if known else ()
    before = f"{known.sentence} But " if known else ""
    if cut >= queued:
        was = "was cut while it was" if cut == 1 else "were cut while they were"
        told = f"{before}{cut} of the lost requests {was} being answered."
        return Cause("cut-requests", told, CUT_FIX, LIKELY, facts)
    them = "it" if queued == 1 else "them"
    told = (
        f"{before}{queued} of the lost requests waited in the listener's queue: the kernel had"
        f" accepted {them}, no worker had taken {them} yet, and closing the listener reset {them}."
    )
    return Cause("lost-requests", told, QUEUE_FIX, LIKELY, facts)


def _queued(outcome: Outcome) -> int:
    """Count who waited for a worker; over https nobody: a worker has shaken hands with each."""
    if outcome.secure:
        return 0
    reasons = outcome.tally.reasons().items()
    return sum(
        count
        for reason, count in reasons
        if reason.startswith(QUEUED) and not reason.endswith(REUSED)
    )


def _counted(known: Cause | None) -> Cause | None:
    """Leave out what an end can't tell of requests: a load has counted them."""
    if known is None or not UNSEEN.search(known.sentence):
        return known
    fix = "" if known.fix == COUNTED_FIX else known.fix
    return known.replace(sentence=UNSEEN.sub("", known.sentence), fix=fix)
