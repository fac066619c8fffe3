"""An inspection, drawn for a terminal, and what can go wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.cli.processes import text
from supervisor.ops.forecast import forecast
from supervisor.ops.inspection import Inspection
from supervisor.ops.listener import Listener
from supervisor.ops.memory import Memory
from supervisor.ops.process import Tree
from supervisor.ops.scene import Scene
from tests.cli.command import gracekeeper
from tests.ops.crew import CHLD, TERM, process

SCRIPT = "app --secret=x; true"
TREE = Tree(
    (
        process(900, "sh", "-c", SCRIPT, inner=1, caught=CHLD, text=SCRIPT, age_s=70.0),
        process(950, "app", "--secret=x", ppid=900, inner=7, uid=65533, caught=TERM, age_s=69.0),
        process(951, "app", ppid=950, inner=8, uid=65533, state="D", wchan="nfs_wait"),
        process(952, ppid=900, inner=9, state="Z").replace(name="curl"),
    )
)
DOOR = Listener("tcp", "*:8000", 3, 128, 2, 77, 1, 9.0, holders=(950, 951))
UNIX = Listener("unix", "/run/x", 3, None, 2, 78)
SCENE = Scene(TREE)


def test_how_it_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As wide as the terminal; whatever is wrong can be seen in the tree."""
    monkeypatch.setenv("COLUMNS", "80")
    found = Inspection(
        scene=SCENE,
        forecast=forecast(SCENE),
        listeners=(DOOR, UNIX),
        memory=Memory(44 << 20, 1 << 29, 2, 4, 100, 2),
        hidden=("all else",),
    )
    assert text(found) == (
        "process 900: a stop is SIGTERM, then SIGKILL after 10 s\n"
        "\n"
        "  pid  inside  user      age  told    then     command\n"
        "  900       1  root    1 min  stop    dropped  sh -c 'app --secret=***; true'\n"
        "  950       7  65533   1 min  nobody  caught   ├─ app --secret=***\n"
        "  951       8  65533     0 s  nobody  held     │  └─ (uninterruptible, in nfs_w…\n"
        "  952       9  root      0 s  nobody  dead     └─ (zombie) [curl]\n"
        "\n"
        "Ports\n"
        "  tcp   *:8000: 3 of 128 queued, 2 connected, 1 in request for up to 9 s; app\n"
        "        950, 951\n"
        "  unix  /run/x: 3 queued, 2 connected; who holds it is hidden\n"
        "\n"
        "Memory\n"
        "  44.0 MiB, of 512.0 MiB, 2 killed for want of it; 4 of 100 tasks (cgroup v2)\n"
        "\n"
        "Forecast\n"
        "  docker stop will take about 10.1 s and end in 137, because `sh` has no handler\n"
        "  for SIGTERM, and the kernel drops that for a PID 1.\n"
        "  Put `exec` before the last command, or use the JSON form of CMD and\n"
        "  ENTRYPOINT.\n"
        "\n"
        "Hidden\n"
        "  all else"
    )


@pytest.mark.process
def test_mistakes(tmp_path: Path) -> None:
    """One line each, what to do about it, and a code."""
    for arguments, code, told in (
        (("inspect", "999999999"), 1, "no such process"),
        (("inspect", "9" * 5000), 1, "a PID has 7 digits at most"),
        (("inspect", "1", "--signal", "9" * 5000), 2, "Try TERM"),
        (("inspect", "1", "--signal", "FOO"), 2, "Try TERM"),
        (("inspect", "1", "--grace", "soon"), 2, "Write a duration"),
    ):
        done = gracekeeper(tmp_path, *arguments)
        assert (done.code, done.out) == (code, "")
        assert told in done.err
        assert done.err.count("\n") == 1
    nobody = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    done = gracekeeper(tmp_path, "inspect", "web", environment=nobody)
    assert done.code == 1
    assert "cannot reach a Docker Engine" in done.err


@pytest.mark.process
def test_a_process(tmp_path: Path) -> None:
    """This one, and all below it."""
    done = gracekeeper(tmp_path, "inspect", str(os.getpid()))
    assert done.code == 0, done.err
    assert "Forecast\n  A stop will" in done.out
