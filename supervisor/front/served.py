"""Preparing a server that takes our listener: bind the door, complete the command."""

from __future__ import annotations

import os
import socket

from supervisor.address import Address, parse
from supervisor.config.plan import Door, Plan
from supervisor.core.budget import RESERVE_S
from supervisor.errors import UsageError
from supervisor.front import listeners
from supervisor.front.names import resolved
from supervisor.front.options import Options
from supervisor.front.undo import Undo
from supervisor.servers import programs
from supervisor.servers.program import Handover, Listening, Program

WHERE = "--listen"
HUP = 1
SHOWS_WITHIN_S = 5.0  # signals are blocked meanwhile
MODE = 0o666  # of a unix socket's file: whoever may enter its directory


def prepare(options: Options, executable: str, undo: Undo) -> Plan:
    """Return the Plan for `gunicorn ...` and its like; UsageError for whatever can't work."""
    found = programs.find(options.command)
    if found is None:
        names = ", ".join(one.name for one in programs.known())
        raise UsageError(
            f"cannot hand a listener to {options.command[0]} ({WHERE}): only uWSGI, {names} are"
            f" known to take one. Leave `{WHERE}` out."
        )
    server, named = found
    arguments = options.command[named:]
    words = server.words(arguments, tuple(os.environ.items()))
    doors = [_door(server, address, undo) for address in _addresses(server, options)]
    given = [Listening(door.address, -1 if door.fd is None else door.fd) for door in doors]
    # A restart leaves more time than a stop; a stop has our own KILL to bound it.
    grace_s = max(options.grace_s - options.drain_delay_s, options.restart_grace_s)
    budget_s = grace_s - RESERVE_S
    handed = server.hand(words, given, budget_s, os.getpid())  # the keeper's pid, after the exec
    _check_configuration(server, (executable, *arguments), handed, given, options.identity)
    drain_fd = _drain_flag()
    no_restart = handed.no_restart or _no_restart(server)
    # What can be restarted is, at SIGHUP; else it may know the signal itself.
    forward = tuple(one for one in handed.forward if no_restart or one != HUP)
    policy = options.policy(looks=True, ladder=server.ladder, forward=forward)
    return Plan(
        argv=(*options.command[:named], *handed.options, *arguments),
        executable=executable,
        policy=policy.replace(finishes=handed.finishes),
        server=server.name,
        environment=(("GRACEKEEPER_DRAIN_FD", str(drain_fd)), *handed.environment),
        doors=tuple(doors),
        late=options.late,
        own_group=True,
        probe="accept",
        no_restart=no_restart,
        pass_fds=(drain_fd, *(door.fd for door in doors if door.fd is not None)),
        drain_fd=drain_fd,
    )


def _no_restart(server: Program) -> str:
    """Say why a second generation can't be started beside the first; nothing if it can."""
    if server.binds:
        return f"{server.name} itself listens, and nobody can be led from one to the next"
    return ""


def _check_configuration(
    server: Program,
    command: tuple[str, ...],
    handed: Handover,
    given: list[Listening],
    identity: tuple[int, ...],
) -> None:
    """Refuse a configuration that leaves a door to nobody, where the program shows it."""
    if server.objection is None:
        return
    import subprocess

    # As the service itself: nginx makes its logs and its pidfile, only to show what it would do.
    user, group, *groups = identity or (None, None)
    try:
        shown = subprocess.run(
            (*command, *server.shows),
            env={**os.environ, **dict(handed.environment)},
            pass_fds=[door.fd for door in given if door.fd >= 0],
            user=user,
            group=group,
            extra_groups=groups if identity else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SHOWS_WITHIN_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return  # it will say itself what is wrong, in its own words
    why = server.objection(shown.stdout.decode(errors="replace"), given)
    if why:
        raise UsageError(f"cannot hand a listener to {server.name} ({WHERE}): {why}.")


def _addresses(server: Program, options: Options) -> list[Address]:
    addresses: list[Address] = []
    for name, text in options.listen:
        if name not in ("", "http"):
            raise UsageError(
                f"cannot listen on {text} with protocol {name!r} ({WHERE}): {server.name} speaks"
                " http. Leave the name out."
            )
        address = parse(text, WHERE)
        if address in addresses:
            raise UsageError(
                f"cannot listen on {address} ({WHERE}): it is named twice. Once will do."
            )
        addresses.append(address)
    if len(addresses) > 1 and not server.several:
        raise UsageError(
            f"cannot hand {len(addresses)} listeners to {server.name} ({WHERE}): it takes one."
            f" Write one `{WHERE}`."
        )
    return [resolved(address, WHERE) for address in addresses]


def _door(server: Program, address: Address, undo: Undo) -> Door:
    """Bind a door, or see that the server can."""
    if server.binds:
        listeners.check_free(address, WHERE)
        return Door(address)
    listener = listeners.door(address, WHERE, undo, mode=MODE)
    if address.family != "unix":
        # asyncio sets it only where it knows the family, and `--fd` is taken for a unix socket;
        # connections inherit it (tcp(7)). Without it, small answers wait for acknowledgements.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Door(address, fd=listener.detach())


def _drain_flag() -> int:
    fd = os.memfd_create("gracekeeper-drain")
    os.ftruncate(fd, 1)
    return fd
