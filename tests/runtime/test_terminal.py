"""Job control, on a real terminal with a real shell in front of it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Self

import pytest

from tests.runtime.kept import GRACEKEEPER

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with job control"),
]
DEADLINE_S = 20.0
QUIET = "--control none --log-format none"
CAT = "sh -c 'echo here; exec cat'"  # whoever types before would be echoed by the shell


class Shell:
    """`bash -i` on a terminal of its own; what it shows is read until something is there."""

    def __init__(self, folder: Path) -> None:
        self.terminal, theirs = pty.openpty()
        self.resize(24, 1000)
        environment = {**os.environ, "PS1": "ready$ ", "TERM": "dumb", "HISTFILE": ""}
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "bash", "--norc", "--noprofile", "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=environment,
        )
        os.close(theirs)
        self.shown = ""
        self.see(r"ready\$ ")

    def resize(self, rows: int, columns: int) -> None:
        """Make the window another size."""
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def see(self, pattern: str) -> re.Match[str]:
        """Wait for this to be shown after what was seen before."""
        until = monotonic() + DEADLINE_S
        while True:
            found = re.search(pattern, self.shown)
            if found:
                self.shown = self.shown[found.end() :]
                return found
            left = until - monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                raise AssertionError(f"waited for {pattern!r} in vain: {self.shown!r}")
            self.shown += os.read(self.terminal, 4096).decode(errors="replace")

    def type(self, keys: str) -> Self:
        """Press keys."""
        os.write(self.terminal, keys.encode())
        return self

    def close(self) -> None:
        """Hang up: whoever is left hears it."""
        os.killpg(self.process.pid, signal.SIGHUP)
        os.close(self.terminal)
        self.process.kill()
        self.process.wait(DEADLINE_S)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = Shell(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("start", [f"run {QUIET} --", "tini -s --"])
def test_the_command_has_the_terminal(shell: Shell, start: str) -> None:
    """It reads, and Ctrl-C is its own: it ends by that, and the code says so."""
    shell.type(f"{GRACEKEEPER[0]} {start} {CAT}\n").see(r"\nhere\r\n")
    shell.type("hello\n").see(r"hello\r\nhello\r\n")
    shell.type("\x03")
    shell.see(r"ready\$ ")
    shell.type("echo code $?\n").see("code 130\r\n")


def stopped(shell: Shell) -> None:
    """Wait until the shell's job has stopped, too."""
    until = monotonic() + DEADLINE_S
    while True:
        (job,) = children_of(shell.process.pid)
        if Path(f"/proc/{job}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        assert monotonic() < until


def children_of(pid: int) -> list[int]:
    """Its children; `setsid` has become the shell."""
    return [int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_ctrl_z_and_back(shell: Shell) -> None:
    """The shell gets its terminal, and the command gets it again: in front, and from behind."""
    shell.type(f"{GRACEKEEPER[0]} run {QUIET} -- {CAT}\n").see(r"\nhere\r\n")
    shell.type("one\n").see(r"one\r\none\r\n")
    shell.type("\x1a").see(r"Stopped")
    shell.see(r"ready\$ ")
    shell.type("fg\n").see("gracekeeper run.*\n")
    shell.type("two\n").see(r"two\r\ntwo\r\n")
    shell.type("\x1a").see(r"Stopped")
    shell.see(r"ready\$ ")
    shell.type("bg\n").see(r"ready\$ ")
    stopped(shell)  # cat reads from behind: SIGTTIN; and the shell keeps its terminal
    shell.type("jobs\n").see("Stopped")
    shell.see(r"ready\$ ")
    shell.type("fg\n").see("gracekeeper run.*\n")
    shell.type("three\n").see(r"three\r\nthree\r\n")
    shell.type("\x04").see(r"ready\$ ")
    shell.type("echo code $?\n").see("code 0\r\n")


def test_from_behind_to_the_front(shell: Shell) -> None:
    """It stops when its command wants to read, and `fg` gives the command the terminal."""
    shell.type(f"{GRACEKEEPER[0]} run {QUIET} -- {CAT} &\n").see(r"here\r\n")
    stopped(shell)
    shell.type("fg\n").see("gracekeeper run.*\n")
    shell.type("four\n").see(r"four\r\nfour\r\n")
    shell.type("\x04").see(r"ready\$ ")


def test_ctrl_z_of_one_that_shares_our_group(shell: Shell, tmp_path: Path) -> None:
    """`dumb-init -c`: the keys reach both of us."""
    (tmp_path / "dumb-init").symlink_to(GRACEKEEPER[0])
    shell.type(f"./dumb-init -c {CAT}\n").see(r"\nhere\r\n")
    shell.type("\x1a").see("Stopped")
    shell.see(r"ready\$ ")
    shell.type("fg\n").see("dumb-init -c.*\n")
    shell.type("five\n").see(r"five\r\nfive\r\n")
    shell.type("\x04").see(r"ready\$ ")


def test_the_next_one_gets_the_terminal_too(shell: Shell) -> None:
    """A command that is started anew reads as the first did."""
    script = "sh -c 'echo here; read line; echo got $line; exit 1'"
    shell.type(f"{GRACEKEEPER[0]} run {QUIET} --restart always -- {script}\n")
    for line in ("one", "two"):
        shell.see(r"here\r\n")
        shell.type(f"{line}\n").see(f"got {line}\r\n")
    shell.see(r"here\r\n")
    shell.type("\x1a").see("Stopped")
    shell.type("kill %1; fg\n").see(r"ready\$ ")


def test_afterwards_the_terminal_is_ours_again(shell: Shell) -> None:
    """A script goes on reading after it."""
    inner = f"{GRACEKEEPER[0]} run {QUIET} -- true; echo next; read line; echo got $line"
    shell.type(f'sh -c "{inner.replace("$", chr(92) + "$")}"\n').see(r"\nnext\r\n")
    shell.type("more\n").see("got more\r\n")


def test_ctrl_c_is_heard_once(shell: Shell) -> None:
    """Also where stdin is something else: for many programs the second one means `at once`."""
    script = (
        "import os, signal\n"
        "signal.signal(2, lambda *_: os.write(1, b'heard INT\\n'))\n"
        "signal.signal(10, lambda *_: os.write(1, b'end\\n') and os._exit(0))\n"
        "os.write(1, b'here\\n')\n"
        "while True: signal.pause()\n"
    )
    program = Path(f"/proc/{shell.process.pid}/cwd/count.py")
    program.write_text(script)
    shell.type(f"{GRACEKEEPER[0]} run {QUIET} -- {sys.executable} count.py </dev/null\n")
    shell.see(r"\nhere\r\n")
    shell.type("\x03").see("heard INT\r\n")
    (keeper,) = children_of(shell.process.pid)
    os.kill(keeper, signal.SIGUSR1)
    assert "heard" not in shell.see(r"(?s)(.*)end\r\n")[1]


def test_from_behind_it_takes_nothing(shell: Shell) -> None:
    """Started with `&`, the shell's terminal stays the shell's."""
    shell.type(f"{GRACEKEEPER[0]} run {QUIET} -- sleep 600 &\n").see(r"ready\$ ")
    shell.type("echo still here\n").see("\nstill here\r\n")
    shell.type("kill %1; wait %1; echo code $?\n").see("code 143\r\n")


def test_a_shell_in_a_shell(shell: Shell) -> None:
    """Its own job control works: that is what a foreground is needed for."""
    inner = "env PS1='inner$ ' bash --norc --noprofile -i"
    shell.type(f"{GRACEKEEPER[0]} run {QUIET} -- {inner}\n")
    shell.see(r"inner\$ $")
    shell.type(f"{CAT}\n").see(r"\nhere\r\n")
    shell.type("\x1a").see("Stopped")
    shell.see(r"inner\$ ")
    shell.type("fg\n").see("exec cat")
    shell.type("again\n").see(r"again\r\nagain\r\n")
    shell.type("\x04").see(r"inner\$ ")
    shell.type("exit 7\n").see(r"ready\$ ")
    shell.type("echo code $?\n").see("code 7\r\n")


def test_a_new_size_reaches_the_command(shell: Shell) -> None:
    """SIGWINCH goes to the foreground, and that is its own."""
    script = "trap 'echo new size' WINCH; echo up; while :; do sleep 0.05; done"
    shell.type(f'{GRACEKEEPER[0]} run {QUIET} -- sh -c "{script}"\n').see(r"up\r\n")
    shell.resize(40, 120)
    shell.see("new size")
    shell.type("\x03").see(r"ready\$ ")
