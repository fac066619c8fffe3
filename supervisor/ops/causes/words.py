"""What programs say in their last lines, as data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_ERROR: Final = re.compile(
    r"^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Interrupt)\b(?:: .*)?$"
)
ABORTS: Final = re.compile(
    r"\bAborted\b|Assertion .*failed|terminate called|abort\(\)|malloc\(\): |double free|panic:"
)
SEGFAULTS: Final = re.compile(r"Segmentation fault|SIGSEGV")
KILLS: Final = re.compile(r"^\S*.*\bKilled\b|worker .*(?:SIGKILL|signal 9)", re.IGNORECASE)
NOT_FOUND: Final = re.compile(r"([^\s:]+): (?:command )?not found|No such file or directory")
DENIED: Final = re.compile(r"Permission denied|Exec format error|cannot execute")
NO_APP: Final = re.compile(r"no app loaded\. GAME OVER")
BOOT: Final = re.compile(r"Worker failed to boot|Error loading ASGI app|Could not import module")
LOAD: Final = re.compile(r"App failed to load|Failed to load application")
RELOADS: Final = re.compile(r"binary reloading uWSGI|gracefully \(RE\)start|brutally reloading")
HANGS: Final = re.compile(
    r"WORKER TIMEOUT|HARAKIRI|harakiri|\(forked process\) not responding|was sent SIGKILL"
)
# A stop that cuts what runs, in the program's own words.
CUTS: Final = re.compile(
    r"SIGINT/SIGTERM received\.\.\.killing workers|SIGINT/SIGQUIT received\.\.\.killing workers"
    r"|Handling signal: (?:int|quit)|application instances? .*(?:took too long|killed)"
    r"|Killed \d+ pending application instances|signal 15 \(SIGTERM\) received.*exiting"
    r"|goodbye to uWSGI.*brutal|Timed out waiting for .*connections"
)
LOSSES: Final = re.compile(
    r"(?:request|client|task|job)s? (?:was|were) (?:cut|lost|aborted|dropped)|lost [1-9]\d* request"
    r"|Cancel \d+ running task|exited with signal 15",
    re.IGNORECASE,
)
WAITS: Final = re.compile(
    r"gracefully killing workers|Handling signal: term|Shutting down"
    r"|Waiting for .*(?:connections|tasks|background)|gracefully shutting down|Warm shutdown",
    re.IGNORECASE,
)


def said(log: Iterable[str], what: re.Pattern[str]) -> str:
    """Return the last line in which it was said, empty when it wasn't."""
    return next((line.strip() for line in reversed(tuple(log)) if what.search(line)), "")


def error(log: Iterable[str]) -> str:
    """Return the last line of a Python traceback, or the last that names an error."""
    lines = [line.strip() for line in log]
    found = next((line for line in reversed(lines) if _ERROR.match(line)), "")
    return found or next(
        (line for line in reversed(lines) if re.search(r"\b(?:error|fatal|panic)\b", line, re.I)),
        "",
    )


def last(log: Iterable[str]) -> str:
    """Return the last line that says anything."""
    return next((line.strip() for line in reversed(tuple(log)) if line.strip()), "")
