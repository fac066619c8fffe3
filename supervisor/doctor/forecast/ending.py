"""The end of a service whose requests need so many seconds: when, which code, what is lost."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.forecast.fate import AT_ONCE_S, KILLED, UNKNOWN
from supervisor.doctor.knowledge.servers import CUT, KEPT
from supervisor.doctor.scripts.ends import GRACE, NOW

if TYPE_CHECKING:
    from supervisor.doctor.forecast.forecast import Forecast

LONG_S: Final = 1e9
"""A request that is never done: the worst that may come."""


class Ending(Record):
    """`seconds` from the request to stop; `request`: KEPT, CUT, ERROR, or empty without one.

    `finished`  the program at the end was told, and ended by itself; None: nobody can tell
    """

    seconds: float
    code: int | None
    request: str
    finished: bool


def ending(forecast: Forecast, needs_s: float) -> Ending | None:
    """Return it; None where nobody can tell. A stop that waits needs no less than its requests."""
    fate, left, before = forecast.fate, forecast.left_s, forecast.prestop_s
    if fate.ends == UNKNOWN or left is None or before is None:
        return None
    if forecast.programs:
        return _supervised(forecast, needs_s, left)
    after = max(0.0, needs_s - before)  # the hook's seconds are time to serve
    request = fate.request if after or fate.request != CUT else KEPT
    if fate.ends == GRACE:
        return _killed(forecast, left, request, after)
    if fate.ends == NOW:
        lasts = max(AT_ONCE_S, fate.least_s)
        if lasts > left:
            return _killed(forecast, left, request, after)
        if fate.request == KEPT and after > lasts:
            request = CUT
        return Ending(before + lasts, fate.code, request, fate.told and request in (KEPT, ""))
    late = fate.limit_s is not None and after > fate.limit_s
    waits = min(after, fate.limit_s) if fate.limit_s is not None else after
    lasts = max(waits + AT_ONCE_S if request else AT_ONCE_S, fate.least_s)
    if late and fate.limit_s == fate.least_s:
        lasts = fate.least_s  # it is killed then
    if lasts > left:
        return _killed(forecast, left, request, after)
    request = CUT if late and request == KEPT else request
    return Ending(before + lasts, fate.code, request, fate.told and not late)


def worst_s(forecast: Forecast) -> float | None:
    """Return the seconds that it may take at most; None where nobody can tell."""
    found = ending(forecast, LONG_S)
    return found.seconds if found else None


def _killed(forecast: Forecast, left: float, request: str, after: float) -> Ending:
    """Answer what is done before SIGKILL."""
    request = CUT if request == KEPT and after > left else request
    code = None if isinf(left) else KILLED  # nobody kills it
    return Ending((forecast.prestop_s or 0.0) + left, code, request, False)


def _supervised(forecast: Forecast, needs_s: float, left: float) -> Ending | None:
    """Stop groups one after another; each program is waited for, and then killed."""
    at, finished, request = 0.0, True, ""
    for group in forecast.programs:
        ends = []
        for one in group:
            found = ending(one, max(0.0, needs_s - at))
            if found is None:
                return None
            ends.append(found)
        lasts = max((one.seconds for one in ends), default=0.0)
        told = {one.request for one in ends}
        if at + lasts > left:
            cut = CUT if told - {""} or request else ""
            return _killed(forecast, left, cut, needs_s)
        at += lasts
        finished = finished and all(one.finished for one in ends)
        request = next((one for one in (CUT, "500", KEPT) if one in {request, *told}), "")
    code = forecast.fate.code
    return Ending((forecast.prestop_s or 0.0) + max(at, AT_ONCE_S), code, request, finished)
