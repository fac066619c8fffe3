"""What fails inside the keeper becomes news, and never the end of PID 1."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from supervisor.config.plan import Plan
from supervisor.core.events import (
    Asked,
    Booted,
    Event,
    Exited,
    Failed,
    Looked,
    Spawned,
    SpawnFailed,
)
from supervisor.core.looks import Look
from supervisor.core.policy import Policy, Rung
from supervisor.runtime import children, lastwords
from supervisor.runtime.keeper import Keeper
from supervisor.runtime.loop import Loop
from supervisor.runtime.output import Output

LADDER = (
    Rung("quit", command="q", patience_s=1.0),
    Rung("interrupt", signal=2),
    Rung("kill the tree", signal=9, target="tree"),
)


class Kept:
    """A keeper, and what it wrote."""

    def __init__(self, folder: Path, **plan: Any) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        policy = Policy(grace_s=10.0, ladder=LADDER)
        self.keeper = Keeper(
            Plan(("true",), "/bin/true", policy, termination_log=str(folder / "log"), **plan),
            Output("json", self._write),
        )

    def events(self) -> list[Event]:
        """What was fed so far."""
        return [event for _, event, _ in self.keeper.present.journal.entries]

    def written(self) -> list[dict[str, Any]]:
        """The log lines so far."""
        try:
            return [json.loads(line) for line in os.read(self._read, 1 << 20).splitlines()]
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Close the log."""
        os.close(self._read)
        os.close(self._write)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(tmp_path)
    yield made
    made.close()


def test_a_spawn_that_raises_is_a_spawn_that_failed(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing would ever come after it otherwise."""

    def embedded_null(*_: object, **__: object) -> int:
        raise ValueError("embedded null byte")

    monkeypatch.setattr("posix.posix_spawn", embedded_null)
    kept.keeper.present.feed(Booted())
    assert isinstance(kept.events()[1], SpawnFailed)
    assert kept.keeper.present.state.phase in ("closing", "done")


def test_no_fifo_is_the_rungs_own_failure(kept: Kept) -> None:
    """So the next rung is taken at once."""
    kept.keeper.present.feed(Spawned(7))
    kept.keeper.present.feed(Asked(15))
    assert [type(event) for event in kept.events()[2:4]] == [Failed, Failed]
    first, second = kept.events()[2:4]
    assert first == Failed("fifo", "there is none")
    assert second == Failed("send", "it has ended")  # there is no main process here


def test_a_fifo_that_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is, it is told as what it prevented."""
    kept = Kept(tmp_path, fifo=str(tmp_path / "fifo"))
    assert kept.keeper.present.fifo is not None

    def fail(_command: str) -> str:
        raise MemoryError

    monkeypatch.setattr(kept.keeper.present.fifo, "write", fail)
    kept.keeper.present.feed(Spawned(7))
    kept.keeper.present.feed(Asked(15))
    assert Failed("fifo", "MemoryError()") in kept.events()
    kept.close()


def test_a_step_that_raises_leaves_no_event_behind(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never does; and if it did, the next event would still be taken in."""
    with monkeypatch.context() as patch:
        patch.setattr("supervisor.runtime.generation.step", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept.keeper.present.feed(Spawned(7))
    kept.keeper.present.feed(Spawned(7))
    assert kept.keeper.present.state.phase == "serving"


def test_a_restart_that_raises_is_over(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generation that could not even be made is no reason to refuse the next for ever."""
    keeper = kept.keeper
    keeper.plan = keeper.plan.replace(no_restart="")
    keeper.present.feed(Spawned(7))

    def fail(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(keeper, "generation", fail)
    assert keeper.restart() == ""
    assert (keeper.succession.following, keeper.succession.outcome) == (0, "failed")
    assert "Too many open files" in keeper.succession.why


def test_stop_signals_are_heard_before_ends(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the child as well: the keeper's code tells of the signal, not of the child."""
    heard = iter([number.to_bytes(4, sys.byteorder) + bytes(124) for number in (17, 2)])
    monkeypatch.setattr("supervisor.runtime.signals.read", lambda _fd: next(heard, b""))
    monkeypatch.setattr("supervisor.runtime.loop.reap", lambda *_: ([(7, 0)], False))
    monkeypatch.setattr(kept.keeper.present.children, "take", lambda *_: Exited(7, 0))
    monkeypatch.setattr(kept.keeper.present.children, "empty", lambda: True)
    kept.keeper.present.feed(Spawned(7))
    Loop(kept.keeper).signalled()
    kinds = [type(event) for event in kept.events()]
    assert kinds.index(Asked) < kinds.index(Exited)
    while kept.keeper.code is None:
        kept.keeper.poller.wait(0)
    assert kept.keeper.code == 130


def test_a_look_before_the_fifo_exists(tmp_path: Path) -> None:
    """Readiness does not depend on it."""
    kept = Kept(tmp_path, fifo=str(tmp_path / "fifo"))
    kept.keeper.present._seen(Look(ready=True))
    assert kept.events() == [Looked(Look(ready=True))]
    kept.close()


def test_traces_that_are_gone_already(tmp_path: Path) -> None:
    """Somebody has tidied up; a directory in our way; neither is worth an exit code."""
    policy = Policy(grace_s=1.0)
    run_dir = tmp_path / "run"
    plan = Plan(("x",), "x", policy, run_dir=str(run_dir), control_path=str(tmp_path / "control"))
    lastwords.remove_traces(plan)
    (run_dir / "folder").mkdir(parents=True)
    (run_dir / "fifo").touch()
    (tmp_path / "control").touch()
    lastwords.remove_traces(plan)
    assert [path.name for path in run_dir.iterdir()] == ["folder"]
    assert not (tmp_path / "control").exists()
    (run_dir / "folder").rmdir()
    lastwords.remove_traces(plan)
    assert not run_dir.exists()


def report_to(kept: Kept) -> dict[str, Any]:
    """Speak the last words and return the report as it was logged."""
    lastwords.speak(kept.keeper, lastwords.report_of(kept.keeper, kept.keeper.present, 143))
    *_, last = kept.written()
    return last


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("fifo", "No such device or address"),
        ("folder", "Is a directory"),
        ("nowhere/report", "no such directory"),
        ("full", "No space left on device"),
    ],
)
def test_a_report_that_can_not_be_written(tmp_path: Path, kind: str, why: str) -> None:
    """It is said, in the log, and the log has the report."""
    path = tmp_path / kind
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "full":
        path.symlink_to("/dev/full")
    kept = Kept(tmp_path, report=str(path))
    lastwords.speak(kept.keeper, lastwords.report_of(kept.keeper, kept.keeper.present, 143))
    failed, report = kept.written()
    assert (failed["event"], failed["path"], failed["why"]) == ("report-failed", str(path), why)
    assert (report["event"], report["exit_code"]) == ("report", 143)
    kept.close()


def test_a_fifo_whose_reader_is_slow(tmp_path: Path) -> None:
    """Never waited for."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    filler = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    os.write(filler, b"." * 65536)  # pipe(7): that is all it holds
    kept = Kept(tmp_path, report=str(path))
    lastwords.speak(kept.keeper, lastwords.report_of(kept.keeper, kept.keeper.present, 143))
    assert kept.written()[0]["why"] == os.strerror(errno.EAGAIN)
    for fd in (reader, filler):
        os.close(fd)
    kept.close()


def test_the_termination_log(tmp_path: Path, kept: Kept) -> None:
    """Written where the platform has made one, at most 4096 bytes, never made by us."""
    report_to(kept)
    assert not (tmp_path / "log").exists()
    (tmp_path / "log").write_text("x" * 9000)
    report = lastwords.report_of(kept.keeper, kept.keeper.present, 143)
    report["requests"]["lost_requests"] = [f"GET /é\x1b{number}" for number in range(900)]
    lastwords.speak(kept.keeper, report)
    text = (tmp_path / "log").read_bytes()
    assert 4090 < len(text) <= 4096
    assert b"\x1b" not in text
    assert text.decode().startswith(report["verdict"])


def test_a_termination_log_that_is_read_only(
    tmp_path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anything here, so the file system says no."""
    (tmp_path / "log").touch()

    def read_only(*_: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", read_only)
        lastwords.speak(kept.keeper, lastwords.report_of(kept.keeper, kept.keeper.present, 143))
    failed, report = kept.written()
    assert failed["why"] == "Read-only file system"
    assert report["event"] == "report"


def test_a_tree_that_can_not_be_seen(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc the children are still counted, by the kernel."""
    monkeypatch.setattr(children, "descendants", list)
    assert kept.keeper.present.children.empty()
