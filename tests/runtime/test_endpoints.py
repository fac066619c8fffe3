"""What PID 1 tells, over real HTTP and a real control socket, without a service."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.address import Address
from supervisor.config.plan import Plan
from supervisor.core.events import Asked, Booted, Event, Looked, Spawned, SpawnFailed
from supervisor.core.looks import Look
from supervisor.core.phases import PHASES
from supervisor.core.policy import Policy, Rung
from supervisor.runtime.conversation import Conversation
from supervisor.runtime.endpoints import Endpoints
from supervisor.runtime.keeper import Keeper
from supervisor.runtime.listener import Listener
from supervisor.runtime.output import Output
from supervisor.servers.uwsgi.stats import Worker
from tests.runtime.turning import Client, turn_until

LADDER = (Rung("terminate", signal=15), Rung("kill", signal=9, target="tree"))


class Inside:
    """A keeper that keeps nothing, with its endpoints open."""

    def __init__(self, folder: Path) -> None:
        self.fifo = folder / "fifo"
        os.mkfifo(self.fifo)
        self.reader = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        policy = Policy(grace_s=10.0, looks=True, ladder=LADDER)
        plan = Plan(("uwsgi",), "/nowhere/uwsgi", policy, "uwsgi", fifo=str(self.fifo))
        self.devnull = os.open(os.devnull, os.O_WRONLY)
        self.keeper = Keeper(plan, Output("json", self.devnull))
        endpoints = Endpoints(self.keeper)
        web = socket.create_server(("127.0.0.1", 0))
        self.http = Address("inet", "127.0.0.1", web.getsockname()[1])
        line = socket.socket(socket.AF_UNIX)
        self.control = Address("unix", path=str(folder / "control"))
        line.bind(self.control.path)
        line.listen()
        poller = self.keeper.poller
        self.listeners = (
            Listener(poller, web, "http", endpoints.health),
            Listener(poller, line, "line", endpoints.control),
        )

    def tell(self, *events: Event) -> None:
        """Let something have happened; no action of it is performed."""
        for event in events:
            present = self.keeper.present
            present._perform = dict.fromkeys(present._perform, lambda _action: None)
            present.feed(event)

    def serve(self) -> None:
        """Be ready, with one worker at work."""
        self.tell(Booted(), Spawned(7), Looked(Look(ready=True)))
        worker = Worker(1, 77, True, "busy", 5, 1, 0.1, ("GET /slow",), 1)
        self.keeper.present.observer.workers = (worker,)

    def ask(self, path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
        """Return status, headers and body."""
        request = f"{method} {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode()
        answer = Client(self.http, request).answer(self.keeper.poller).decode()
        head, _, body = answer.partition("\r\n\r\n")
        first, *rest = head.split("\r\n")
        return int(first.split()[1]), dict(line.split(": ", 1) for line in rest), body

    def say(self, line: bytes) -> dict[str, Any]:
        """Say one line to the control socket and return the answer."""
        answer = Client(self.control, line).answer(self.keeper.poller)
        assert answer.endswith(b"\n")
        return dict(json.loads(answer))

    def close(self) -> None:
        """Let go of everything."""
        turn_until(self.keeper.poller, lambda: not any(one.busy for one in self.listeners))
        for one in self.listeners:
            one.close()
        os.close(self.reader)
        os.close(self.devnull)


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    made = Inside(tmp_path)
    yield made
    made.close()


def test_liveness_is_that_we_answer(inside: Inside) -> None:
    """In every phase: a restart would help nobody."""
    assert inside.ask("/livez")[0] == 200
    inside.serve()
    inside.tell(Asked(15))
    assert inside.ask("/livez?verbose=1") == (
        200,
        {
            "Content-Type": "text/plain",
            "Content-Length": "6",
            "Cache-Control": "no-store",
            "Connection": "close",
        },
        "alive\n",
    )


def test_readiness_is_serving(inside: Inside) -> None:
    """And ends with the signal."""
    assert inside.ask("/readyz")[::2] == (503, "starting\n")
    inside.serve()
    assert inside.ask("/readyz")[::2] == (200, "serving\n")
    inside.tell(Asked(15))
    assert inside.ask("/readyz")[::2] == (503, "quiescing\n")


def test_a_status_is_taken_fresh(inside: Inside) -> None:
    """JSON, the same as over the control socket."""
    inside.serve()
    status, headers, body = inside.ask("/status")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    found = json.loads(body)
    assert (found["phase"], found["ready"], found["pid"]) == ("serving", True, os.getpid())
    assert found["workers"][0]["running"] == ["GET /slow"]
    assert found["budget_left_s"] is None
    assert inside.say(b'{"do": "status"}\n') == found
    inside.tell(Asked(15))
    assert 9 < json.loads(inside.ask("/status")[2])["budget_left_s"] <= 10


def test_metrics_can_be_parsed(inside: Inside) -> None:
    """Prometheus' text format: every sample has its HELP and TYPE, and is a number."""
    inside.serve()
    status, headers, body = inside.ask("/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    kinds: dict[str, str] = {}
    samples: dict[str, float] = {}
    for line in body.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in kinds
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            sample, value = line.split()
            assert sample.partition("{")[0] in kinds
            samples[sample] = float(value)
    assert samples["gracekeeper_ready"] == 1
    assert samples["gracekeeper_workers"] == 1
    assert kinds["gracekeeper_turned_away_total"] == "counter"
    phases = {phase: samples[f'gracekeeper_phase{{phase="{phase}"}}'] for phase in PHASES}
    assert phases == {**dict.fromkeys(PHASES, 0.0), "serving": 1.0}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/status", "/metrics", "/nothing"])
def test_head_is_get_without_the_body(inside: Inside, path: str) -> None:
    """The length stays (RFC 9110, 9.3.2)."""
    inside.serve()
    get, head = inside.ask(path), inside.ask(path, "HEAD")
    assert (head[0], head[2]) == (get[0], "")
    assert head[1]["Content-Length"] == str(len(get[2])) == get[1]["Content-Length"]


@pytest.mark.parametrize("path", ["/", "/livez/", "/metrics/x", "*", "http://host/livez"])
def test_other_paths(inside: Inside, path: str) -> None:
    """404, and what there is."""
    status, _, body = inside.ask(path)
    assert (status, body) == (404, "there is /livez, /readyz, /status and /metrics\n")


@pytest.mark.parametrize("method", ["POST", "DELETE", "get"])
def test_other_methods(inside: Inside, method: str) -> None:
    """405, and what is allowed (RFC 9110, 15.5.6)."""
    status, headers, _ = inside.ask("/livez", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b"[]\n",
        b"7\n",
        b'"do"\n',
        b"{}\n",
        b'{"do"\n',
        b"\xff\xfe\n",
        b"[" * 60_000 + b"\n",
    ],
    ids=lambda line: repr(line[:8]),
)
def test_what_is_no_wish(inside: Inside, line: bytes) -> None:
    """Answered with what to say."""
    assert 'say {"do": "status"}' in inside.say(line)["error"]


@pytest.mark.parametrize("verb", ["dance", 7, None, ["stop"], {"do": "stop"}], ids=repr)
def test_an_unknown_verb(inside: Inside, verb: object) -> None:
    """Named, and what there is."""
    error = inside.say(json.dumps({"do": verb}).encode() + b"\n")["error"]
    assert error == f"cannot {verb}: there is status, restart, recycle, stop and fifo"
    assert inside.keeper.present.state.asked is None


@pytest.mark.parametrize("verb", ["status", "stop", "fifo"])
def test_a_stranger_is_refused(inside: Inside, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """Whatever the mode of the socket's file says."""
    monkeypatch.setattr(Conversation, "peer", lambda _self: (1, 4711))
    error = inside.say(json.dumps({"do": verb}).encode() + b"\n")["error"]
    assert error.startswith("uid 4711 may not do that")
    assert inside.keeper.present.state.asked is None


@pytest.mark.parametrize("verb", ["status", "which", "restart", "recycle", "fifo", "stop"])
def test_a_name_that_is_not_its_own(inside: Inside, verb: str) -> None:
    """Nothing is done to the only service by another's name; its own, if it has one, is fine."""
    inside.serve()
    wish = {"do": verb, "verb": "restart", "service": "nosuch", "command": "log-reopen"}
    answer = inside.say(json.dumps(wish).encode() + b"\n")
    assert answer["code"] == 2
    assert answer["error"].startswith("cannot ")
    assert answer["error"].endswith(". Leave it out.") or verb == "stop"
    assert inside.keeper.succession.newest == 1
    inside.keeper.plan = inside.keeper.plan.replace(name="app")
    answer = inside.say(json.dumps(wish).encode() + b"\n")
    assert (answer["code"], "there is only app" in answer["error"]) == (2, verb != "stop")
    found = inside.say(b'{"do": "which", "verb": "restart", "service": "app"}\n')
    assert found == {"service": "app"}


def test_a_stop_by_control(inside: Inside) -> None:
    """As by SIGTERM, and it tells who it was."""
    inside.serve()
    present = inside.keeper.present
    present._perform = dict.fromkeys(present._perform, lambda _action: None)
    assert inside.say(b'{"do": "stop"}\n') == {"ok": True, "pid": os.getpid()}
    assert inside.keeper.present.state.asked == Asked(15, os.getpid(), os.getuid(), "control")
    assert inside.keeper.sender not in ("", "?")


def test_a_fifo_command(inside: Inside) -> None:
    """By name or byte, written as its byte."""
    inside.serve()
    assert inside.say(b'{"do": "fifo", "command": "log-reopen"}\n') == {
        "ok": True,
        "wrote": "log-reopen",
    }
    assert inside.say(b'{"do": "fifo", "command": "L"}\n')["wrote"] == "log-rotate"
    assert os.read(inside.reader, 10) == b"lL"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("q", "Use `gracekeeper stop`"),
        ("Q", "Use `gracekeeper stop`"),
        ("go-cheap", "it cuts the requests that run"),
        ("+", "without `cheaper`"),
        ("", "it is none of"),
        ("nonsense", "it is none of"),
    ],
)
def test_a_fifo_command_that_makes_no_sense(inside: Inside, command: str, why: str) -> None:
    """Refused, with the reason; nothing is written."""
    inside.serve()
    wish = json.dumps({"do": "fifo", "command": command}).encode() + b"\n"
    assert why in inside.say(wish)["error"]
    assert inside.keeper.present.fifo is not None
    assert inside.keeper.present.fifo.write("x") == ""
    assert os.read(inside.reader, 10) == b"x"


def test_a_service_that_can_not_be_run(inside: Inside) -> None:
    """The end of a life that never began."""
    inside.tell(Booted(), SpawnFailed(127, "cannot run it"))
    assert inside.ask("/readyz")[::2] == (503, "closing\n")
