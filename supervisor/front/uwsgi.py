"""Preparing uWSGI: bind its doors, make its run directory, complete its command."""

from __future__ import annotations

import os
import resource

from supervisor.address import Address
from supervisor.config.plan import Door, Plan
from supervisor.errors import UsageError
from supervisor.front import listeners, recycling, rundir
from supervisor.front.identity import Identity, drops_to
from supervisor.front.machine import Machine
from supervisor.front.names import resolved
from supervisor.front.options import Options
from supervisor.front.undo import Undo
from supervisor.recycle.policy import BETWEEN
from supervisor.servers.uwsgi import ladder, launch, settings
from supervisor.servers.uwsgi.doors import DoorSpec

SOMAXCONN = "/proc/sys/net/core/somaxconn"
FIRST_FREE_PORT = "/proc/sys/net/ipv4/ip_unprivileged_port_start"


def prepare(options: Options, executable: str, undo: Undo) -> Plan:
    """Return the Plan for `uwsgi ...`; UsageError for whatever can't work."""
    found = settings.read(options.command, Machine())
    wanted = launch.describe(found, options.listen, _number(SOMAXCONN, 128))
    identity = drops_to(wanted)
    if wanted.fifo:
        rundir.check_fifo(wanted.fifo, wanted.fifo_where, identity.uid, identity.gid)
    early: list[str] = []
    late: list[str] = []
    doors: list[Door] = []
    for spec in wanted.doors:
        door = _door(spec, identity, undo)
        if door.fd is not None:
            (early if spec is launch.PRIVATE else late).extend(launch.handover(spec, door.fd))
        doors.append(door)
    argv = [options.command[0], *early, *options.command[1:], *late, *wanted.options]
    argv += () if wanted.max_fd_set else _fewer_descriptors()
    drain_fd = _drain_flag()
    argv += ("--safe-fd", str(drain_fd))
    directory = rundir.make(None, None, undo)
    fifo, stats, notes = wanted.fifo, wanted.stats, identity.notes
    no_restart = launch.no_restart(wanted)
    recycle = recycling.for_uwsgi(
        options.recycle or recycling.RecycleOptions(), found, directory, no_restart
    )
    if directory:
        if not fifo:
            fifo = f"{directory}/fifo"
            argv += ("--master-fifo", fifo)
        if not stats:
            stats = f"{directory}/stats"
            argv += ("--stats", stats)
        if recycle.mechanism == BETWEEN:  # always: by hand it is possible without any limit
            argv += recycling.furnish(directory)
        rundir.give(directory, identity.uid, identity.gid)
    else:
        notes += ("no directory can be written: without FIFO and stats the stop is less exact",)
    return Plan(
        argv=tuple(argv),
        executable=executable,
        policy=options.policy(
            looks=True,
            ladder=ladder.DRAINED,
            unready=ladder.NEVER_READY,
            forced=ladder.OUT_OF_TIME,
        ),
        server="uwsgi",
        environment=(("GRACEKEEPER_DRAIN_FD", str(drain_fd)),),
        doors=tuple(doors),
        late=options.late,
        own_group=True,
        fifo=fifo,
        router=wanted.router,
        cheaper=bool(found.last("cheaper")),
        stats=stats,
        no_restart=no_restart,
        recycle=recycle,
        pass_fds=(drain_fd, *(door.fd for door in doors if door.fd is not None)),
        drain_fd=drain_fd,
        run_dir=directory,
        notes=notes,
    )


def _door(spec: DoorSpec, identity: Identity, undo: Undo) -> Door:
    """Bind a door, or see that the server can."""
    if spec is launch.PRIVATE:
        private = listeners.backend()
        address = Address("inet", *private.getsockname())
        return Door(address, spec.protocol, private.detach(), backend=True)
    address = resolved(spec.address, spec.where)
    uid = None if spec.as_root or (spec.ours and not spec.shared) else identity.uid
    if spec.shared or not spec.ours:
        _check_port(spec, address, uid)
    if spec.ours:
        listener = listeners.door(
            address, spec.where, undo, mode=spec.mode, name=spec.name, uid=uid
        )
        _give(address, identity)
        return Door(address, spec.protocol, listener.detach(), uid, spec.backend)
    listeners.check_free(address, spec.where)
    return Door(address, spec.protocol, None, uid, spec.backend)


def _give(address: Address, identity: Identity) -> None:
    """Let a unix socket's file belong to whom uWSGI would have made it as."""
    if address.family == "unix" and (identity.uid, identity.gid) != (None, None):
        uid = -1 if identity.uid is None else identity.uid
        os.chown(address.path, uid, -1 if identity.gid is None else identity.gid)


def _check_port(spec: DoorSpec, address: Address, uid: int | None) -> None:
    """Root may bind a low port; uWSGI, which drops its privileges before it binds, may not."""
    free = _number(FIRST_FREE_PORT, 1024)
    if uid and address.family != "unix" and address.port < free:
        raise UsageError(
            f"cannot listen on {address} ({spec.where}): uWSGI becomes uid {uid} before it binds,"
            f" and ports below {free} need a privilege. Choose one above, or use `http-socket`."
        )


def _drain_flag() -> int:
    fd = os.memfd_create("gracekeeper-drain")
    os.ftruncate(fd, 1)
    return fd


def _fewer_descriptors() -> tuple[str, ...]:
    """The http router takes 8 bytes for each descriptor that it might have (unbit/uwsgi#2299)."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft > launch.MAX_FD:
        return ("--max-fd", str(launch.MAX_FD))
    return ()


def _number(path: str, default: int) -> int:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return default
