"""What programs say in their last lines, as data.

Anybody may have written a line, so what rests on one alone is likely at most. What a client asked
for is not what the program says: lines of an access log don't count. Where it is known when a line
was written, one from before a stop is no evidence of what became of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from supervisor.ops.case import Case
from supervisor.ops.life import NS

TOLD_NS: Final = NS * 3 // 10  # an engine that is busy tells so late of a signal that it has sent
LAST_NS: Final = 10 * NS  # before an end: what was said by then may be why
_ERROR: Final = re.compile(
    r"^(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Interrupt)\b(?:: .*)?$"
)
ACCESS: Final = re.compile(
    r"\b[A-Z]{3,7} \S+ HTTP/\d"  # common, combined, uvicorn, nginx's errors
    r"|[:/ ]\d\d:\d\d:\d\d(?: [+-]\d{4})?\] \""  # the rest of a common log's line is quoted
    r"|^INFO: +\S+ - \"|^\[pid: \d+\|app: |=> generated \d+ bytes in "
    r"|\"(?:http_)?(?:user_agent|request_uri|request_path|remote_addr)\" ?:",
    re.IGNORECASE,
)
# What tells that a program has heard its stop signal; what it says of a stop comes after that.
HEARD: Final = re.compile(
    r"Handling signal: (?:term|int|quit)|SIG(?:TERM|INT|QUIT)\b.*\b(?:received|caught)"
    r"|\b(?:received|caught|got)\b.*\b(?:SIG(?:TERM|INT|QUIT)\b|signal 15)|Warm shutdown"
    r"|\"event\": ?\"signal\"",
    re.IGNORECASE,
)
ABORTS: Final = re.compile(
    r"(?:^|: |\d )Aborted(?:\s*$| \(core dumped\)|\s{2,})|Assertion .*failed|terminate called"
    r"|abort\(\)|malloc\(\): |double free|panic:"
)
SEGFAULTS: Final = re.compile(r"Segmentation fault|SIGSEGV")
_BY_SHELL: Final = r"^\s*Killed\s*$|\bline \d+:\s+\d+ Killed\b"
SHELL_KILLS: Final = re.compile(_BY_SHELL)
KILLS: Final = re.compile(rf"{_BY_SHELL}|(?i:worker .*(?:SIGKILL|signal 9\b))")
NOT_FOUND: Final = re.compile(
    r"([^\s:]+): (?:command )?not found|No such file or directory|no such command"
)
DENIED: Final = re.compile(r"Permission denied|Exec format error|cannot execute")
NO_APP: Final = re.compile(r"no app loaded\. GAME OVER")
BOOT: Final = re.compile(r"Worker failed to boot|Error loading ASGI app|Could not import module")
LOAD: Final = re.compile(r"App failed to load|Failed to load application")
IN_USE: Final = re.compile(
    r"address (?:is )?(?:already )?in use|EADDRINUSE|Connection in use|port is already allocated",
    re.IGNORECASE,
)
# What somebody runs in a container to end it; a health check is run there as well.
ASKS: Final = re.compile(r"\b(?:p?kill|killall|stop|quit|halt|shutdown)\b")
USAGE: Final = re.compile(
    r"^usage:|(?:unknown|unrecognized|invalid|illegal|no such) (?:option|argument|flag)|--help\b",
    re.IGNORECASE,
)
RELOADS: Final = re.compile(r"binary reloading uWSGI|\(RE\)spawned uWSGI master|brutally reloading")
HANGS: Final = re.compile(
    r"WORKER TIMEOUT|HARAKIRI|harakiri|\(forked process\) not responding|was sent SIGKILL"
)
# A stop that cuts what runs, in the program's own words.
CUTS: Final = re.compile(
    r"SIGINT/SIGTERM received\.\.\.killing workers|SIGINT/SIGQUIT received\.\.\.killing workers"
    r"|Handling signal: (?:int|quit)|application instances? .*(?:took too long|killed)"
    r"|Killed [1-9]\d* pending application instances|signal 15 \(SIGTERM\) received.*exiting"
    r"|goodbye to uWSGI.*brutal|Timed out waiting for .*connections"
)
REPORT: Final = '{"event": "report"'  # a keeper's own line
_NONE: Final = r"(?:no|none|not|nothing|never|without|zero|if|0+)"
LOSSES: Final = re.compile(
    rf"(?:^|[.;:!?(,])(?:(?!\b{_NONE}\b)[^.;:!?(,])*\b(?:request|client|task|job)s? (?:was|were)"
    rf" (?:cut|lost|aborted|dropped)\b(?!\W*{_NONE}\b)|\blost [1-9]\d* request"
    r"|Cancel [1-9]\d* running task|exited with '?signal 15",
    re.IGNORECASE,
)
WAITS: Final = re.compile(
    r"gracefully killing workers|Handling signal: term|Shutting down"
    r"|Waiting for .*(?:connections|tasks|background)|gracefully shutting down|Warm shutdown",
    re.IGNORECASE,
)


def said(log: Iterable[str], what: re.Pattern[str]) -> str:
    """Return the last line in which it was said, empty when it wasn't."""
    return next((line for line in reversed(_own(log)) if what.search(line)), "")


def said_stopping(case: Case, what: re.Pattern[str]) -> str:
    """Return the last such line that was written while it stopped."""
    return said(stopping(case), what)


def stopping(case: Case) -> tuple[str, ...]:
    """Return what it wrote since it was asked to stop.

    Where no line has a time: since it says that it has heard of that, or all.
    """
    if case.asked and case.written:
        return case.log_since(case.asked.at - TOLD_NS)
    heard = (at for at, line in enumerate(case.log) if HEARD.search(line) and _own([line]))
    return case.log[next(heard, 0) :]


def ending(case: Case) -> tuple[str, ...]:
    """Return what it wrote shortly before its end, or while it stopped; all without times."""
    died = case.life.died
    if not died or not case.written:
        return case.log
    since = died.at - LAST_NS
    return case.log_since(min(since, case.asked.at - TOLD_NS) if case.asked else since)


def error(log: Iterable[str]) -> str:
    """Return the last line of a Python traceback, or the last that names an error."""
    lines = _own(log)
    found = next((line for line in reversed(lines) if _ERROR.match(line)), "")
    return found or next(
        (line for line in reversed(lines) if re.search(r"\b(?:error|fatal|panic)\b", line, re.I)),
        "",
    )


def last(log: Iterable[str]) -> str:
    """Return the last line that says anything."""
    return next(reversed(_own(log)), "")


def _own(log: Iterable[str]) -> list[str]:
    """Return the program's own words."""
    stripped = (line.strip() for line in log)
    told = (line for line in stripped if line and not ACCESS.search(line))
    return [line for line in told if not line.startswith(REPORT)]
