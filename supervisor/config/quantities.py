"""Quantities as people write them: durations, sizes and shares."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from supervisor.config.mistakes import UnfitError

NUMBER = r"[0-9]+(?:\.[0-9]+)?"
DURATION = rf"(?:{NUMBER}(?:ms|s|m|h|d))+|{NUMBER}"
SIZE = rf"{NUMBER}\s*(?:[kKmMgGtT](?:i?[bB])?|[bB])?"
SHARE = rf"{NUMBER}\s*%"
SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: Any) -> float:
    """Read a number of seconds, or 500ms, 30s, 2m, 1h30m; UnfitError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        found = float(value)
    elif isinstance(value, str) and re.fullmatch(DURATION, value):
        parts = re.findall(rf"({NUMBER})(ms|[smhd]|)", value)
        found = sum(float(number) * SECONDS[unit] for number, unit in parts)
    else:
        raise UnfitError(f"it is {said(value)}")
    if not isfinite(found) or found < 0:
        raise UnfitError(f"it is {said(value)}")
    return found


def text_of(seconds_: float) -> str:
    """Write a duration as it is read best: 500ms, 30s, 2m, 1h30m."""
    if seconds_ < 1 and round(seconds_ * 1000):
        return f"{seconds_ * 1000:g}ms"
    if seconds_ < 60 or seconds_ % 60:
        return f"{seconds_:g}s"
    hours, minutes = divmod(int(seconds_) // 60, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "")


def said(value: Any) -> str:
    """Say what somebody wrote, for an error."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        shown = value if len(value) <= 60 else f"{value[:57]}..."
        return f'the text "{shown}"' if value else "an empty text"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "a table" if isinstance(value, dict) else "a date or a time"
