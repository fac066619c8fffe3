"""Signals by name and number (signal(7); the numbers of x86, ARM and most others)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# fmt: off
_NAMES: Final = (
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
)
# fmt: on
_OTHER_NAMES: Final = {"IOT": 6, "CLD": 17, "POLL": 29}
RTMIN, RTMAX = 34, 64  # the two below belong to glibc's threads


def name(number: int) -> str:
    """Return a signal's name, "signal N" for those that nobody knows."""
    if 1 <= number <= len(_NAMES):
        return f"SIG{_NAMES[number - 1]}"
    if RTMIN <= number <= RTMAX:
        return f"SIGRTMIN+{number - RTMIN}" if number > RTMIN else "SIGRTMIN"
    return f"signal {number}"


def number(text: str) -> int | None:
    """Read a name, with or without SIG, or a number from 1 to 64; None for anything else."""
    word = text.strip().upper().removeprefix("SIG")
    if word.isascii() and word.isdigit():
        return int(word) if len(word) < 10 and 1 <= int(word) <= RTMAX else None
    if word in _NAMES:
        return _NAMES.index(word) + 1
    if word in _OTHER_NAMES:
        return _OTHER_NAMES[word]
    for base, sign, start in (("RTMIN", "+", RTMIN), ("RTMAX", "-", RTMAX)):
        rest = word.removeprefix(base)
        if word.startswith(base) and (
            not rest or (rest[0] == sign and rest[1:].isdecimal() and len(rest) < 10)
        ):
            found = start + int(rest or 0)
            return found if RTMIN <= found <= RTMAX else None
    return None
