"""Probes of readiness: each kind says no, then yes; and none of them waits."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from supervisor.config.plan import Plan
from supervisor.config.readiness import Readiness
from supervisor.core.policy import Policy
from supervisor.runtime.children import Children
from supervisor.runtime.inquiry import Inquiry
from supervisor.runtime.poller import Poller
from supervisor.runtime.reaping import reap
from tests.ports import free_port
from tests.runtime.turning import turn_until


class Asking:
    """An inquiry, and the poller that it needs."""

    def __init__(self, kind: str, target: str = "", argv: tuple[str, ...] = ()) -> None:
        self.poller = Poller(pytest.fail)
        plan = Plan(("true",), "/bin/true", Policy(10.0))
        self.children = Children(plan, self.poller, lambda _process: None)
        readiness = Readiness(kind, target, argv, every_s=0.01, patience_s=0.2)
        self.inquiry = Inquiry(readiness, self.poller, self.children)
        self.answers: list[bool] = []

    def look(self) -> bool:
        """Look once more, as the core does while a service starts."""
        for pid, status in reap(self.children.unreaped())[0]:
            self.children.take(pid, status)
        self.answers.append(self.inquiry.look())
        return self.answers[-1]

    def until(self, reached: Callable[[], object]) -> None:
        """Look until something is so."""
        turn_until(self.poller, lambda: self.look() is None or reached())

    def until_asked_often(self) -> None:
        """Look until several questions were asked and answered."""
        begun = len(self.answers)
        self.until(lambda: len(self.answers) > begun + 20)


@pytest.fixture
def asked(request: pytest.FixtureRequest) -> Iterator[list[Asking]]:
    """Those that were made, ended."""
    made: list[Asking] = []
    yield made
    for one in made:
        one.inquiry.end()
        for process in one.children.alive():
            process.send(9)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, 0)
        one.children.let_go()


def never_and_then(asking: Asking, appear: Callable[[], object]) -> None:
    """It is not ready; something appears; it is ready, and stays so."""
    asking.until_asked_often()
    assert not any(asking.answers)
    appear()
    asking.until(lambda: asking.answers[-1])
    assert asking.look()


def test_a_file(tmp_path: Path, asked: list[Asking]) -> None:
    """Which appears."""
    asked.append(Asking("file", str(tmp_path / "here")))
    never_and_then(asked[0], (tmp_path / "here").touch)


def test_a_socket(tmp_path: Path, asked: list[Asking]) -> None:
    """First there is nothing, then a file that nobody listens at, then a listener."""
    path = str(tmp_path / "s")
    asked.append(Asking("socket", path))
    asked[0].until_asked_often()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        never_and_then(asked[0], listener.listen)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_port(host: str, asked: list[Asking]) -> None:
    """IPv4 and IPv6."""
    port = free_port(host.strip("[]"))
    asked.append(Asking("tcp", f"{host}:{port}"))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind((host.strip("[]"), port))
        never_and_then(asked[0], listener.listen)


def test_an_answer_over_http(asked: list[Asking]) -> None:
    """A server error is no answer; neither is silence, and it does not last for ever."""
    code = 503

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/up?really"
            self.send_response(code)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        asked.append(Asking("http", f"http://127.0.0.1:{server.server_port}/up?really"))
        asked[0].until_asked_often()  # nobody accepts yet
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            asked[0].until_asked_often()
            assert not any(asked[0].answers)
            code = 204
            asked[0].until(lambda: asked[0].answers[-1])
        finally:
            server.shutdown()
            thread.join()


def test_a_command(tmp_path: Path, asked: list[Asking]) -> None:
    """It ends with 0; its output is nobody's."""
    asked.append(Asking("exec", argv=("/bin/ls", str(tmp_path / "here"))))
    never_and_then(asked[0], (tmp_path / "here").touch)


def test_a_command_that_hangs(asked: list[Asking]) -> None:
    """Its patience over, it is killed with its children, and another is started."""
    asked.append(Asking("exec", argv=("/bin/sh", "-c", "sleep 1000 & wait")))
    known = asked[0].children.known
    asked[0].until(lambda: len([one for one in known.values() if one.status == -9]) == 2)
    assert not any(asked[0].answers)
    pids = [pid for pid, one in known.items() if one.status == -9]
    asked[0].until(lambda: not any(group_is_there(pid) for pid in pids))


def group_is_there(pgid: int) -> bool:
    """Whether a process group has a member that is no zombie."""
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_cannot_be_asked(asked: list[Asking]) -> None:
    """A port that is none, a command that is gone, uWSGI's stats where nobody answers: no."""
    for kind, target in (("tcp", "localhost:x"), ("exec", ""), ("stats", "/nowhere")):
        one = Asking(kind, target, argv=("/nowhere",))
        asked.append(one)
        one.until_asked_often()
        assert not any(one.answers)


def test_stats(tmp_path: Path, asked: list[Asking]) -> None:
    """One worker that accepts is enough."""
    path = str(tmp_path / "stats")
    worker = b'{"id":1,"pid":7,"accepting":1,"status":"idle","requests":0,"avg_rt":0,"cores":[]}'
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        asked.append(Asking("stats", path))

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b'{"version":"2.0.31","workers":[%s]}' % worker)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        asked[0].until(lambda: asked[0].answers[-1])
        thread.join()


def test_notices(asked: list[Asking]) -> None:
    """Only the service's own processes are heard, however often a stranger says it."""
    asking = Asking("notify")
    asked.append(asking)
    name = asking.children.environment["NOTIFY_SOCKET"]
    address = "\0" + name[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        for _ in range(10):
            stranger.sendto(b"READY=1", address)
    asking.until_asked_often()
    assert not any(asking.answers)
    child = os.fork()
    if not child:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(b"STATUS=READY=1", address)
            own.sendto(b"STATUS=up\nREADY=1", address)
        os._exit(0)
    asking.children.main = asking.children._hold(child, "main", None)
    asking.until(lambda: asking.answers[-1])
