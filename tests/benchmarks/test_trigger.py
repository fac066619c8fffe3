"""Whoever is asked for fresh workers may say no, or be gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.recycling import trigger
from benchmarks.recycling.traces import take
from benchmarks.recycling.trigger import Trigger

DEADLINE_S = 20.0
NOBODY = -1


def shell(folder: Path, script: str) -> Trigger:
    """A command that has been asked."""
    found = Trigger(("run", "sh", "-c", script), folder, NOBODY, os.environ["PATH"])
    found.pull()
    return found


def test_a_command_that_does_what_is_expected(tmp_path: Path) -> None:
    """An exit code of 1 is right where the app is broken; the folder is filled in."""
    assert shell(tmp_path, "echo no >&2; exit 1").trouble(DEADLINE_S, expected=1) == ""
    assert shell(tmp_path, "echo > {tmp}/told").trouble(DEADLINE_S, expected=0) == ""
    assert (tmp_path / "told").exists()


def test_one_that_does_not(tmp_path: Path) -> None:
    """The last line says why."""
    asked = shell(tmp_path, "echo first >&2; echo because >&2; exit 1")
    assert asked.tells
    assert asked.trouble(DEADLINE_S, expected=0) == "sh -c ended with 1: because"
    asked = shell(tmp_path, "exec sleep 600")
    assert asked.trouble(0.0, expected=0) == "sh -c has not ended within 0 s"


def test_a_fifo_gets_the_character(tmp_path: Path) -> None:
    """And who has no FIFO any more is told apart from who ignores it."""
    os.mkfifo(tmp_path / "fifo")
    fd = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    asked = Trigger(("fifo", "r"), tmp_path, NOBODY, "")
    asked.pull()
    assert os.read(fd, 9) == b"r"
    assert (asked.tells, asked.trouble(DEADLINE_S, expected=0)) == (False, "")
    os.close(fd)


def test_nobody_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No reader, no file, no process: an OSError that names it, at once or after a while."""
    monkeypatch.setattr(trigger, "_FIFO_DEADLINE_S", 0.0)
    with pytest.raises(FileNotFoundError):
        Trigger(("fifo", "r"), tmp_path, NOBODY, "").pull()
    with subprocess.Popen(["true"]) as gone:
        gone.wait(DEADLINE_S)
    with pytest.raises(ProcessLookupError):
        Trigger(("signal", "HUP"), tmp_path, gone.pid, "").pull()


def test_a_signal_arrives(tmp_path: Path) -> None:
    """By its short name."""
    with subprocess.Popen(["sleep", "600"]) as asked:
        Trigger(("signal", "TERM"), tmp_path, asked.pid, "").pull()
        assert asked.wait(DEADLINE_S) == -signal.SIGTERM


def test_traces_are_those_of_a_process_and_its_folder(tmp_path: Path) -> None:
    """What it holds, who is below it, and what lies around; the benchmark's own files don't count.

    The run directory is found by a path in a command line, as uWSGI has it.
    """
    run = tmp_path / "gracekeeper-x"
    run.mkdir()
    (run / "stats").touch()
    for name in ("fifo", "notes", "log", "app.py"):
        (tmp_path / name).touch()
    script = "import sys; print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(run / "stats")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        assert one.stdout
        one.stdout.readline()  # it runs
        found = take(one.pid, tmp_path)
        one.communicate(timeout=DEADLINE_S)
    assert found.files == ("fifo", "gracekeeper-x", "stats")
    assert found.processes == 1
    assert found.fds >= 3
    assert found.pss_kib is None or found.pss_kib > 1000
