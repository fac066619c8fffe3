"""Spawning: a command with default signals, an empty mask, and only what it was given."""

from __future__ import annotations

import errno
import os
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from supervisor.config.plan import Plan

SHELL: Final = "/bin/sh"
UNTOUCHABLE: Final = (9, 19, 32, 33)  # KILL, STOP and the two that glibc keeps for itself
DEFAULTED: Final = [number for number in range(1, 65) if number not in UNTOUCHABLE]
SILENT: Final[dict[int, int]] = {}  # descriptors: none but nothing at all


def spawn(
    plan: Plan, places: dict[int, int], environment: Mapping[str, str], **options: Any
) -> int:
    """Start what a Plan says, as its user and in its folder, and return the pid; OSError.

    `places` says which descriptor of ours it finds at which number; SILENT gives it /dev/null.
    """
    program, argv = plan.executable, list(plan.argv)
    if plan.user:
        program, argv = sys.executable, _becoming(plan)
    known = {**os.environ, **dict(plan.environment), **environment}
    actions: list[tuple[Any, ...]] = [
        (posix.POSIX_SPAWN_DUP2, ours, number)  # the same one, too: without CLOEXEC
        for number, ours in places.items()
    ]
    if places is SILENT:
        actions = [(posix.POSIX_SPAWN_OPEN, at, os.devnull, os.O_RDWR, 0) for at in range(3)]
    options = {**options, "file_actions": actions}
    if plan.user or plan.cwd is None:
        return _spawn(program, argv, known, options)
    here = os.open(".", os.O_PATH | os.O_CLOEXEC)
    try:
        os.chdir(plan.cwd)  # a child begins where we are
        return _spawn(program, argv, known, options)
    finally:
        os.fchdir(here)
        os.close(here)


def _spawn(
    program: str, argv: list[str], environment: Mapping[str, str], options: dict[str, Any]
) -> int:
    """Spawn it; a text without a first line that says by what is the shell's (execvp(3))."""
    try:
        return posix.posix_spawn(
            program, argv, environment, setsigmask=[], setsigdef=DEFAULTED, **options
        )
    except OSError as error:
        if error.errno != errno.ENOEXEC or program == SHELL or _is_binary(program):
            raise
        return _spawn(SHELL, [SHELL, program, *argv[1:]], environment, options)


def _becoming(plan: Plan) -> list[str]:
    """Return the command that becomes the service's user first; posix_spawn(3) can't."""
    become = os.path.join(os.path.dirname(__file__), "become.py")
    identity = ",".join(str(number) for number in plan.user)
    first = [sys.executable, "-I", "-S", become, identity, plan.cwd or ""]
    return [*first, plan.executable, *plan.argv]


def _is_binary(path: str) -> bool:
    """Tell whether a file is no text; as bash looks before it runs one."""
    with open(path, "rb") as file:
        return b"\0" in file.read(128)
