"""What an answer is made of: a cause, what to do about it, and how sure that is."""

from __future__ import annotations

from typing import Final

from supervisor.core.record import Record

CERTAIN, LIKELY, POSSIBLE = CONFIDENCES = "certain", "likely", "possible"


class Cause(Record):
    """Why it ended. `facts`: what that rests on; `fix`: empty when there is nothing to do."""

    id: str
    sentence: str
    fix: str = ""
    confidence: str = CERTAIN
    facts: tuple[str, ...] = ()


# Every cause by its id, as the schema and the documentation list them.
IDS: Final = (
    "running",
    "not-started",
    "not-found",
    "not-executable",
    "start-failed",
    "out-of-memory",
    "child-out-of-memory",
    "killed-by-request",
    "removed-by-force",
    "stopped-without-grace",
    "killed-from-host",
    "signalled-from-host",
    "stopped-in-back-off",
    "restart-loop",
    "grace-over",
    "shell-kept-signal",
    "signal-ignored",
    "signal-dropped",
    "held",
    "reloaded",
    "busy",
    "hung-worker",
    "keeper-cut-short",
    "kept",
    "lost-requests",
    "cut-requests",
    "shell-cut-children",
    "no-handler",
    "stopped",
    "failed-while-stopping",
    "aborted",
    "segfault",
    "module-code",
    "timeout-expired",
    "boot-failed",
    "load-failed",
    "no-app",
    "no-master",
    "usage",
    "app-error",
    "child-killed",
    "ended",
    "unknown",
)
