"""Whether a cluster was shut down: `global/pg_control` says so, whatever the exit code was.

The state is an enum of four bytes at offset 16, behind identifier and versions (pg_control.h,
ControlFileData), in the machine's own order. The words are those of pg_controldata.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

PATH: Final = "global/pg_control"
SIZE: Final = 20  # bytes, up to the end of the state
_AT: Final = 16
_STATES: Final = (
    "starting up",
    "shut down",
    "shut down in recovery",
    "shutting down",
    "in crash recovery",
    "in archive recovery",
    "in production",
)
CLEAN: Final = _STATES[1:3]
UNKNOWN: Final = "unknown"


def state(control: bytes) -> str:
    """Return the cluster's state, "unknown" for what is no control file."""
    number = int.from_bytes(control[_AT:SIZE], sys.byteorder)
    return _STATES[number] if len(control) >= SIZE and number < len(_STATES) else UNKNOWN
