"""Binding: every address is taken, or refused with a reason, before anything starts."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from contextlib import ExitStack

from supervisor.address import LONGEST_PATH, Address, parse
from supervisor.errors import UsageError
from supervisor.front.names import resolved
from supervisor.runtime import steering

BACKLOG = 4096  # cut by the kernel to net.core.somaxconn
DEFER_S = 4  # a client that says nothing yet does not occupy a worker (tcp(7), TCP_DEFER_ACCEPT)
TCP_HINTS = {
    errno.EADDRINUSE: "Stop what listens there, or choose another port.",
    errno.EACCES: "Low ports need a privilege: choose one above 1023, let the container map it.",
    errno.EADDRNOTAVAIL: "Choose an address of this machine, or leave the host out.",
    errno.EAFNOSUPPORT: "Switch IPv6 on, or choose an IPv4 address.",
}
UNIX_HINTS = {
    errno.EADDRINUSE: "Stop what listens there, or choose another path.",
    errno.EEXIST: "Remove it, or choose another path.",
    errno.EACCES: "Choose a directory that this user can write.",
    errno.ENOENT: "Make the directory first.",
    errno.ENOTDIR: "Make the directory first.",
    errno.EROFS: "Mount a tmpfs there, or choose another directory.",
}
REASONS = {
    errno.EADDRINUSE: "it is in use",
    errno.EEXIST: "there is another kind of file",
    errno.ENOENT: "its directory does not exist",
}


class InUseError(UsageError):
    """Somebody listens at an address already."""


def door(
    address: Address,
    where: str,
    made: ExitStack,
    *,
    mode: int | None = None,
    name: str = "",
    uid: int | None = None,
) -> socket.socket:
    """Return a listener of a service's own door: shareable, steered to itself, deep and patient.

    `name` is a unix path as it is spelled from its own folder; what is made is unmade by `made`.
    `uid` is whose listeners may share the address; None for our own.
    """
    try:
        if address.family == "unix":
            return _unix(address, 0o600 if mode is None else mode, made, name)
        _free(address)
        listener = _bound(address, share=True, uid=uid)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_S)
        listener.listen(BACKLOG)
    except OSError as error:
        raise _refused(address, where, error) from None
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
            _stale(address)
        else:
            _free(address)
    except OSError as error:
        raise _refused(address, where, error) from None


def health(text: str, made: ExitStack) -> socket.socket:
    """Return the listener of the health endpoint."""
    address = resolved(parse(text, "--health"), "--health")
    try:
        if address.family == "unix":
            return _unix(address, 0o666, made)
        listener = _bound(address, share=False)
        listener.listen(128)
    except OSError as error:
        raise _refused(address, "--health", error) from None
    return listener


def control(path: str, made: ExitStack) -> socket.socket:
    """Return the control socket's listener, for our own uid only."""
    address = Address("unix", path=path)
    try:
        return _unix(address, 0o600, made)
    except OSError as error:
        raise _refused(address, "--control", error) from None


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


def _unix(address: Address, mode: int, made: ExitStack, name: str = "") -> socket.socket:
    _stale(address)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~mode)  # the mode is right from the first moment
    try:
        with contextlib.chdir(address.path.removesuffix(name) or ".") if name else ExitStack():
            listener.bind(name or address.path)
        made.callback(_remove, address.path)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _stale(address: Address) -> None:
    """Remove a socket that nobody listens on; OSError for a live one or another file."""
    if len(os.fsencode(address.path)) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, f"a socket's path has room for {LONGEST_PATH} bytes")
    try:
        mode = os.lstat(address.path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(errno.EEXIST, "")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # a full queue would hold us up
        try:
            probe.connect(address.path)
        except ConnectionRefusedError:
            os.unlink(address.path)
            return
        except BlockingIOError:
            pass
    raise OSError(errno.EADDRINUSE, "")


def _refused(address: Address, where: str, error: OSError) -> UsageError:
    number = error.errno or 0
    hints = UNIX_HINTS if address.family == "unix" else TCP_HINTS
    why = REASONS.get(number, error.strerror or str(error))
    kind = InUseError if number == errno.EADDRINUSE else UsageError
    hint = hints.get(number, "Choose another address.")
    return kind(f"cannot listen on {address} ({where}): {why}. {hint}")
