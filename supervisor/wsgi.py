"""WSGI middleware: tell keep-alive clients to come back elsewhere while the service is leaving.

Nothing but the app can end a keep-alive connection between two requests without a race; it says
`Connection: close` in its last answer (RFC 9112, 9.6). Works in any WSGI server; without
gracekeeper around it, it changes nothing. This module imports nothing of the rest.
"""

from __future__ import annotations

import mmap
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

VARIABLE = "GRACEKEEPER_DRAIN_FD"
NAME = "memfd:gracekeeper-drain"  # memfd_create(2)


def close_while_draining(
    application: WSGIApplication, draining: Callable[[], bool] | None = None
) -> WSGIApplication:
    """Wrap an application; `draining` tells whether the service is leaving, by default our flag."""
    is_draining = draining or drain_flag()

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            if is_draining():
                headers = [pair for pair in headers if pair[0].lower() != "connection"]
                headers.append(("Connection", "close"))
            return start_response(status, headers, *exc_info)

        return application(environ, start)

    return wrapped


def drain_flag() -> Callable[[], bool]:
    """Return a function that tells whether the supervisor has begun to drain this service."""
    try:
        number = int(os.environ[VARIABLE])
        # The variable may have come further than the descriptor; its number may be another file's.
        if NAME not in os.readlink(f"/proc/self/fd/{number}"):  # noqa: PTH115 - no pathlib in apps
            return lambda: False
        page = mmap.mmap(number, 1, prot=mmap.PROT_READ)
    except (KeyError, ValueError, OSError):
        return lambda: False
    return lambda: page[0] != 0
