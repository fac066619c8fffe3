"""A faithful port of the classic to Python: on SIGTERM write `q`, wait for uWSGI, exit 143.

Unlike the shell it does wait. Uses: port.py INI FIFO
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path


def main(ini: str, fifo: str) -> int:
    """Run uWSGI until it ends; 143 if that was asked for."""
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        asked = True
        Path(fifo).write_text("q", encoding="ascii")

    with subprocess.Popen(["uwsgi", "--ini", ini]) as server:
        signal.signal(signal.SIGTERM, stop)
        status = server.wait()
    return 128 + signal.SIGTERM if asked else status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
