#!/usr/bin/env python3
"""Drop-in for the classic start_server.sh.

usage: start_server.py [INI]

Runs `gracekeeper run -- uwsgi --ini INI`; INI is /opt/uwsgi/uwsgi.ini by default. The options of
`gracekeeper run` are read from the environment: GRACEKEEPER_GRACE, GRACEKEEPER_HEALTH, ...
"""

from __future__ import annotations

import sys

from supervisor.__main__ import main

DEFAULT_INI = "/opt/uwsgi/uwsgi.ini"


def start(arguments: list[str]) -> None:
    """Become the container's main program; does not return."""
    if arguments in (["-h"], ["--help"]):
        print(__doc__.strip())
        sys.exit(0)
    strange = [word for word in arguments if not word or word.startswith("-")]
    if strange or len(arguments) > 1:
        wrong = " ".join(arguments)
        sys.stderr.write(
            f"start_server.py: cannot understand {wrong!r}: there is one argument at most, uWSGI's"
            " ini file. Write options into it, or into GRACEKEEPER_* variables.\n"
        )
        sys.exit(2)
    main(["run", "--", "uwsgi", "--ini", *(arguments or [DEFAULT_INI])])


if __name__ == "__main__":
    start(sys.argv[1:])
