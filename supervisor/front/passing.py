"""How signals reach the command: what people write of it, read and refused."""

from __future__ import annotations

from supervisor.core.signalnames import number
from supervisor.errors import UsageError

NEVER = (9, 19)  # KILL and STOP can't be caught (signal(7))
FAULTS = (4, 5, 6, 7, 8, 11, 31)  # ... nor can be held: they are about us, not for the command
OURS = 17  # CHLD


def any_signal(text: str, where: str) -> int:
    """Read one signal; UsageError."""
    found = number(text)
    if found is None:
        raise UsageError(
            f"cannot read {text!r} as a signal ({where}): there is none by that name. Write e.g."
            " TERM, SIGTERM or 15."
        )
    return found


def signal(text: str, where: str) -> int:
    """Read one signal that can be waited for; UsageError."""
    found = any_signal(text, where)
    if found in (*NEVER, *FAULTS, OURS):
        raise UsageError(
            f"cannot wait for {text} ({where}): it can't be caught, or isn't for the command."
            " Choose another signal."
        )
    return found


def rewrites(written: tuple[str, ...], where: str = "--rewrite") -> tuple[tuple[int, int], ...]:
    """Read A:B pairs; B may be any signal, or 0 for none; UsageError."""
    pairs: dict[int, int] = {}
    for text in written:
        arrives, colon, sent = text.partition(":")
        if not colon:
            raise UsageError(
                f"cannot rewrite {text!r} ({where}): there is no colon. Write e.g. TERM:QUIT."
            )
        becomes = 0 if sent.strip() == "0" else any_signal(sent, where)
        pairs[signal(arrives, where)] = becomes
    return tuple(pairs.items())


def stops(text: str, where: str = "--stop-signals") -> tuple[int, ...]:
    """Read the signals that begin a stop; UsageError."""
    return tuple(dict.fromkeys(signal(word, where) for word in text.split(",")))


def codes(text: str, where: str = "--success-codes") -> tuple[int, ...]:
    """Read exit codes, 0 to 255; UsageError."""
    found = []
    for word in text.split(","):
        number_ = word.strip()
        if not (number_.isascii() and number_.isdigit() and int(number_) < 256):
            raise UsageError(
                f"cannot read {word!r} as an exit code ({where}). Write numbers from 0 to 255,"
                " e.g. 0,143."
            )
        found.append(int(number_))
    return tuple(found)
