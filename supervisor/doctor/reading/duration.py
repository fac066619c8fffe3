"""Durations as Compose and Kubernetes write them: `1m30s`, `500ms`, `10`; in seconds."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
UNLESS: Final = re.compile(r"[\"']?\$\{\w+:?-(?P<value>[^}$]+)\}[\"']?")
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(us|µs|ms|s|m|h|d)?")


def duration(text: str) -> float | None:
    """Return seconds; None for what is no duration, or has a variable in it."""
    left, total = text.strip(), 0.0
    if not left or len(left) > 40:
        return None
    while left:
        match = _PART.match(left)
        if match is None or (match[2] is None and match[0] != left):
            return None
        total += float(match[1]) * _UNITS[match[2] or "s"]
        left = left[match.end() :]
    return total


def unless(text: str) -> str:
    """Return the value of `${NAME:-value}`: what counts unless a variable is set; else ""."""
    found = UNLESS.fullmatch(text.strip())
    return found["value"] if found else ""
