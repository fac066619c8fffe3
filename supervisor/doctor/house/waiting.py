"""For how long a stop is waited for, in the words of a sentence: also where nobody kills."""

from __future__ import annotations

from math import isinf


def period(seconds: float) -> str:
    """Return how a sentence calls the whole time."""
    return "a time without end" if isinf(seconds) else f"the whole grace period ({seconds:g} s)"


def cut(seconds: float) -> str:
    """Return the whole time, and what comes then."""
    then = "and nobody kills" if isinf(seconds) else "then KILL cuts"
    return f"{period(seconds)}, {then} what still runs"


def killed(seconds: float) -> str:
    """Return when something is killed: behind "is"."""
    return "killed by nobody" if isinf(seconds) else f"killed after {seconds:g} s"


def until(seconds: float, *, more: str = "") -> str:
    """Return for how long something is kept; `more`: what KILL costs."""
    return (
        "for ever: nobody kills it" if isinf(seconds) else f"until KILL after {seconds:g} s{more}"
    )
