"""How uWSGI is started so that we own the door.

Where the configured address is spelled as uWSGI itself would spell our listener's, uWSGI skips its
own bind and uses ours (core/socket.c, uwsgi_bind_sockets). Elsewhere, and for the http router, it
binds for itself in any case: there we make it share the port (`--reuse-port`) with our listener,
which came first and gets everybody. What we can't hand over (https, http11, host names) it binds
alone, and we join it at the stop. The socket between router and workers, where the queue really is,
is always ours.
"""

from __future__ import annotations

from supervisor.address import Address
from supervisor.core.record import Record
from supervisor.errors import UsageError
from supervisor.servers.uwsgi import doors
from supervisor.servers.uwsgi.doors import PROTOCOLS, ROUTERS, SOCKETS, DoorSpec, join_chdir
from supervisor.servers.uwsgi.substitution import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from supervisor.servers.uwsgi.settings import Settings

BACKLOG = 1024
MAX_FD = 65536
APPS = ("wsgi-file", "module", "file", "mount", "pyrun", "paste")
PRIVATE = DoorSpec(
    Address("inet", "127.0.0.1", 0), "socket", "uwsgi", ours=True, backend=True, where="router"
)
# Where the user has decided which socket the router talks to, or counts sockets by number.
OWN_ROUTES = (
    "http-to",
    "http-use-socket",
    "http-use-cache",
    "http-use-pattern",
    "http-use-base",
    "http-use-code-string",
    "http-subscription-server",
    "http-zerg",
    "map-socket",
)


class Launch(Record):
    """What is needed beside the user's own command."""

    doors: tuple[DoorSpec, ...]
    fifo: str | None  # the user's own
    stats: str | None
    uid: str | None
    gid: str | None
    router: bool
    options: tuple[str, ...]
    max_fd_set: bool
    user: str = ""  # where uid and gid are said
    group: str = ""
    fifo_where: str = ""


def describe(settings: Settings, listens: Sequence[tuple[str, str]], somaxconn: int) -> Launch:
    """Work out doors and options; `listens` are (protocol or "", address). UsageError if not."""
    _check(settings)
    found = doors.configured(settings)
    for name, text in listens:
        found.append(doors.listened(name, text, found))
    if not found:
        raise UsageError(
            "cannot find an address to serve on: uWSGI's configuration has no `http`, `http-socket`"
            " or `socket`. Add one, or say `--listen HOST:PORT`."
        )
    router = any(door.option in ROUTERS for door in found)
    user, group, fifo = settings.last("uid"), settings.last("gid"), settings.first("master-fifo")
    placed = _behind_router(settings, found) if router else found
    return Launch(
        doors=tuple(placed),
        fifo=join_chdir(settings, fifo.value) if fifo and fifo.value else None,
        stats=_stats(settings),
        uid=settings.get("uid") or None,
        gid=settings.get("gid") or None,
        router=router,
        options=tuple(
            _options(settings, somaxconn, any(door.shared or not door.ours for door in placed))
        ),
        max_fd_set=settings.last("max-fd") is not None,
        user=user.where if user else "",
        group=group.where if group else "",
        fifo_where=fifo.where if fifo else "",
    )


def handover(door: DoorSpec, fd: int) -> tuple[str, ...]:
    """Return the options that give uWSGI our listener."""
    return (f"--{door.option}", f"fd://{fd}", "--safe-fd", str(fd))


def _behind_router(settings: Settings, found: list[DoorSpec]) -> list[DoorSpec]:
    """Give the router a socket of its own, or see what the user gives it.

    The router talks to socket number 0 (plugins/http/http.c, http_init). A private one there leaves
    every configured socket a door like others, which can be shut and drained.
    """
    routers = [door for door in found if door.option in ROUTERS]
    sockets = [door for door in found if door.option not in ROUTERS]
    early = any(setting.where.startswith("$") for setting in settings.each(*SOCKETS))
    if sockets and (early or settings.each(*OWN_ROUTES)):
        return [*routers, *(door.replace(backend=True) for door in sockets)]
    return [PRIVATE, *routers, *sockets]


def no_restart(launch: Launch) -> str:
    """Say why a second generation can't be started beside the first; nothing if it can."""
    for door in launch.doors:
        where = f"{door.address} ({door.where})"
        if door is PRIVATE:
            continue
        if door.backend:
            return f"its router and its workers meet at {where}, where only one can listen"
        if not door.ours:
            return f"uWSGI itself listens at {where}, and nobody can be led from one to the next"
        if door.address.family == "unix" and door.where != "--listen":
            return f"uWSGI knows {where} by its path; say `--listen` instead"
    stats = (launch.stats or "").removeprefix("http:")
    if stats and not stats.startswith("/"):
        return f"its stats are at {stats.strip(chr(0))}, where only one can listen; use a path"
    return ""


def _check(settings: Settings) -> None:
    if not settings.flag("master"):
        setting = settings.last("master")
        where = f" ({setting.where})" if setting else ""
        lacking = f" There is no section {settings.missing[0]}." if settings.missing else ""
        raise UsageError(
            f"cannot supervise uWSGI without a master process{where}: there is nobody to tell to"
            f" stop gracefully.{lacking} Add `master = true` to its configuration."
        )
    for key in ("daemonize", "emperor"):
        setting = settings.last(key)
        if setting:
            raise UsageError(
                f"cannot supervise uWSGI with `{key}` ({setting.where}): it would leave us behind."
                " Remove it."
            )


def _stats(settings: Settings) -> str | None:
    """Return where the stats are: HOST:PORT, a path, or NUL and a name for an abstract socket.

    "http:" before it: they are told to who asks for them in HTTP only.
    """
    address = settings.get("stats")
    if not address:
        return None
    if address[0] == "@":
        address = f"\0{address[1:]}\0"  # bind_to_unix counts one byte too many
    elif ":" not in address:
        address = join_chdir(settings, address)
    return f"http:{address}" if settings.flag("stats-http") else address


def _options(settings: Settings, somaxconn: int, joined: bool) -> list[str]:
    options = ["--listen", str(max(_backlog(settings, somaxconn), min(BACKLOG, somaxconn)))]
    if joined and not settings.flag("reuse-port"):
        options.append("--reuse-port")
    if any(settings.last(app) for app in APPS) and not settings.last("need-app"):
        options.append("--need-app")
    return options


def _backlog(settings: Settings, somaxconn: int) -> int:
    setting = settings.last("listen")
    if setting is None:
        return 0
    number = integer(setting.value)
    if str(number) != setting.value.strip() or number <= 0:
        raise UsageError(
            f"cannot listen with a queue of {setting.value!r} ({setting.where}): it is no number"
            " above 0. Write e.g. `listen = 1024`, or leave it out."
        )
    if number > somaxconn:
        raise UsageError(
            f"cannot listen with a queue of {number} ({setting.where}): this kernel allows"
            f" {somaxconn}. Raise net.core.somaxconn, or write less."
        )
    return number


__all__ = ["BACKLOG", "MAX_FD", "PROTOCOLS", "DoorSpec", "Launch", "describe", "handover"]
