"""The same application, noting who answered when: a line `worker pid begin end` for each request.

Whatever supervises the workers, the notes tell alike when a fresh one serves. They go to the file
that BENCH_NOTES names, by one short append each; times are of CLOCK_MONOTONIC.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from benchmarks.app.leaking import application as leaking

try:
    from uwsgi import worker_id
except ImportError:  # another server, which does not number its workers

    def worker_id() -> int:
        """Return 0: nobody knows."""
        return 0


if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

_notes = os.open(os.environ["BENCH_NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer, and note it."""
    begin = time.monotonic()
    answer = leaking(environ, start_response)
    line = f"{worker_id()} {os.getpid()} {begin:.6f} {time.monotonic():.6f}\n"
    os.write(_notes, line.encode())
    return answer
