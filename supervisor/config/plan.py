"""The Plan: everything that was decided before anything starts.

The front writes it, as JSON, for the keeper that it becomes by exec; descriptors are numbers that
survive the exec. The keeper decides nothing that stands here, and reads no other configuration.
"""

from __future__ import annotations

from supervisor.address import Address
from supervisor.core.policy import Policy, Rung
from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from supervisor.config.readiness import Readiness
    from supervisor.core.revival import RestartPolicy
    from supervisor.recycle.policy import RecyclePolicy


class Door(Record):
    """One address that clients come to.

    `fd` is our own listener, handed to the server; None when the server binds the address itself,
    with SO_REUSEPORT, and we join it at the stop. `protocol` is what is spoken: "http" or "uwsgi".
    A `backend` door leads from the server's router to its workers; it is never shut.
    """

    address: Address
    protocol: str = "http"
    fd: int | None = None
    uid: int | None = None  # the owner of the server's own listener, when it is not ours
    backend: bool = False


class Plan(Record):
    """One service and how to keep it; times in seconds."""

    argv: tuple[str, ...]
    executable: str
    policy: Policy
    server: str = "generic"
    name: str = ""  # among several services
    log: str = ""  # how its output goes to ours: "prefix", "json", or as it is
    label: str = ""  # stands before each line then
    cwd: str | None = None
    user: tuple[int, ...] = ()  # uid, gid and further groups that it runs as; empty: ours
    readiness: Readiness | None = None
    environment: tuple[tuple[str, str], ...] = ()  # added to the child's
    doors: tuple[Door, ...] = ()
    late: str = "answer"
    own_group: bool = False  # keep the terminal's Ctrl-C to ourselves
    own_session: bool = False
    hands_terminal: bool = False  # the command gets the foreground, where we have it
    follows_stops: bool = False  # we stop with it also where there is no terminal
    notices_orphans: bool = False
    verbose: bool = False  # on stderr, and of every signal
    fifo: str | None = None
    router: bool = False
    cheaper: bool = False
    data: str | None = None  # of a database: the directory that says whether it was shut down
    stats: str | None = None  # path of a unix socket, or HOST:PORT; after "http:" for stats-http
    probe: str = ""  # what tells readiness: "stats", "accept" (a connection is taken), or nothing
    restart: RestartPolicy = "never"  # when the service ends by itself
    watch: str | None = None  # a change there restarts the service
    start_s: float = 60.0  # the next generation has so long to become ready
    leave_s: float = 60.0  # and the one before so long to answer whom it has accepted
    no_restart: str = "no listener of ours is handed to it"  # why not; empty: it can be restarted
    recycle: RecyclePolicy | None = None  # None: its workers are not known
    pass_fds: tuple[int, ...] = ()
    signal_fd: int = -1
    drain_fd: int = -1
    health_fd: int = -1
    control_fd: int = -1
    control_path: str | None = None
    run_dir: str | None = None  # ours to remove
    report: str | None = None
    termination_log: str = "/dev/termination-log"
    log_format: str = "json"
    notes: tuple[str, ...] = ()  # warnings of the front, for the log

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that is open for the keeper, or for the service."""
        own = (self.signal_fd, self.drain_fd, self.health_fd, self.control_fd)
        doors = (door.fd for door in self.doors if door.fd is not None)
        return tuple(sorted({fd for fd in (*own, *doors, *self.pass_fds) if fd >= 0}))

    @property
    def reports(self) -> bool:
        """Whether anybody gets a report."""
        wanted = bool(self.report or self.termination_log) or self.log_format != "none"
        return wanted and self.policy.awaits  # in another init's place there is no budget to tell


def encode(value: Any) -> Any:
    """Turn records into what JSON can hold."""
    if isinstance(value, Record):
        return {name: encode(item) for name, item in value.as_dict().items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    return value


def decode(data: dict[str, Any]) -> Plan:
    """Turn `encode`'s result, read back from JSON, into the Plan again."""
    policy = data["policy"]
    for ladder in ("ladder", "unready_ladder", "forced_ladder"):
        policy[ladder] = tuple(Rung(**rung) for rung in policy[ladder])
    for name in ("forward", "stops", "success"):
        policy[name] = tuple(policy[name])
    policy["rewrite"] = tuple((arrived, sent) for arrived, sent in policy["rewrite"])
    data["policy"] = Policy(**policy)
    data["doors"] = tuple(
        Door(**{**door, "address": Address(**door["address"])}) for door in data["doors"]
    )
    data["environment"] = tuple((name, value) for name, value in data["environment"])
    if data.get("readiness") is not None:
        from supervisor.config.readiness import Readiness

        readiness = {**data["readiness"], "argv": tuple(data["readiness"]["argv"])}
        data["readiness"] = Readiness(**readiness)
    if data.get("recycle") is not None:
        from supervisor.recycle.policy import RecyclePolicy

        data["recycle"] = RecyclePolicy(**data["recycle"])
    for name in ("argv", "pass_fds", "notes", "user"):
        data[name] = tuple(data[name])
    return Plan(**data)
