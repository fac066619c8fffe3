"""The same application, and one route that keeps memory: /leak?bytes=1048576&s=0.05."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from benchmarks.app.plain import application as plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

_PAGE = 4096
_kept: list[bytearray] = []


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Keep so many bytes for ever, really touched, and answer after so many seconds."""
    if environ["PATH_INFO"] == "/leak":
        query = parse_qs(environ["QUERY_STRING"])
        block = bytearray(int(query.get("bytes", ["1048576"])[0]))
        block[::_PAGE] = b"\1" * len(range(0, len(block), _PAGE))
        _kept.append(block)
        time.sleep(float(query.get("s", ["0"])[0]))
        environ = {**environ, "PATH_INFO": "/"}
    return plain(environ, start_response)
