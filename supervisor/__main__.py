"""The command. `run` blocks signals before it imports anything that takes time."""

from __future__ import annotations

import os
import sys


def fill_standard_streams() -> None:
    """Open what was closed of 0, 1 and 2; a socket of ours would get a number that logs go to."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def main(arguments: list[str] | None = None) -> None:
    """Run `gracekeeper ARGUMENTS`; exits the process."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["run"]:
        from supervisor.front import signalmask

        signalmask.block()
        fill_standard_streams()
    from supervisor.cli.app import start

    start(arguments)


if __name__ == "__main__":
    main()
