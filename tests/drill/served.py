"""A server that is started as a process of its own: `served.py PORT MANNER`.

`/slow` takes a third of a second. MANNER is what it does at SIGTERM: `finish` what runs and end
with 0, `ignore` it, or `default`. `leave` ignores it as well, and has a child in the same session;
`tell` says when it came, and ends; `spawn` starts a child in that moment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOW_S = 0.3


class Handler(BaseHTTPRequestHandler):
    """Answers whatever is asked."""

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            threading.Event().wait(SLOW_S)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Waits for its threads at the end."""

    daemon_threads = False
    request_queue_size = 64

    def server_close(self) -> None:
        """Take those first who were accepted by the kernel alone."""
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.process_request(*self.get_request())
        super().server_close()


def tell(*_: object) -> None:
    print(f"TERM at {time.monotonic()}", flush=True)
    if sys.argv[2] == "spawn":
        print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
    os._exit(0)


def main() -> None:
    port, manner = int(sys.argv[1]), sys.argv[2]
    server = Server(("127.0.0.1", port), Handler)
    if manner == "finish":
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    elif manner in ("ignore", "leave"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    elif manner in ("tell", "spawn"):
        signal.signal(signal.SIGTERM, tell)
    if manner == "leave":
        subprocess.Popen(["sleep", "600"])
    print("password=hunter2 is what it says first", flush=True)
    server.serve_forever()
    server.server_close()
    print("finished", flush=True)


if __name__ == "__main__":
    main()
