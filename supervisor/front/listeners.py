"""Binding: every address is taken, or refused with a reason, before anything starts."""

from __future__ import annotations

import contextlib
import os
import socket

from supervisor.address import Address, parse
from supervisor.front import unixdoor
from supervisor.front.names import resolved
from supervisor.front.refusal import refused
from supervisor.front.undo import Undo
from supervisor.front.unixdoor import BACKLOG
from supervisor.runtime import steering

DEFER_S = 4  # a client that says nothing yet does not occupy a worker (tcp(7), TCP_DEFER_ACCEPT)


def door(
    address: Address,
    where: str,
    undo: Undo,
    *,
    mode: int | None = None,
    name: str = "",
    uid: int | None = None,
) -> socket.socket:
    """Return a listener of a service's own door: shareable, steered to itself, deep and patient.

    `name` is a unix path as it is spelled from its own folder; `undo` takes all of it back.
    `uid` is whose listeners may share the address; None for our own.
    """
    try:
        if address.family == "unix":
            return _unix(address.path, 0o600 if mode is None else mode, undo, name)
        _free(address)
        listener = _bound(address, share=True, uid=uid)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_S)
        listener.listen(BACKLOG)
    except OSError as error:
        raise refused(address, where, error) from None
    with contextlib.suppress(OSError):  # without steering, the stop falls back to a narrow door
        steering.attach(listener, steering.everybody_to(0))
    return listener


def backend() -> socket.socket:
    """Return the listener between a router and its workers."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    listener.setblocking(False)
    return listener


def check_free(address: Address, where: str) -> None:
    """Make sure that the server will be able to bind an address itself."""
    try:
        if address.family == "unix":
            unixdoor.remove_stale(address.path)
        else:
            _free(address)
    except OSError as error:
        raise refused(address, where, error) from None


def health(text: str, undo: Undo) -> socket.socket:
    """Return the listener of the health endpoint."""
    address = resolved(parse(text, "--health"), "--health")
    try:
        if address.family == "unix":
            return _unix(address.path, 0o666, undo)
        listener = _bound(address, share=False)
        listener.listen(128)
    except OSError as error:
        raise refused(address, "--health", error) from None
    return listener


def _bound(address: Address, *, share: bool, uid: int | None = None) -> socket.socket:
    family = socket.AF_INET6 if address.family == "inet6" else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if uid is not None:
            os.fchown(listener.fileno(), uid, -1)
        listener.bind(address.sockaddr)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _free(address: Address) -> None:
    """Bind without sharing: an address that a stranger would share with us is not free."""
    _bound(address, share=False).close()


def _unix(path: str, mode: int, undo: Undo, name: str = "") -> socket.socket:
    return socket.socket(fileno=unixdoor.bound(path, mode, undo, name).detach())
