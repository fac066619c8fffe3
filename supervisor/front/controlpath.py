"""Where the control socket is: as told, or the first of three usual places."""

from __future__ import annotations

import os

from supervisor.errors import InUseError, UsageError
from supervisor.front import unixdoor
from supervisor.front.undo import Undo

OFF = "none"  # in the place of a path


def candidates() -> tuple[str, ...]:
    """Return the default places, best first; server and clients look in the same order."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    private = (f"{runtime}/gracekeeper.sock",) if runtime else ()
    return (*private, "/run/gracekeeper.sock", f"/tmp/gracekeeper-{os.getuid()}.sock")  # noqa: S108


def open_(path: str | None, undo: Undo) -> tuple[int, str | None, tuple[str, ...]]:
    """Return descriptor, path, warnings; a path that was asked for must work, a default may not."""
    if path == OFF:
        return -1, None, ()
    if path:
        path = absolute_path(path, "--control")
        return _listener(path, undo), path, ()
    problem = ""
    for place in candidates():
        try:
            return _listener(place, undo), place, ()
        except InUseError as error:
            problem = str(error)
            break  # the clients would find that one, not ours
        except UsageError as error:
            problem = str(error)
    return -1, None, (f"no control socket: {problem}",)


def absolute_path(path: str, where: str) -> str:
    """Return a path that is right wherever we are; UsageError in a folder that is gone."""
    try:
        return os.path.abspath(path)
    except OSError as error:
        raise UsageError(
            f"cannot use {path} ({where}): the present folder: {error.strerror}. Write it from the"
            " root on."
        ) from None


def _listener(path: str, undo: Undo) -> int:
    """Return the descriptor of a listener for our own uid only; UsageError."""
    try:
        return unixdoor.bound(path, 0o600, undo).detach()
    except OSError as error:
        from supervisor.address import Address
        from supervisor.front.refusal import refused

        raise refused(Address("unix", path=path), "--control", error) from None
