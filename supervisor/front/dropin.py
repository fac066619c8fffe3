"""Taking another init's place: who is linked from its name is called as it is."""

from __future__ import annotations

from supervisor.errors import CommandError
from supervisor.front import dumbinit, tini

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from supervisor.front.options import Options

INITS: dict[str, ModuleType] = {"tini": tini, "dumb-init": dumbinit}
NOT_FOUND, NOT_EXECUTABLE = 127, 126
REASONS = {NOT_FOUND: "No such file or directory", NOT_EXECUTABLE: "Permission denied"}


def read(init: str, arguments: list[str], environment: Mapping[str, str]) -> Options:
    """Return what that init would do; InitError."""
    options: Options = INITS[init].read(arguments, environment)
    return options


def cannot_run(options: Options, error: CommandError) -> Exception:
    """Return what that init says when it can't run the command."""
    code = error.exit_code
    told: Exception = INITS[options.init].cannot_run(options.command[0], REASONS[code], code)
    return told
