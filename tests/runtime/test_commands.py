"""Any other command: started, signalled, waited for and reported on."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.runtime.kept import GRACEKEEPER, Kept, descendants

pytestmark = pytest.mark.process
Start = Callable[..., Kept]
Uwsgi = Callable[..., tuple[Kept, str]]

# Says what it heard, then exits with a code of its own. A shell's child that has not become its
# command yet swallows TERM: the trap's handler is still there.
POLITE = (
    "trap 'echo heard TERM; exit 7' TERM; sleep 1000 &"
    ' until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done; echo up; wait'
)


@pytest.mark.parametrize(("policy", "code"), [("signal", 143), ("child", 7), ("zero", 0)])
def test_a_stop_is_passed_on(start: Start, policy: str, code: int) -> None:
    """The child hears SIGTERM once, and what it left behind goes with it."""
    kept = start("--exit-code", policy, "--", "sh", "-c", POLITE)
    kept.wait_for_line("up")
    kept.ask()
    assert kept.end() == code
    assert kept.lines.count("heard TERM") == 1
    assert kept.report["service"]["status"] == 7
    assert {process["how"] for process in kept.report["processes"]} == {"exit 7", "signal 15"}


def test_a_server_of_the_standard_library(start: Start, tmp_path: Path) -> None:
    """It doesn't know SIGTERM: that is its end, and 143 is the answer."""
    port = free_port()
    where = ("--bind", "127.0.0.1", "--directory", str(tmp_path))
    kept = start("--", sys.executable, "-u", "-m", "http.server", str(port), *where)
    kept.wait_for_line("Serving HTTP")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        assert answer.status == 200
    kept.ask()
    assert kept.end() == 143
    assert kept.report["service"]["status"] == -15


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_a_command_that_ends_by_itself(start: Start, code: int) -> None:
    """Its own code, whatever the policy."""
    kept = start("--exit-code", "zero", "--", "sh", "-c", f"exit {code}")
    assert kept.end() == code
    assert kept.report["sender"] is None


def test_a_command_that_a_signal_ends(start: Start) -> None:
    """As a shell would tell it."""
    kept = start("--", "sh", "-c", "kill -SEGV $$")
    assert kept.end() == 139


def test_a_command_that_is_not_there(start: Start) -> None:
    """127 before anything starts."""
    kept = start("--", "/no/such/command")
    assert kept.end() == 127


def test_a_command_that_can_not_be_executed(start: Start, tmp_path: Path) -> None:
    """126 by the front for a mode, by the keeper for a format that nobody runs."""
    (tmp_path / "text").write_text("words\n")
    assert start("--", str(tmp_path / "text")).end() == 126
    (tmp_path / "noise").write_bytes(b"\x7fELF\x00\x01\x02\x03" * 20)
    (tmp_path / "noise").chmod(0o755)
    kept = start("--", str(tmp_path / "noise"))
    assert kept.end() == 126
    assert kept.report["service"]["why"].startswith(f"cannot run {tmp_path}/noise: ")


def test_a_command_that_does_not_listen(start: Start) -> None:
    """It is killed when the grace is nearly over, its children too."""
    kept = start("--grace", "2", "--", "sh", "-c", "trap '' TERM; echo up; sleep 600 & wait; wait")
    kept.wait_for_line("up")
    family = descendants(kept.pid)
    kept.ask()
    assert kept.end() == 143
    assert 0.9 < kept.report["seconds"] < 1.8
    assert not any(Path(f"/proc/{pid}").exists() for pid in family)


def test_other_signals_are_forwarded(start: Start) -> None:
    """HUP, USR1, USR2 and WINCH are the child's."""
    script = 'for s in HUP USR1 USR2 WINCH; do trap "echo heard $s" $s; done; echo up;'
    kept = start("--", "sh", "-c", script + " while :; do sleep 1000 & wait; done")
    kept.wait_for_line("up")
    for name in ("HUP", "USR1", "USR2", "WINCH"):
        kept.ask(signal.Signals[f"SIG{name}"])
        kept.wait_for_line(f"heard {name}")
    kept.ask()
    assert kept.end() == 143


def test_ctrl_c_reaches_a_whole_group(tmp_path: Path) -> None:
    """The child ends of it at once, with a code of its own: 130 is still the answer."""
    script = "import os, signal\nsignal.signal(2, lambda *_: os._exit(0))\n"
    script += "signal.signal(15, lambda *_: None)\nprint('up', flush=True)\nwhile 1: signal.pause()"
    command = (sys.executable, "-c", script)
    setsid = shutil.which("setsid")
    assert setsid
    with Kept(tmp_path, setsid, *GRACEKEEPER, "--", *command) as kept:
        kept.wait_for_line("up")
        os.killpg(kept.pid, signal.SIGINT)
        assert kept.end() == 130
        assert kept.report["service"]["status"] == 0
        assert kept.report["signal"] == "SIGINT"


def test_a_parent_that_ignores_its_children(tmp_path: Path) -> None:
    """SIGCHLD inherited as ignored: the kernel would reap for us, and tell nobody."""
    env = shutil.which("env")
    assert env
    command = (env, "--ignore-signal=CHLD", *GRACEKEEPER, "--", "sh", "-c", "exit 3")
    with Kept(tmp_path, *command) as kept:
        assert kept.end() == 3


def test_two_keepers_on_one_address(uwsgi: Uwsgi, tmp_path: Path) -> None:
    """The second refuses before anything starts; the first does not notice."""
    kept, url = uwsgi()
    second = tmp_path / "second"
    second.mkdir()
    ini = str(tmp_path / "uwsgi.ini")
    address = url.removeprefix("http://")
    with Kept(second, *GRACEKEEPER, "--listen", address, "--", "uwsgi", "--ini", ini) as other:
        assert other.end() == 2
        assert "it is in use" in other.text
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))):
        pass
    kept.ask()
    assert kept.end() == 143


UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


def may_unshare() -> bool:
    """Whether this user can be PID 1 somewhere."""
    return os.getuid() == 0 and shutil.which("unshare") is not None


def keeper_below(kept: Kept) -> int:
    """The keeper's pid as we see it."""
    return kept.wait_until(lambda: next(reversed(descendants(kept.pid)), None), "PID 1")


@pytest.mark.skipif(not may_unshare(), reason="needs root and unshare")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_as_pid_1_in_its_first_milliseconds(tmp_path: Path, number: int) -> None:
    """The kernel drops what PID 1 does not handle; from the front's first line on, nothing is."""
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        command = (*UNSHARE, *GRACEKEEPER, "--", "sh", "-c", "sleep 600 & wait")
        with Kept(folder, *command) as kept:
            pid = keeper_below(kept)
            kept.wait_for_block(pid)
            os.kill(pid, number)
            assert kept.end() == 128 + number, kept.text
            assert kept.report["sender"]["pid"] is None  # who asked lives in another namespace


@pytest.mark.skipif(not may_unshare(), reason="needs root and unshare")
def test_as_pid_1_it_reaps_everybody(tmp_path: Path) -> None:
    """Orphans of a service that never waits for anybody leave no zombie."""
    script = "for i in $(seq 50); do (true &); done; echo up; exec sleep 600"
    with Kept(tmp_path, *UNSHARE, *GRACEKEEPER, "--", "sh", "-c", script) as kept:
        kept.wait_for_line("up")
        pid = keeper_below(kept)
        kept.wait_until(lambda: len(descendants(pid)) == 1 or None, "an empty house")
        os.kill(pid, signal.SIGTERM)
        assert kept.end() == 143
        assert kept.report["processes"][0]["name"] == "sleep"
