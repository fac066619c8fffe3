"""Why nothing ever ran: the engine's own error tells."""

from __future__ import annotations

import re
from typing import Final

from supervisor.ops.case import Case
from supervisor.ops.causes.cause import Cause

_EXEC: Final = re.compile(r"\bexec\b|executable")


def cause(case: Case) -> Cause:
    """Return why a container was made and never started."""
    error, program = case.state.error, case.container.argv[0] if case.container.argv else "?"
    if not error and not case.state.code:
        return Cause("not-started", "It was created and never started.", "Do `docker start`.")
    lower = error.lower()
    if error and not _EXEC.search(lower):
        return _failed(case)  # a folder, or what was to be mounted, can be missing as well
    if "permission denied" in lower or "is a directory" in lower:
        return Cause(
            "not-executable",
            f"The engine could not run `{program}`: it is there, but it can't be executed.",
            "Do `chmod +x` in the image, and give the command as a JSON array.",
        )
    if case.state.code == 127 or "no such file" in lower or "not found in $path" in lower:
        return Cause(
            "not-found",
            f"The engine could not run `{program}`: there is no such file in the image, or the"
            " interpreter that its first line names is missing.",
            "Correct the command or PATH; look for a Windows line end after `#!`.",
        )
    return _failed(case)


def _failed(case: Case) -> Cause:
    told = case.state.error or f"code {case.state.code}, without a reason"
    return Cause(
        "start-failed",
        f"The engine could not start it: {told}.",
        "Correct what the error names; nothing of the image has run.",
    )
