"""Why an address can't be listened on, as a person is told."""

from __future__ import annotations

import errno

from supervisor.errors import InUseError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.address import Address

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


def refused(address: Address, where: str, error: OSError) -> UsageError:
    """Return what the user is told about an address, written `where`, that gave this error."""
    number = error.errno or 0
    hints = UNIX_HINTS if address.family == "unix" else TCP_HINTS
    why = REASONS.get(number, error.strerror or str(error))
    kind = InUseError if number == errno.EADDRINUSE else UsageError
    hint = hints.get(number, "Choose another address.")
    return kind(f"cannot listen on {address} ({where}): {why}. {hint}")
