"""`gracekeeper hold`: block signals, then become a command that unblocks them when it can hear.

The launcher does this before any Python; this is for who asks for help, and where there is none.
"""

from __future__ import annotations

import os

import click

from supervisor.errors import CommandError
from supervisor.front import signalmask


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, metavar="COMMAND [ARG]...", type=str)
def hold(command: tuple[str, ...]) -> None:
    """Become COMMAND with signals blocked, so that none is lost while it starts.

    PID 1 is sent no signal that it can't handle yet, and an interpreter needs a while. What is
    blocked waits. For programs that unblock them, as the entrypoints of this project do.

    \b
    Example:  ENTRYPOINT ["gracekeeper", "hold", "python3", "start_server.py"]
    """
    signalmask.block()
    try:
        os.execvp(command[0], list(command))  # noqa: S606 - no shell
    except OSError as error:
        code = 127 if isinstance(error, FileNotFoundError) else 126
        message = f"cannot run {command[0]}: {error.strerror}. Check the name and its mode."
        raise CommandError(message, code) from None
