"""The task: make the cluster that is not there yet, and leave one that is alone."""

from __future__ import annotations

import os
import sys
import time

from supervisor.cluster import place, programs, settings
from supervisor.cluster.interruption import Interrupted, Interruption
from supervisor.cluster.making import make
from supervisor.cluster.place import Place
from supervisor.cluster.programs import Programs
from supervisor.core.signalnames import name
from supervisor.errors import GracekeeperError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from supervisor.cluster.settings import Settings


def is_made(data: Path) -> bool:
    """Tell whether there is a cluster that our server can serve; UsageError for another's."""
    there = place.version(data)
    ours = programs.major(programs.executable())
    if there and ours and there != ours:
        raise UsageError(
            f"cannot serve the cluster in {data}: it is of PostgreSQL {there}, and the server of"
            f" {ours}. Start that version, or upgrade (pg_upgrade, or dump and restore)."
        )
    return there is not None


def start(environment: Mapping[str, str]) -> None:
    """Make the cluster unless it is there; GracekeeperError or Interrupted, and then no trace."""
    interruption = Interruption()
    if is_made(settings.data_directory(environment)):
        return
    wanted = settings.read(environment)
    if os.geteuid() == 0:
        raise UsageError(
            "cannot make a cluster as root: PostgreSQL refuses. Run it as a user of its own."
        )
    began = time.monotonic()
    here = Place(wanted.data)
    try:
        if not here.was_interrupted:
            _make(wanted, interruption, here)
        here.settle()
    except BaseException:
        here.clear()
        raise
    finally:
        here.close()
    _say(f"made {wanted.data} in {time.monotonic() - began:.1f} s")
    interruption.check()


def _make(wanted: Settings, interruption: Interruption, here: Place) -> None:
    with Programs(interruption, here.lock) as running:
        for note in make(wanted, running, here.new):
            _say(f"warning: {note}")


def _say(text: str) -> None:
    print(f"cluster: {text}", flush=True)


def main() -> int:
    """Return the exit code."""
    try:
        start(os.environ)
    except GracekeeperError as error:
        sys.stderr.write(f"cluster: {error}\n")
        return error.exit_code
    except Interrupted as stop:
        sys.stderr.write(f"cluster: stopped by {name(stop.number)}\n")
        return 128 + stop.number
    return 0


if __name__ == "__main__":
    sys.exit(main())
