"""Where the control socket is: as told, or the first of three usual places."""

from __future__ import annotations

import os
from contextlib import ExitStack

from supervisor.errors import UsageError
from supervisor.front import listeners


def candidates() -> tuple[str, ...]:
    """Return the default places, best first; server and clients look in the same order."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    private = (f"{runtime}/gracekeeper.sock",) if runtime else ()
    return (*private, "/run/gracekeeper.sock", f"/tmp/gracekeeper-{os.getuid()}.sock")  # noqa: S108


def open_(path: str | None, made: ExitStack) -> tuple[int, str | None, tuple[str, ...]]:
    """Return descriptor, path, warnings; a path that was asked for must work, a default may not."""
    if path:
        path = os.path.abspath(path)
        return listeners.control(path, made).detach(), path, ()
    problem = ""
    for place in candidates():
        try:
            return listeners.control(place, made).detach(), place, ()
        except listeners.InUseError as error:
            problem = str(error)
            break  # the clients would find that one, not ours
        except UsageError as error:
            problem = str(error)
    return -1, None, (f"no control socket: {problem}",)
