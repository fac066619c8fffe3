"""A plain process, stopped in the middle of a load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from supervisor.errors import GracekeeperError
from supervisor.testing import GracefulProcess, Load, Trust, assert_graceful
from tests.drill.tls import PEM
from tests.ports import free_port

pytestmark = pytest.mark.process

# `leave` at TERM: "patient" finishes what it has begun.
SERVER = """
import http.server, os, signal, sys, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if "slow" in self.path:
            time.sleep(0.3)
        self.send_response(200)
        self.send_header("Content-Length", "1")
        self.end_headers()
        self.wfile.write(b"x")

def stop(*_):
    print("asked", flush=True)
    if sys.argv[2] == "hasty":
        os._exit(0)
    threading.Thread(target=server.shutdown).start()

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False

signal.signal(signal.SIGTERM, stop)
with Server(("127.0.0.1", int(sys.argv[1])), Handler) as server:
    if sys.argv[3:]:
        import ssl
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever(0.05)
print(os.environ["WORD"], flush=True)
"""


def started(folder: Path, manner: str) -> GracefulProcess:
    """One on a port of its own."""
    port = free_port()
    folder.joinpath("server.py").write_text(SERVER)
    command: list[str | Path] = [sys.executable, Path("server.py"), str(port), manner]
    url = f"http://127.0.0.1:{port}"
    return GracefulProcess(command, url=url, ready="/", env={"WORD": "over"}, cwd=folder)


def test_one_that_finishes_its_requests(tmp_path: Path) -> None:
    """Everybody who was inside is answered, and its last line is heard."""
    with started(tmp_path, "patient") as one:
        outcome = assert_graceful(one, grace=5, exit_code=0, load=Load("/slow", clients=4))
        assert one.pid == 0
    assert outcome.tally.in_flight("asked").answered >= 3
    assert one.log[-1] == "over"


def test_one_that_speaks_tls(tmp_path: Path) -> None:
    """Whom it is trusted by is said once; a load that says more is obeyed."""
    port = free_port()
    tmp_path.joinpath("server.py").write_text(SERVER)
    command = [sys.executable, "server.py", str(port), "patient", str(PEM)]
    url, env = f"https://127.0.0.1:{port}", {"WORD": "over"}
    with GracefulProcess(command, url=url, env=env, cwd=tmp_path, trust=Trust(str(PEM))) as one:
        strict = Load("/slow", clients=2, trust=Trust())
        with pytest.raises(GracekeeperError, match="cannot trust https:"):
            one.kill_at(load=strict)
        outcome = assert_graceful(one, grace=5, exit_code=0, load=Load("/slow", clients=4))
    assert outcome.tally.in_flight("asked").answered >= 3


def test_one_that_ends_at_once(tmp_path: Path) -> None:
    """Exit 0, and yet they are lost; what is left of it is killed at the end of the context."""
    with started(tmp_path, "hasty") as one, pytest.raises(AssertionError, match="lost of"):
        assert_graceful(one, grace=5, load=Load("/slow", clients=4))
    with started(tmp_path, "hasty") as one:
        pid = one.pid
        assert one.kill_at(load=Load("/slow", clients=4)).exit_code == 137
    with started(tmp_path, "patient") as one:
        pid = one.pid
    assert not Path(f"/proc/{pid}").exists()


def test_one_that_has_ended_is_not_started_again(tmp_path: Path) -> None:
    """Neither is a container: what a second stop would say is of another process."""
    with started(tmp_path, "patient") as one:
        one.kill_at()
        with pytest.raises(GracekeeperError, match="it does not run any more"):
            one.stop_gracefully()
        assert one.pid == 0


def test_one_that_can_not_begin(tmp_path: Path) -> None:
    """It says what it said."""
    port = free_port()
    command = [sys.executable, "-c", "raise SystemExit('no such host')"]
    with pytest.raises(GracekeeperError, match="no such host"):
        GracefulProcess(command, url=f"http://127.0.0.1:{port}", cwd=tmp_path).__enter__()
