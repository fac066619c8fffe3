"""Reads what an engine says of a container, `docker inspect`'s document, into records."""

from __future__ import annotations

import re
from typing import Any, Final

from supervisor.core import signalnames
from supervisor.core.record import Record
from supervisor.ops.masking import masked, masked_line

GRACE_S: Final = 10.0  # where nobody chose another
TERM: Final = 15
NEVER: Final = 0
PAUSE: Final = "paused"  # a status
_STAMP: Final = re.compile(
    r"(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(?:\.(\d{1,9}))?\d*(Z|[+-]\d\d:\d\d)"
)


class Container(Record):
    """What was decided before it started. `argv`: entrypoint and command, masked.

    `limit`: of its memory, in bytes; None when there is none. `removes`: itself, when it has ended.
    """

    id: str
    name: str
    image: str = ""
    argv: tuple[str, ...] = ()
    signal: int = TERM
    grace_s: float = GRACE_S
    init: bool = False
    policy: str = "no"
    limit: int | None = None
    removes: bool = False


class State(Record):
    """How it is now; moments in nanoseconds since the epoch, NEVER for none."""

    status: str
    code: int = 0
    oom: bool = False
    error: str = ""
    pid: int = 0
    restarts: int = 0
    started: int = NEVER
    finished: int = NEVER


def container(found: dict[str, Any]) -> Container:
    """Return what was decided."""
    config, host = found["Config"], found["HostConfig"]
    given = config.get("StopSignal") or ""
    grace = config.get("StopTimeout")
    return Container(
        id=found["Id"],
        name=found["Name"].lstrip("/"),
        image=config.get("Image") or "",
        argv=masked((found["Path"], *found["Args"])),
        signal=signalnames.number(given) or TERM,
        grace_s=GRACE_S if grace is None else float(grace),
        init=bool(host.get("Init")),
        policy=(host.get("RestartPolicy") or {}).get("Name") or "no",
        limit=host.get("Memory") or None,
        removes=bool(host.get("AutoRemove")),
    )


def state(found: dict[str, Any]) -> State:
    """Return how it is."""
    now = found["State"]
    return State(
        status=now["Status"],
        code=now["ExitCode"],
        oom=now["OOMKilled"],
        error=masked_line(now["Error"]),
        pid=now["Pid"],
        restarts=found.get("RestartCount", 0),
        started=moment(now["StartedAt"]),
        finished=moment(now["FinishedAt"]),
    )


def moment(stamp: str) -> int:
    """Read RFC 3339 to the nanosecond; NEVER for Go's zero time, and for none."""
    from datetime import datetime

    found = _STAMP.match(stamp)
    if not found or stamp.startswith("0001"):
        return NEVER
    whole, zone = stamp[: found.end(6)], found[8].replace("Z", "+00:00")
    seconds = int(datetime.fromisoformat(f"{whole}{zone}").timestamp())
    return seconds * 10**9 + int((found[7] or "").ljust(9, "0"))
