"""The application that the tests run: routes that take a known time, and hooks to misbehave."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from supervisor.wsgi import close_while_draining

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

time.sleep(float(os.environ.get("APP_LOADS_S", "0")))
if os.environ.get("APP_FAILS"):
    raise RuntimeError("this app does not load")


def plain(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    query = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
    time.sleep(float(query.get("s", "0")))
    size = int(query.get("bytes", "3"))
    start_response("200 OK", [("Content-Length", str(size)), ("Content-Type", "text/plain")])
    block = b"x" * 65536
    for at in range(0, size, len(block)):
        yield block[: size - at]


application = close_while_draining(plain)
