"""`status`, `stop` and `fifo` against a running keeper, and against nobody."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, clean, gracekeeper
from tests.runtime.kept import Kept

pytestmark = pytest.mark.process


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A keeper of `sleep`."""
    with Kept(tmp_path, COMMAND, "run", "--", "sleep", "60", **clean(tmp_path)) as one:
        one.wait_for("ready")
        yield one


def test_a_life(kept: Kept, tmp_path: Path) -> None:
    """Asked how it is, told to stop, waited for: 143, and nothing is left."""
    status = gracekeeper(tmp_path, "status")
    assert status.out.startswith("generic is serving\n"), status
    assert json.loads(gracekeeper(tmp_path, "status", "--json").out)["pid"] == kept.pid
    stop = gracekeeper(tmp_path, "stop")
    assert (stop.code, stop.err.splitlines()) == (0, [f"stopping (pid {kept.pid}) ...", "stopped"])
    assert kept.end() == 143
    assert kept.report["sender"]["via"] == "control"
    assert not (tmp_path / "control.sock").exists()


def test_stop_without_waiting(kept: Kept, tmp_path: Path) -> None:
    """The answer is that it was asked, not that it has ended."""
    stop = gracekeeper(tmp_path, "stop", "--no-wait")
    assert (stop.code, stop.err) == (0, "asked to stop\n")
    assert kept.end() == 143


@pytest.mark.usefixtures("kept")
def test_a_fifo_where_there_is_none(tmp_path: Path) -> None:
    """A refusal is an error for scripts, too."""
    done = gracekeeper(tmp_path, "fifo", "stats")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("gracekeeper: ")


@pytest.mark.parametrize("command", [("status",), ("stop",), ("fifo", "stats")], ids=str)
@pytest.mark.parametrize("left", ["nothing", "a dead socket", "no directory"])
def test_nobody_is_there(command: tuple[str, ...], left: str, tmp_path: Path) -> None:
    """Exit 1, and what to do; a socket that a crash left behind is nobody, too."""
    path = tmp_path / ("no/where/c.sock" if left == "no directory" else "control.sock")
    if left == "a dead socket":
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
    done = gracekeeper(tmp_path, *command, "--control", str(path))
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"gracekeeper: cannot find a running gracekeeper: nobody listens at {path}. Start it with"
        " `gracekeeper run`, or give the same `--control` path here as there.\n"
    )


def test_the_first_that_answers(tmp_path: Path, kept: Kept) -> None:
    """Without --control the usual places are asked in turn; a dead socket is passed over."""
    places = tmp_path / "places"
    places.mkdir()
    (places / "gracekeeper.sock").symlink_to(kept.control)
    environment = {"XDG_RUNTIME_DIR": str(places), "GRACEKEEPER_CONTROL": ""}
    done = gracekeeper(tmp_path, "status", "--json", environment=environment)
    assert json.loads(done.out)["pid"] == kept.pid


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0\n", b"[]\n"])
def test_somebody_else(answer: bytes, tmp_path: Path) -> None:
    """What answers otherwise is no gracekeeper."""
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "control.sock"))
        other.listen(1)
        thread = threading.Thread(target=_answer_once, args=(other, answer))
        thread.start()
        done = gracekeeper(tmp_path, "status")
        thread.join(10)
    assert done.code == 1
    assert "it is no gracekeeper's control socket" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("stat",), "cannot understand the command line: no such command 'stat'"),
        (("status", "--jsno"), "there is no such option. Did you mean --json?"),
        (
            ("fifo",),
            "cannot do that without COMMAND: it is missing. Read `gracekeeper fifo --help`",
        ),
        (("status", "--control"), "Read `gracekeeper status --help`"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """One line, exit 2."""
    done = gracekeeper(tmp_path, *arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("gracekeeper: cannot ")
    assert told in done.err


def test_without_a_word(tmp_path: Path) -> None:
    """The help, but an ENTRYPOINT that lacks its arguments must not look like a success."""
    done = gracekeeper(tmp_path)
    assert done.code == 2
    assert "Usage: gracekeeper" in done.out


def _answer_once(listener: socket.socket, answer: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(answer)
