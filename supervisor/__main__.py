"""The command. What will be PID 1 blocks signals before it imports anything that takes time.

The launcher runs this file by `python -I -S`, without what `site` costs; the rich half asks for it.
"""

from __future__ import annotations

import gc
import os
import sys

NOT_FOUND = 127
KEEPERS = ("run", "tini", "dumb-init")  # what becomes PID 1; the last two by their own names, too

if __name__ == "__main__" and sys.flags.no_site:  # nobody has said where our package is
    FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path.append(FOLDER)
    from supervisor import quickimport

    quickimport.install(FOLDER)


def fill_standard_streams() -> None:
    """Open what was closed of 0, 1 and 2; a socket of ours would get a number that logs go to."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(_nothing(), True)


def _nothing() -> int:
    try:
        return os.open(os.devnull, os.O_RDWR)
    except OSError:  # a container without devices
        return os.memfd_create("nothing")


def main(arguments: list[str] | None = None) -> None:
    """Run `gracekeeper ARGUMENTS`; exits the process."""
    if arguments is None:
        name = os.path.basename(sys.argv[0])
        arguments = [name, *sys.argv[1:]] if name in KEEPERS[1:] else sys.argv[1:]
    keeps = bool(arguments) and arguments[0] in KEEPERS
    from supervisor.runtime.process import be_called

    be_called(arguments[0] if keeps and arguments[0] != "run" else "gracekeeper")
    if keeps:
        from supervisor.front import signalmask

        signalmask.block()
        gc.disable()  # nothing that is loaded is garbage: the keeper enables it when all is up
        fill_standard_streams()
        from supervisor.front import lean

        lean.start(arguments[0], arguments[1:])  # comes back if the rich half has to read it
    if sys.flags.no_site:
        import site

        site.main()
    try:
        from supervisor.cli.app import start
    except ImportError as error:
        sys.stderr.write(
            f"gracekeeper: cannot load {error.name} in {sys.executable}: it is not installed there."
            " Link to the command in its environment, don't copy it.\n"
        )
        sys.exit(NOT_FOUND)
    start(arguments)


if __name__ == "__main__":
    main()
