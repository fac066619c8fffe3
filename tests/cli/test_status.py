"""A status, drawn for a person."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supervisor.cli import status as module
from supervisor.cli.status import status, text
from supervisor.errors import GracekeeperError

WORKER = {
    "id": 1,
    "pid": 12,
    "accepting": True,
    "requests": 5,
    "memory": 44_000_000,
    "age_s": 7.0,
    "busy_s": 12.0,
    "running": ["GET /a"],
}
RECYCLE: dict[str, Any] = {
    "mechanism": "between-requests",
    "limits": {},
    "going": None,
    "wished": [],
    "blind": [],
    "last": [],
    "next_look_s": None,
}
RESTART = {"outcome": "", "why": "", "following": 0, "leaving": 0, "last_lines": []}
STATUS: dict[str, Any] = {
    "phase": "quiescing",
    "generation": 3,
    "restart": RESTART,
    "recycle": RECYCLE,
    "pid": 1,
    "service": {"server": "uwsgi", "pid": 7},
    "grace_s": 10.0,
    "budget_left_s": 8.25,
    "addresses": [":8000", "/run/a.sock"],
    "connections": {"queued": 3, "half_open": 1, "serving": 2},
    "in_request": 2,
    "requests": 11,
    "turned_away": 4,
    "workers": [
        WORKER,
        {**WORKER, "id": 2, "pid": 13, "requests": 6, "age_s": 720.0, "running": []},
        {
            **WORKER,
            "id": 3,
            "pid": 14,
            "requests": 0,
            "age_s": 9000.0,
            "memory": None,
            "running": [],
            "accepting": False,
        },
    ],
}


def test_while_it_stops() -> None:
    """Everything that tells whether it goes on, and what it waits for."""
    assert text(STATUS) == (
        "uwsgi is quiescing, 8.2 s of 10 s left\n"
        "  address   :8000, /run/a.sock\n"
        "  pid       1 gracekeeper, 7 uwsgi\n"
        "  waiting   3 queued, 1 half open\n"
        "  inside    2 connections, 2 in request\n"
        "  answered  11 requests, 4 turned away\n"
        "  recycle   by hand only\n"
        "  waits for worker 1 (pid 12): GET /a, 12.0 s\n"
        "            3 clients in the accept queue\n"
        "            1 client whose handshake goes on\n"
        "\n"
        "  worker       pid  requests     memory      age  now\n"
        "  1             12         5   42.0 MiB      7 s  GET /a for 12 s\n"
        "  2             13         6   42.0 MiB   12 min  idle\n"
        "  3             14         0          ?    2.5 h  starting"
    )


@pytest.mark.parametrize(
    ("restart", "told"),
    [
        ({"following": 4, "outcome": "running"}, "generation 4 is starting, 3 serves"),
        ({"leaving": 2, "outcome": "running"}, "generation 2 is leaving, 3 serves"),
        ({"outcome": "done"}, "generation 3 serves; last restart: done"),
        (
            {"outcome": "failed", "why": "it ended with 22"},
            "generation 3 serves; last restart: failed: it ended with 22",
        ),
    ],
)
def test_restarts(restart: dict[str, Any], told: str) -> None:
    """Which generation serves, which comes and which goes."""
    assert f"\n  restart   {told}\n" in text({**STATUS, "restart": {**RESTART, **restart}})


@pytest.mark.parametrize(
    ("recycle", "told"),
    [
        (
            {"limits": {"age_s": 1800.0, "min_ready": 2}, "next_look_s": 4.6},
            "age_s 1800, min_ready 2; next look in 5 s",
        ),
        ({"going": {"worker": 2, "pid": 13, "why": "age"}}, "worker 2 is going: age"),
        ({"blind": ["no cgroup"]}, "by hand only; blind: no cgroup"),
        (
            {"last": [{"worker": 1, "why": "by hand"}]},
            "by hand only; last: worker 1 (by hand)",
        ),
    ],
)
def test_recycling(recycle: dict[str, Any], told: str) -> None:
    """What is watched, what goes on, what was done."""
    assert f"\n  recycle   {told}\n" in text({**STATUS, "recycle": {**RECYCLE, **recycle}})


def test_what_is_not_known() -> None:
    """Another server can't be asked; a process may not be there yet; time may be over."""
    shown = text(
        {
            **STATUS,
            "service": {"server": "generic", "pid": None},
            "budget_left_s": -1.0,
            "addresses": [],
            "in_request": None,
            "workers": [],
            "recycle": {**RECYCLE, "mechanism": None},
        }
    )
    assert shown.startswith("generic is quiescing, 0.0 s of 10 s left\n")
    assert "address   none of ours" in shown
    assert "1 gracekeeper, no generic" in shown
    assert "? in request" in shown
    assert "worker" not in shown
    assert text({**STATUS, "budget_left_s": None}).startswith("uwsgi is quiescing\n")


def answering(path: Path, *answers: dict[str, Any]) -> Callable[[], None]:
    """A control socket that answers so often, and is gone with its last answer; wait for that."""
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    door.listen()

    def serve() -> None:
        for left, answer in zip(range(len(answers) - 1, -1, -1), answers, strict=True):
            client, _ = door.accept()
            with closing(client):
                client.makefile("rb").readline()
                if not left:
                    door.close()
                client.sendall(json.dumps(answer).encode())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return lambda: thread.join(10)


def test_its_end_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who watches a stop sees it end; who finds nobody at first is told where he looked."""
    monkeypatch.setattr(module, "EVERY_S", 0)
    path = tmp_path / "control"
    over = answering(path, STATUS, STATUS)
    done = CliRunner().invoke(status, ["--control", str(path), "--watch"])
    over()
    assert done.exit_code == 0
    assert done.output.count("uwsgi is quiescing") == 2
    assert done.output.endswith("gracekeeper: it has ended\n")
    assert CliRunner().invoke(status, ["--control", str(path), "--watch"]).exception


def test_a_name_that_means_nothing(tmp_path: Path) -> None:
    """A keeper says so, and that it is bad input; what it can't do is none."""
    for answer, code in (({"error": "cannot.", "code": 2}, 2), ({"error": "cannot."}, 1)):
        path = tmp_path / f"control-{code}"
        over = answering(path, answer)
        done = CliRunner().invoke(status, ["--control", str(path), "nosuch"])
        over()
        assert isinstance(done.exception, GracekeeperError)
        assert done.exception.exit_code == code
