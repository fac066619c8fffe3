"""Errors that a user sees: what can't be done, why, and what to do about it."""

from __future__ import annotations


class GracekeeperError(Exception):
    """A problem for the user: one line, "cannot X: why. Do Y."; `exit_code` says which kind."""

    exit_code = 1


class UsageError(GracekeeperError):
    """The input is wrong; nothing was started."""

    exit_code = 2


class InUseError(UsageError):
    """Somebody listens at an address already."""


class CommandError(GracekeeperError):
    """The command can't be run: 127 when it is not there, 126 when it can't be executed."""

    def __init__(self, message: str, exit_code: int) -> None:
        """Carry the shell's code for it (POSIX.1-2017, XCU 2.8.2)."""
        super().__init__(message)
        self.exit_code = exit_code


class InitError(GracekeeperError):
    """What another init, whose place we take, says in such a case; help and versions as well."""

    def __init__(self, message: str, exit_code: int = 1, *, to_stdout: bool = False) -> None:
        """Carry its words, which get no prefix of ours, and its code."""
        super().__init__(message)
        self.exit_code, self.to_stdout = exit_code, to_stdout
