"""Real processes of this machine, looked at from outside."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest
from jsonschema import Draft202012Validator

from supervisor.errors import GracekeeperError
from supervisor.ops import inspection, procfs, sockets
from supervisor.ops.inspectdata import data
from supervisor.ops.inspection import Wish, of_container, of_process
from supervisor.ops.toptable import FIELDS, tree
from tests.rules.sources import ROOT

DEADLINE_S = 10.0
SCHEMA = json.loads((ROOT / "supervisor/ops/inspect.schema.json").read_text())
# A parent with a door of five places, and children: one that ignores TERM, one that waits for it in
# sigtimedwait, one that has ended and that nobody asks.
PROGRAM = """
import os, signal, socket, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
door = socket.create_server(("127.0.0.1", 0), backlog=5)
inner = socket.socket(socket.AF_UNIX)
inner.bind(sys.argv[2])
inner.listen(7)
def child(act):
    pid = os.fork()
    if not pid:
        door.close()
        inner.close()
        act()
    return pid
def waits():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    os.write(1, b".")
    signal.sigtimedwait([signal.SIGTERM], 600)
    os._exit(0)
def ignores():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(1, b".")
    signal.pause()
pids = [child(ignores), child(waits), child(lambda: os._exit(4))]
os.waitid(os.P_PID, pids[2], os.WEXITED | os.WNOWAIT)
print(door.getsockname()[1], *pids, flush=True)
while True:
    signal.pause()
"""


class Crew:
    """The program above, running."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "inner.sock")
        file = folder / "crew.py"
        file.write_text(PROGRAM)
        command = [sys.executable, str(file), "--password=geheim", self.path]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        assert self.process.stdout
        told = b""
        while told.count(b".") < 2 or b"\n" not in told:  # both children are where they stay
            told += os.read(self.process.stdout.fileno(), 100)
        self.port, *self.pids = (int(word) for word in told.replace(b".", b"").split())
        waits, until = Path(f"/proc/{self.pids[1]}/wchan"), monotonic() + DEADLINE_S
        while "sigtimedwait" not in waits.read_text():  # it said so a moment before
            assert monotonic() < until, waits.read_text()
            select.poll().poll(1)


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    """It, killed at the end."""
    found = Crew(tmp_path)
    yield found
    os.killpg(found.process.pid, signal.SIGKILL)
    assert found.process.stdout
    found.process.stdout.close()
    found.process.wait(10)


@pytest.mark.process
def test_a_tree_with_its_doors(crew: Crew) -> None:
    """Who is told, who ends, who listens, how deep the queue is; all of it as the schema says."""
    with closing(socket.create_connection(("127.0.0.1", crew.port))):
        found = data(of_process(crew.process.pid, Wish(grace_s=4)))
    Draft202012Validator(SCHEMA).validate(found)
    by_pid = {one["pid"]: one for one in found["processes"]}
    ignores, waits, dead = (by_pid[pid] for pid in crew.pids)
    assert by_pid[crew.process.pid]["signal"] == "caught"
    assert by_pid[crew.process.pid]["signals"]["caught"] == ["SIGINT", "SIGTERM"]
    assert by_pid[crew.process.pid]["argv"][-2:] == ["--password=***", crew.path]
    assert (ignores["signal"], waits["signal"], dead["signal"]) == ("ignored", "waited", "dead")
    assert (ignores["depth"], ignores["told"]) == (1, "maybe")
    assert (dead["state"], dead["ending"]["after_s"]) == ("Z", 0)
    assert (found["forecast"]["exit_code"], found["forecast"]["sure"]) == (3, True)
    assert found["stop"] == {"signal": "SIGTERM", "grace_s": 4}
    doors = {one["kind"]: one for one in found["listeners"]}
    tcp, unix = doors["tcp"], doors["unix"]
    assert (tcp["address"], tcp["queued"], tcp["backlog"]) == (f"127.0.0.1:{crew.port}", 1, 5)
    assert (tcp["connected"], tcp["holders"]) == (0, [crew.process.pid])
    assert (unix["address"], unix["backlog"]) == (crew.path, 7)
    assert found["memory"]["used"]
    assert found["hidden"] == []


def test_a_request_is_what_came_and_was_not_answered() -> None:
    """The kernel knows on which connections an answer is owed."""
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port = door.getsockname()[1]
        with closing(socket.create_connection(("127.0.0.1", port))) as client:
            server, _ = door.accept()
            with closing(server):
                assert counted(port) == (1, 0)
                client.sendall(b"GET")
                assert server.recv(3) == b"GET"
                assert counted(port) == (1, 1)
                server.sendall(b"200")
                assert client.recv(3) == b"200"
                assert counted(port) == (1, 0)


def counted(port: int) -> tuple[int, int]:
    """Connections and requests at a port of this process."""
    found = sockets.listeners(os.getpid()) or ()
    return next((x.connected, x.running) for x in found if x.address == f"127.0.0.1:{port}")


@pytest.mark.process
@pytest.mark.parametrize(
    ("uid", "before"), [(65534, ()), (0, ("setpriv", "--bounding-set=-sys_ptrace"))]
)
def test_another_user_is_told_what_is_hidden(crew: Crew, uid: int, before: tuple[str, ...]) -> None:
    """Masks are everybody's to read; descriptors, and what is behind them, are not.

    A container's root can list the descriptors of all, and may not look what they are.
    """
    if os.getuid():
        pytest.skip("only root can become somebody else")
    look = (
        "import encodings.ascii, os, sys\n"
        "from supervisor.ops.inspection import Wish, of_process\n"
        "os.setgid(int(sys.argv[2])), os.setuid(int(sys.argv[2]))\n"
        "found = of_process(int(sys.argv[1]), Wish())\n"
        "print(found.scene.tree.first.caught >> 14 & 1, found.listeners[0].holders, found.hidden)"
    )
    done = subprocess.run(
        [*before, sys.executable, "-c", look, str(crew.process.pid), str(uid)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=False,
    )
    assert done.stdout.startswith("1 None "), done.stderr
    assert f"this is uid {uid}" in done.stdout


@pytest.mark.process
def test_a_process_that_is_not_there() -> None:
    """It was reaped, so its number is free."""
    gone = subprocess.Popen(["true"])
    gone.wait(10)
    with pytest.raises(GracekeeperError, match="no such process"):
        procfs.tree(gone.pid)


class Engine:
    """One that knows a single container: this process, started anew three times."""

    def __init__(self, status: str) -> None:
        self.status = status

    def inspect(self, name: str) -> dict[str, object]:
        """As much of `docker inspect` as is read."""
        return {
            "Id": "1" * 64,
            "Name": f"/{name}",
            "Path": "app",
            "Args": [],
            "RestartCount": 3,
            "Config": {"StopSignal": "SIGQUIT", "StopTimeout": 5},
            "HostConfig": {},
            "State": {
                **{"Status": self.status, "Pid": os.getpid(), "ExitCode": 3, "Error": ""},
                **{"OOMKilled": False, "StartedAt": "", "FinishedAt": ""},
            },
        }

    def same_machine(self, pid: int, name: str) -> bool:
        """This one."""
        return bool(pid and name)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.process
def test_a_container_that_is_started_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two starts there is nothing to see; just after one, nothing is certain."""
    monkeypatch.setattr(inspection, "Engine", lambda: Engine("restarting"))
    with pytest.raises(GracekeeperError, match="has ended 3 times, with 3 at last"):
        of_container("web", Wish())
    monkeypatch.setattr(inspection, "Engine", lambda: Engine("running"))
    monkeypatch.setattr(inspection, "YOUNG_S", 1e9)
    found = of_container("web", Wish())
    assert "anew 3 times" in found.forecast.unsure
    assert (found.forecast.signal, found.forecast.grace_s) == (3, 5)


def test_what_another_engine_tells_of_its_processes() -> None:
    """ps(1) has masks and waits; the command line's words are known from the container."""
    text = "trap 'exit 3' TERM; app & wait"
    values = ("900", "880", "900", "0", "Ss", "12", "1", "0", "0", "0", "14002", "sigsuspend", "sh")
    child = (
        "950",
        "900",
        "900",
        "0",
        "S",
        "12",
        "1",
        "0",
        "0",
        "6",
        "0",
        "do_wait.x",
        "app",
        "app",
    )
    rows = [child, (*values, f"sh -c {text}")]
    assert len(rows[1]) == len(FIELDS)
    first, other = tree(rows, 900, ("sh", "-c", text)).processes
    assert (first.inner, first.text, first.wchan) == (1, text, "sigsuspend")
    assert (other.pid, other.wchan, other.in_background) == (950, "do_wait", True)
