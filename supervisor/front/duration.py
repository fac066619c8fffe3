"""Durations on a command line, read without `re`: 10, 10s, 500ms, 1m30s; as a file has them."""

from __future__ import annotations

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DIGITS = "0123456789"


def seconds(text: str) -> float:
    """Return a duration in seconds, which a number without a unit is; ValueError."""
    number = _number(text)
    found = float(number) if number and number == text else _sum(text)
    if found == float("inf"):  # so many digits
        raise ValueError(text)
    return found


def _number(text: str) -> str:
    """Return the digits that a text begins with; Python's own numbers are more than a file's."""
    after = text.lstrip(DIGITS)
    if after != text and after[:1] == "." and after[1:2] and after[1] in DIGITS:
        after = after[1:].lstrip(DIGITS)
    return text[: len(text) - len(after)]


def _sum(text: str) -> float:
    """Add up parts that each have a unit."""
    found, rest = 0.0, text
    while rest:
        number = _number(rest)
        after = rest[len(number) :]
        unit = after[:2] if after[:2] == "ms" else after[:1]
        if not number or unit not in UNITS:
            raise ValueError(text)
        found += float(number) * UNITS[unit]
        rest = after[len(unit) :]
    if not text:
        raise ValueError(text)
    return found
