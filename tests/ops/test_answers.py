"""What answers at DOCKER_HOST need not be an engine, nor answer at all: one line says so."""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supervisor.cli.app import start
from supervisor.errors import GracekeeperError
from supervisor.ops import engine
from supervisor.ops.engine import Engine
from supervisor.ops.inspection import Wish, of_container
from supervisor.ops.toptable import FIELDS
from tests.ops.answering import DEADLINE_S, SILENCE, Answers, answer, answering, ok
from tests.ops.changing import LONG, changed

# Whoever watches leaves connections to the end of the process, and its threads with them.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
OPEN = Path("/proc/self/fd")
COMMANDS = ("explain", "inspect", "watch")
HTML = answer(b"<html><body><h1>403 Forbidden</h1></body></html>", "403 Forbidden")
PATHS = tuple(path for path in Answers().by_path if path not in ("/top", "/containers/json"))


class Asked:
    """One engine, and what the commands said of it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.answers = Answers()
        self._capsys = capsys

    def by(self, command: str, *more: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        with pytest.raises(SystemExit) as ended:
            start([command, "web", *more])
        out, err = self._capsys.readouterr()
        return int(ended.value.code or 0), out, err

    def refused(self, command: str) -> str:
        """Return the one line that it ended with."""
        code, out, err = self.by(command)
        assert (code, out, err.count("\n")) == (1, "", 1), (code, out, err)
        assert err.startswith("gracekeeper: cannot ")
        return err


@pytest.fixture
def asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Asked]:
    """An engine that answers as one, until a test changes its answers."""
    found = Asked(capsys)
    with answering(tmp_path / "e", found.answers) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
        there = set(threading.enumerate())
        yield found
    for thread in set(threading.enumerate()) - there:
        thread.join(DEADLINE_S)
    gc.collect()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "body", [ok({}), ok([]), HTML, answer(b"SSH-2.0"), b"SSH-2.0\r\n"], ids=str
)
def test_no_engine_at_all(asked: Asked, command: str, body: bytes) -> None:
    """A proxy's error page, another service, another protocol."""
    asked.answers.by_path = dict.fromkeys(asked.answers.by_path, body)
    assert "does not answer like a Docker Engine" in asked.refused(command)


def test_it_explains_without_events(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that keeps its events for itself hides something, and holds nobody up."""
    monkeypatch.setattr(engine, "EVENTS_S", 0.1)
    for body, why in ((SILENCE, "in time"), (HTML, "not answer like"), (ok([]), "not answer like")):
        asked.answers.by_path["/events"] = body
        code, out, _ = asked.by("explain", "--json")
        found = json.loads(out)
        assert (code, found["code"]) == (0, 3)
        assert len(found["hidden"]) == 1
        assert found["hidden"][0].startswith("the events are hidden: cannot ask about containers: ")
        assert why in found["hidden"][0]


def test_events_that_do_not_end(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on after `until` has a deadline as a whole."""
    monkeypatch.setattr(engine, "EVENTS_S", 0.1)
    first = asked.answers.by_path["/events"]
    assert isinstance(first, bytes)
    body = first.partition(b"\r\n\r\n")[2]
    asked.answers.by_path["/events"] = chain([b"HTTP/1.1 200 OK\r\n\r\n"], repeat(body))
    with pytest.raises(GracekeeperError, match="does not answer in time"):
        list(Engine().events(0, 1))


@pytest.mark.parametrize("path", ["/version", "/info", "/containers/web/json", "/logs", "/top"])
@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_an_answer_in_drops(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, path: str, head: bytes
) -> None:
    """No piece is late, and the whole never comes."""
    monkeypatch.setattr(engine, "WHOLE_S", 0.2)
    over = threading.Event()
    if path == "/top":
        asked.answers.by_path = Answers("running", 900).by_path
    drops = (b"H" for _ in iter(lambda: over.wait(0.01), True))
    asked.answers.by_path[path] = chain([head] if head else [], drops)
    began = time.monotonic()
    try:
        code, out, err = asked.by("inspect" if path == "/top" else "explain")
    finally:
        over.set()
    assert time.monotonic() - began < DEADLINE_S / 3
    told = " ".join(f"{out} {err}".split())
    assert path == "/top" or "does not answer in time" in told
    assert code == int(path not in ("/logs", "/info"))  # a log or events are hidden, and told so


@pytest.mark.parametrize("path", ["/version", "/containers/web/json"])
def test_silence(asked: Asked, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """An engine that takes a question and never answers it."""
    monkeypatch.setattr(engine, "PATIENCE_S", 0.1)
    asked.answers.by_path[path] = SILENCE
    for command in COMMANDS:
        assert "does not answer in time" in asked.refused(command)


def test_silence_is_not_silent(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long before it gives up, it says once what it waits for."""
    monkeypatch.setattr(engine, "PATIENCE_S", 1)
    monkeypatch.setattr(engine, "SILENT_S", 0.1)
    asked.answers.by_path["/version"] = SILENCE
    _, _, err = asked.by("inspect")
    waits, refused = err.splitlines()
    assert waits.startswith("gracekeeper: waiting for the engine at unix://")
    assert "does not answer in time" in refused


def test_ssh_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK speaks it by a library of its own, which is not installed with it."""
    monkeypatch.setitem(sys.modules, "paramiko", None)
    monkeypatch.setenv("DOCKER_HOST", "ssh://127.0.0.1:1")
    with pytest.raises(GracekeeperError, match=r"Do `pip install docker\[ssh\]`") as caught:
        Engine()
    assert "Start it" not in str(caught.value)


def test_ssh_that_is_not_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its errors are of a kind of their own."""

    class SSHError(Exception):
        pass

    def refuse(**_: Any) -> None:
        raise SSHError("No authentication methods available")

    monkeypatch.setitem(sys.modules, "paramiko", SimpleNamespace(SSHException=SSHError))
    monkeypatch.setattr(docker, "APIClient", refuse)
    monkeypatch.setenv("DOCKER_HOST", "ssh://127.0.0.1:1")
    with pytest.raises(GracekeeperError, match=r"No authentication .* its key, known_hosts"):
        Engine()


def test_nothing_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who can't connect leaves no socket to the garbage collector."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    before = len(list(OPEN.iterdir()))
    with pytest.raises(GracekeeperError, match="No such file or directory") as caught:
        Engine()
    assert len(list(OPEN.iterdir())) == before, caught


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answer(asked: Asked, data: st.DataObject) -> None:
    """Whatever one of the answers is, a command ends with its answer or with one line."""
    whole = Answers().by_path
    path = data.draw(st.sampled_from(PATHS))
    found = whole[path]
    assert isinstance(found, bytes)
    good = json.loads(found.partition(b"\r\n\r\n")[2])
    body = json.dumps(changed(good, data)).replace(f'"{LONG}"', LONG).encode()
    status = data.draw(st.sampled_from(["200 OK", "200 OK", "404 Not Found", "500 Oops"]))
    asked.answers.by_path = {**whole, path: answer(body, status)}
    for command in COMMANDS:
        code, out, err = asked.by(command)
        assert code in (0, 1), err
        if not out:
            assert code == 1
            assert err.startswith("gracekeeper: cannot "), err
            assert err.count("\n") == 1


@pytest.mark.parametrize(
    "wrong", [{"Pid": "900"}, {"ExitCode": 2**64}, {"Status": "a\nb"}], ids=str
)
def test_another_type(asked: Asked, wrong: dict[str, Any]) -> None:
    """The shape is an engine's, and one value in it is not."""
    found = asked.answers.by_path["/containers/web/json"]
    assert isinstance(found, bytes)
    one = json.loads(found.partition(b"\r\n\r\n")[2])
    asked.answers.by_path["/containers/web/json"] = ok({**one, "State": one["State"] | wrong})
    for command in COMMANDS:
        assert "does not answer like a Docker Engine" in asked.refused(command)


def test_another_ps(asked: Asked) -> None:
    """The engine's machine shows nothing that can be read: its own `ps` is another one."""
    asked.answers.by_path = Answers("running", 900).by_path
    rows = [["PID"] * len(FIELDS)]
    asked.answers.by_path["/top"] = ok({"Processes": rows})
    assert "does not show its processes" in asked.refused("inspect")


def test_paused_somewhere_else(asked: Asked) -> None:
    """A frozen process looks held in an uninterruptible sleep; a stop lets it go on."""
    asked.answers.by_path = Answers("paused", 900).by_path
    row = ["900", "880", "900", "0", "Ds", "12", "1", "0", "0", "0", "14002", "refrigerator"]
    asked.answers.by_path["/top"] = ok({"Processes": [[*row, "app", "app"]]})
    found = of_container("web", Wish()).forecast
    assert (found.killed, found.signal) == (False, 15)
    assert "it is paused" in found.unsure
