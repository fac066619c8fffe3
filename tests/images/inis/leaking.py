"""An application that keeps a mebibyte for each request, for ever."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

MIB = 1 << 20
PAGE = 4096
kept: list[bytearray] = []


def application(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    block = bytearray(MIB)
    block[::PAGE] = b"\1" * (MIB // PAGE)  # touched, or the kernel gives none
    kept.append(block)
    time.sleep(0.05)
    start_response("200 OK", [("Content-Length", "3"), ("Connection", "close")])
    return [b"ok\n"]
