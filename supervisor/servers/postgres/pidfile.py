"""`postmaster.pid`: what the main process says of itself (miscadmin.h, LOCK_FILE_LINE_*)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

NAME: Final = "postmaster.pid"
MOST: Final = 4096  # bytes; it has eight lines
_PID, _STATUS = 0, 7


def is_ready(text: str, pid: int) -> bool:
    """Tell whether this main process accepts connections, as `pg_ctl start --wait` finds out."""
    lines = text.splitlines()
    if len(lines) <= _STATUS:
        return False
    return lines[_PID].strip() == str(pid) and lines[_STATUS].strip() == "ready"
