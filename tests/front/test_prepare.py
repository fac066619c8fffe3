"""From options to the Plan, and what is left when that fails."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from supervisor.config.plan import Plan
from supervisor.errors import CommandError, GracekeeperError
from supervisor.front import controlpath, prepare, rundir, signalmask
from supervisor.front.options import Options
from supervisor.front.undo import Undo

INI = """[uwsgi]
master = true
chdir = {folder}
http = 127.0.0.1:{port}
socket = app.sock
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place to write, and a process that adopts nobody."""
    monkeypatch.setattr(signalmask, "adopt_orphans", lambda *, adopt: False)
    monkeypatch.setattr(signalmask, "descriptor", lambda: -1)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("UWSGI_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def options(folder: Path) -> Options:
    """A router and a socket beside it, health and control."""
    (folder / "app.ini").write_text(INI.format(folder=folder, port=_free_port()))
    return Options(
        ("uwsgi", "--ini", "app.ini"),
        health=f"127.0.0.1:{_free_port()}",
        control=str(folder / "control.sock"),
        report="report.json",
    )


def test_the_plan(folder: Path, options: Options) -> None:
    """Everything is decided: descriptors, addresses, paths, options of ours behind the user's."""
    with _planned(options) as plan:
        private, router, beside = plan.doors
        assert (private.backend, router.backend, beside.backend) == (True, False, False)
        assert beside.address.path == f"{folder}/app.sock"
        assert plan.argv[:3] == ("uwsgi", "--socket", f"fd://{private.fd}")
        assert plan.argv[5:7] == ("--ini", "app.ini")
        assert plan.argv.index("--reuse-port") > plan.argv.index("--ini")
        assert plan.run_dir
        assert plan.fifo == f"{plan.run_dir}/fifo"
        assert plan.report == f"{folder}/report.json"
        assert set(plan.pass_fds) == {private.fd, router.fd, beside.fd, plan.drain_fd}
        assert plan.notes == (
            "PR_SET_CHILD_SUBREAPER was refused",
            "orphans won't be reaped: this is not PID 1, and no subreaper",
        )


def test_nothing_is_left_of_a_plan_that_fails(
    folder: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step fails: sockets, directory, everything is gone again."""
    made: list[str] = []
    original = rundir.make

    def make(uid: int | None, gid: int | None, undo: Undo) -> str | None:
        path = original(uid, gid, undo)
        made.append(str(path))
        assert (folder / "app.sock").exists()
        assert (folder / "control.sock").exists()
        return path

    def fail(_options: Options, _plan: Plan) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(rundir, "make", make)
    monkeypatch.setattr(prepare, "_check_restarts", fail)
    with pytest.raises(OSError, match="Too many open files"):
        prepare.keep(options)
    assert made
    assert not any(Path(path).exists() for path in made)
    assert sorted(path.name for path in folder.iterdir()) == ["app.ini"]


def test_an_interpreter_that_is_gone(
    folder: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even the exec may fail, and is told like everything else."""

    def gone(*_: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "execv", gone)
    with pytest.raises(GracekeeperError, match=r"cannot become the keeper: .*python.*: No such"):
        prepare.keep(options)
    assert not (folder / "control.sock").exists()


def test_another_command(folder: Path) -> None:
    """It is started as it was written, and asked to end by the signal that asked us."""
    with _planned(Options(("sh", "-c", "true"), control=str(folder / "c.sock"))) as plan:
        assert (plan.argv, plan.server, plan.doors) == (("sh", "-c", "true"), "generic", ())
        assert [(rung.passes, rung.signal) for rung in plan.policy.ladder] == [
            (True, 0),
            (False, 9),
        ]


def test_a_default_control_socket_may_fail(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asked for it, so it costs a warning and not the start."""
    monkeypatch.setattr(controlpath, "candidates", lambda: ("/no/where/a", f"{folder}/b.sock"))
    with _planned(Options(("true",))) as plan:
        assert plan.control_path == f"{folder}/b.sock"
    monkeypatch.setattr(controlpath, "candidates", lambda: ("/no/where/a",))
    with _planned(Options(("true",))) as plan:
        assert (plan.control_fd, plan.control_path) == (-1, None)
        assert plan.notes[0].startswith("no control socket: cannot listen on /no/where/a")


def test_somebody_else_has_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a client would find that one first, so ours is not put behind it."""
    places = (f"{folder}/a.sock", f"{folder}/b.sock")
    monkeypatch.setattr(controlpath, "candidates", lambda: places)
    with _planned(Options(("true",))), _planned(Options(("true",))) as plan:
        assert plan.control_path is None
        assert "it is in use" in plan.notes[0]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("/usr/bin/uwsgi", True),
        ("/usr/bin/uwsgi-core", True),
        ("uwsgi_python3", True),
        ("uwsgitop", False),
        ("/opt/uwsgi/run", False),
    ],
)
def test_what_is_uwsgi(name: str, known: bool) -> None:
    """Debian has it under other names; not everything that begins so is it."""
    assert prepare.is_uwsgi(name) is known


def test_where_commands_are_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PATH, then beside our own interpreter: a virtual environment need not be active."""
    monkeypatch.setenv("PATH", str(folder))
    assert Path(prepare.find("uwsgi")).name == "uwsgi"
    (folder / "tool").write_text("#!/bin/sh\n")
    with pytest.raises(CommandError, match=rf"{folder}/tool can't be executed") as found:
        prepare.find("tool")
    assert found.value.exit_code == 126
    (folder / "tool").chmod(0o755)
    assert prepare.find("tool") == f"{folder}/tool"
    with pytest.raises(CommandError, match="there is no such command") as found:
        prepare.find("tool2")
    assert found.value.exit_code == 127


@contextlib.contextmanager
def _planned(options: Options) -> Iterator[Plan]:
    """A plan, unmade at the end."""
    with Undo() as made:
        plan = prepare.plan_for(options, made)
        kept = {plan.health_fd, plan.control_fd, plan.drain_fd, *plan.pass_fds} - {-1}
        for fd in kept:
            made.later(partial(os.close, fd))
        yield plan


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
