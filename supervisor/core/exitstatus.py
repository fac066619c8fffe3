"""Exit codes: what a wait status and a stop signal become.

A shell reports a child that a signal ended as 128 + n (POSIX.1-2017, XCU 2.8.2); container
platforms read the same convention, so 143 is an orderly answer to SIGTERM.
"""

from __future__ import annotations

from supervisor.core.signalnames import name

NOT_FOUND = 127
NOT_EXECUTABLE = 126
USAGE = 2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    ExitCodePolicy = Literal["signal", "child", "zero"]

EXIT_CODE_POLICIES: tuple[ExitCodePolicy, ...] = ("signal", "child", "zero")


def shell_code(status: int) -> int:
    """Return the shell's code for a child: its own, or 128 + n for `status` -n."""
    return status if status >= 0 else 128 - status


def exit_code(
    policy: ExitCodePolicy, asked: int | None, status: int | None, success: tuple[int, ...] = ()
) -> int:
    """Decide the container's exit code; those of `success` become 0.

    `asked` is the stop signal, None when the service ended unasked: then its own code is the
    answer whatever the policy. `status` is the main process's, None when it never ran.
    """
    code = _exit_code(policy, asked, status)
    return 0 if code in success else code


def _exit_code(policy: ExitCodePolicy, asked: int | None, status: int | None) -> int:
    if asked is None:
        return shell_code(status) if status is not None else 1
    if policy == "zero":
        return 0
    if policy == "child" and status is not None:
        return shell_code(status)
    return 128 + asked


def how_ended(status: int | None) -> str:
    """Say how a main process ended."""
    if status is None:
        return "it has ended"
    return f"it ended with {status}" if status >= 0 else f"it was ended by {name(-status)}"
