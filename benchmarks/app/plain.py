"""A WSGI application whose requests take a known time or have a known size.

/               "ok"
/slow?s=0.5     sleeps so many seconds
/big?bytes=1000 that many bytes
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

_BLOCK = b"gracekeeper\n" * 4096


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer; every response has a Content-Length, so that truncation can be seen."""
    query = parse_qs(environ["QUERY_STRING"])
    path = environ["PATH_INFO"]
    status, body = "200 OK", [b"ok\n"]
    if path == "/slow":
        time.sleep(float(query.get("s", ["0.5"])[0]))
    elif path == "/big":
        body = _blocks(int(query.get("bytes", ["30000000"])[0]))
    elif path != "/":
        status, body = "404 Not Found", [b"no such route\n"]
    length = sum(map(len, body))
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(length))])
    return body


def _blocks(size: int) -> list[bytes]:
    whole, rest = divmod(size, len(_BLOCK))
    return [_BLOCK] * whole + [_BLOCK[:rest]]
