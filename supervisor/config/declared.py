"""What a gracekeeper.toml declares, after it was read and checked; times in seconds."""

from __future__ import annotations

from supervisor.core.fleet import FOREVER, Need
from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from supervisor.config.readiness import Readiness
    from supervisor.core.policy import Rung


class DeclaredService(Record):
    """One `[services.NAME]`; `where` is FILE:LINE, for errors."""

    name: str
    where: str
    command: tuple[str, ...]
    task: bool = False
    after: tuple[Need, ...] = ()
    user: str | None = None  # NAME, UID, NAME:GROUP or UID:GID
    cwd: str | None = None
    environment: tuple[tuple[str, str], ...] = ()  # secrets of *_FILE are read in already
    listen: tuple[str, ...] = ()  # [NAME=]ADDR, as --listen
    late: str = "answer"
    ready: Readiness | None = None
    start_timeout_s: float = 60.0
    restart: str = "never"
    restart_grace_s: float = 60.0
    watch_file: str | None = None
    essential: bool = True
    stop: tuple[Rung, ...] = ()  # a ladder of its own; empty: the program's
    grace_s: float = FOREVER
    drain_delay_s: float = 0.0
    recycle: tuple[tuple[str, Any], ...] = ()  # fields of front.recycling.RecycleOptions
    log: str = ""  # "inherit", "prefix" or "json"; empty: as it fits
    secrets: tuple[str, ...] = ()  # variables that came from files; they are never shown


class Declared(Record):
    """The whole file."""

    path: str
    services: tuple[DeclaredService, ...]
    grace_s: float = 10.0
    drain_delay_s: float = 0.0
    exit_code: str = "signal"
    hurry: bool = True
    health: str | None = None
    control: str | None = None
    report: str | None = None
    log_format: str = "json"
