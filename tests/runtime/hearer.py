"""A command that says what it hears, and ends by the one that it is told to end by.

usage: hearer.py ENDS_BY [own]    `own`: a descendant of its own hears the group's signals, too
"""

from __future__ import annotations

import os
import signal
import sys

EVERY = set(range(1, 65)) - {9, 19, 32, 33, 17}
CODE = 40


def say(line: str) -> None:
    """In one write: two of us share a pipe."""
    os.write(1, f"{line}\n".encode())


def listen(name: str, ends_by: int) -> None:
    say(f"{name} up")
    while True:
        number = signal.sigwaitinfo(EVERY).si_signo
        say(f"{name} heard {number}")
        if number == ends_by:
            os._exit(CODE)


signal.pthread_sigmask(signal.SIG_BLOCK, EVERY)
end = int(sys.argv[1])
if sys.argv[2:] and os.fork() == 0:
    listen("child", end)
listen("main", end)
