"""Exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supervisor.core.exitstatus import EXIT_CODE_POLICIES, exit_code, shell_code

if TYPE_CHECKING:
    from supervisor.core.exitstatus import ExitCodePolicy


@pytest.mark.parametrize(
    "status, code", [(0, 0), (1, 1), (255, 255), (-9, 137), (-15, 143), (-64, 192)]
)
def test_a_childs_status_as_a_shell_tells_it(status: int, code: int) -> None:
    """Its own code, or 128 and the signal's number (POSIX.1-2017, XCU 2.8.2)."""
    assert shell_code(status) == code


@pytest.mark.parametrize("policy", EXIT_CODE_POLICIES)
def test_an_end_that_nobody_asked_for_is_the_childs(policy: ExitCodePolicy) -> None:
    """A crash must look like one, whatever the policy says about stops."""
    assert exit_code(policy, None, 3) == 3
    assert exit_code(policy, None, -11) == 139
    assert exit_code(policy, None, None) == 1


@pytest.mark.parametrize(
    "policy, status, code",
    [
        ("signal", 0, 143),
        ("signal", 30, 143),
        ("signal", None, 143),
        ("child", 0, 0),
        ("child", -9, 137),
        ("child", None, 143),
        ("zero", 30, 0),
        ("zero", None, 0),
    ],
)
def test_an_end_that_was_asked_for(policy: ExitCodePolicy, status: int | None, code: int) -> None:
    """The policy's answer to SIGTERM; where the child never told, the signal's."""
    assert exit_code(policy, 15, status) == code
