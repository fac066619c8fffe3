"""The command. What will be PID 1 blocks signals before it imports anything that takes time.

The launcher runs this file by `python -I -S`, without what `site` costs; the rich half asks for it.
"""

from __future__ import annotations

import os
import sys

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
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def be_called(name: str) -> None:
    """Have ps and the report of others show what we are, and not what runs us (proc(5), comm)."""
    try:
        fd = os.open("/proc/self/comm", os.O_WRONLY | os.O_CLOEXEC)
        os.write(fd, name.encode())
        os.close(fd)
    except OSError:
        return


def main(arguments: list[str] | None = None) -> None:
    """Run `gracekeeper ARGUMENTS`; exits the process."""
    if arguments is None:
        name = os.path.basename(sys.argv[0])
        arguments = [name, *sys.argv[1:]] if name in KEEPERS[1:] else sys.argv[1:]
    keeps = bool(arguments) and arguments[0] in KEEPERS
    be_called(arguments[0] if keeps and arguments[0] != "run" else "gracekeeper")
    if keeps:
        from supervisor.front import signalmask

        signalmask.block()
        fill_standard_streams()
        from supervisor.front import lean

        lean.start(arguments[0], arguments[1:])  # comes back if the rich half has to read it
    if sys.flags.no_site:
        import site

        site.main()
    from supervisor.cli.app import start

    start(arguments)


if __name__ == "__main__":
    main()
