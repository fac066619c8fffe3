"""What a stop waits for, from a status; and the stacks of those who are waited for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from supervisor.cli import blocking

WORKER = {"id": 1, "pid": 11, "running": ["GET /slow"], "busy_s": 12.34}
IDLE = {"id": 2, "pid": 12, "running": [], "busy_s": None}
FOUND: dict[str, Any] = {
    "phase": "quiescing",
    "service": {"server": "uwsgi", "pid": 7},
    "connections": {"queued": 0, "half_open": 0, "serving": 0},
    "workers": [],
}


def found(**changes: Any) -> dict[str, Any]:
    """A status of a stop, with something else in it."""
    connections = {**FOUND["connections"], **changes.pop("connections", {})}
    return {**FOUND, "connections": connections, **changes}


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        (found(workers=[WORKER, IDLE]), ["worker 1 (pid 11): GET /slow, 12.3 s"]),
        (
            found(workers=[{**WORKER, "busy_s": None}], connections={"queued": 2}),
            ["worker 1 (pid 11): GET /slow", "2 clients in the accept queue"],
        ),
        (found(connections={"half_open": 1}), ["1 client whose handshake goes on"]),
        (found(connections={"serving": 3}), ["3 connections that the service holds"]),
        (found(connections={"queued": -1}), ["uwsgi (pid 7), which was told to end"]),
        (found(phase="stopping"), ["uwsgi (pid 7), which was told to end"]),
        (found(phase="stopping", service={"server": "x", "pid": None}), []),
        (found(phase="delaying"), ["the drain delay: balancers may still send"]),
        (found(phase="reaping"), ["processes that the main process has left behind"]),
        (found(phase="closing"), ["answers that are on their way to clients"]),
        (found(phase="serving", workers=[WORKER]), []),
        ({"name": "waiting"}, []),
    ],
)
def test_what_is_waited_for(status: dict[str, Any], lines: list[str]) -> None:
    """Requests first, by name and time; then whoever may still become one."""
    assert blocking.blocking(status) == lines


def test_many_workers_are_counted() -> None:
    """A hundred lines would hide the one that matters."""
    lines = blocking.blocking(found(workers=[WORKER] * 20))
    assert (len(lines), lines[-1]) == (9, "and 12 more workers")


def test_whose_stacks() -> None:
    """Of busy workers, else of the main process; of several services, of those that stop."""
    assert blocking.pids(found(workers=[WORKER, IDLE])) == [11]
    assert blocking.pids(found()) == [7]
    assert blocking.pids(found(phase="serving")) == []
    several = [{"name": "over"}, found(), found(phase="serving")]
    assert blocking.pids({"services": several}) == [7]


def test_stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As py-spy tells them; why not, where it can't or isn't there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "py-spy is not installed" in blocking.stacks([7])[0]
    spy = tmp_path / "py-spy"
    spy.write_text('#!/bin/sh\nif [ "$3" = 8 ]; then echo Denied >&2; exit 1; fi\necho "run $*"\n')
    spy.chmod(0o755)
    assert blocking.stacks([7, 8]) == [
        "7:",
        "  run dump --pid 7",
        "cannot look into 8: Denied. It takes root, or CAP_SYS_PTRACE.",
    ]
    spy.write_text("nothing that could be run")
    assert blocking.stacks([7])[0].startswith("cannot look into 7: ")
