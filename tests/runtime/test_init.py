"""An init's duties, for any command: signals, orphans, codes, descriptors; in fresh namespaces."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.servers.generic import FORWARDED
from tests.runtime.hearer_path import CODE, HEARER
from tests.runtime.kept import GRACEKEEPER, Kept, descendants
from tests.runtime.namespaces import NEEDS_UNSHARE, UNSHARE, init_of

pytestmark = pytest.mark.process
Start = Callable[..., Kept]
USR1, USR2, TERM, INT, QUIT, WINCH = 10, 12, 15, 2, 3, 28
QUIET = ("--control", "none", "--log-format", "none")
FAULTS = (4, 5, 6, 7, 8, 11, 31)


@pytest.mark.parametrize("as_pid_1", [pytest.param(True, marks=NEEDS_UNSHARE), False])
def test_every_signal_that_can_be_held_is_passed_on(tmp_path: Path, as_pid_1: bool) -> None:
    """All 64: whether the command knows it is its business; faults and CHLD are ours."""
    command = (*GRACEKEEPER, "--", *HEARER, str(TERM))
    with Kept(tmp_path, *(UNSHARE if as_pid_1 else ()), *command) as kept:
        kept.wait_for_line("main up")
        keeper = init_of(kept)
        for number in range(1, 65):
            if number in FORWARDED and number not in (TERM, INT):
                os.kill(keeper, number)
                kept.wait_for_line(f"main heard {number}")
            elif number == signal.SIGCHLD or (as_pid_1 and number in (*FAULTS, 32, 33)):
                os.kill(keeper, number)  # the kernel keeps these from PID 1
        os.kill(keeper, TERM)
        assert kept.end() == 143
        heard = [int(line.split()[-1]) for line in kept.lines if "heard" in line]
        assert heard == [*(n for n in FORWARDED if n not in (TERM, INT)), TERM]
        assert kept.report["service"]["status"] == CODE


@pytest.mark.parametrize("init", ["run", "tini", "dumb-init"])
def test_what_comes_before_the_command_is_kept_for_it(tmp_path: Path, init: str) -> None:
    """Sent before our first line: a stop in an init's place, or whatever a command knows."""
    early = (
        "import os, signal, sys\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {10, 15})\n"
        "os.kill(os.getpid(), int(sys.argv[1]))\n"
        "os.execv(sys.argv[2], sys.argv[2:])\n"
    )
    number = USR1 if init == "run" else TERM
    options = ("-s",) if init == "tini" else ()
    command = (sys.executable, "-c", early, str(number), GRACEKEEPER[0], init, *options, "--")
    with Kept(tmp_path, *command, "sleep", "600") as kept:
        assert kept.end() == 128 + number


def test_a_text_is_the_shells(start: Start, tmp_path: Path) -> None:
    """Without a first line that says whose: as execvp(3), and every init that calls it."""
    script = tmp_path / "script"
    script.write_text("echo hello $1\nexit 4\n")
    script.chmod(0o755)
    kept = start("--", str(script), "you")
    assert kept.end() == 4
    assert "hello you" in kept.lines


@NEEDS_UNSHARE
def test_without_proc(tmp_path: Path) -> None:
    """The launcher finds its way, and the codes are right."""
    script = f"umount -l /proc; exec {' '.join(GRACEKEEPER)} --control none -- sh -c 'exit 5'"
    with Kept(tmp_path, "unshare", "--mount", "sh", "-c", script) as kept:
        assert kept.end() == 5


@pytest.mark.parametrize("number", FAULTS)
def test_a_fault_is_about_us(start: Start, number: int) -> None:
    """Not PID 1, sent by hand: it ends the keeper as it would end any program."""
    kept = start("--", *HEARER, str(TERM))
    kept.wait_for_line("main up")
    child = descendants(kept.pid)[-1]
    kept.ask(number)
    assert kept.process.wait(20) == -number
    os.kill(child, TERM)
    kept.wait_for_line(f"main heard {TERM}")


@pytest.mark.parametrize("number", [TERM, INT])
def test_a_stop_is_passed_on_as_it_came(start: Start, number: int) -> None:
    """The command hears the same signal that we heard, each time, and 128 + n is the answer."""
    kept = start("--", *HEARER, str(USR1))
    kept.wait_for_line("main up")
    kept.ask(number)
    kept.wait_for_line(f"main heard {number}")
    kept.ask(WINCH)  # still passed on while it stops
    kept.wait_for_line(f"main heard {WINCH}")
    kept.ask(number)
    kept.wait_until(lambda: kept.lines.count(f"main heard {number}") == 2 or None, "it again")
    kept.ask(USR1)
    assert kept.end() == 128 + number


def test_a_thread_dump_is_no_stop(start: Start) -> None:
    """Java's `kill -QUIT`: the command answers, and goes on; here it ends by it, with its code."""
    kept = start("--", *HEARER, str(QUIT))
    kept.wait_for_line("main up")
    kept.ask(QUIT)
    assert kept.end() == CODE
    assert kept.report["signal"] is None


def test_other_stop_signals(start: Start) -> None:
    """What means stop is the user's to say."""
    kept = start("--stop-signals", "QUIT,SIGUSR2", "--", *HEARER, str(USR2))
    kept.wait_for_line("main up")
    kept.ask(USR2)
    assert kept.end() == 128 + USR2


def test_rewriting(start: Start) -> None:
    """As dumb-init does it; what becomes 0 is not even a stop."""
    rewrites = ("--rewrite", "TERM:QUIT", "--rewrite", "USR1:0", "--rewrite=SIGINT:0")
    kept = start(*rewrites, "--", *HEARER, str(QUIT))
    kept.wait_for_line("main up")
    for number in (USR1, INT, USR2):
        kept.ask(number)
    kept.wait_for_line(f"main heard {USR2}")
    kept.ask(TERM)
    assert kept.end() == 143
    heard = [line for line in kept.lines if "heard" in line]
    assert heard == [f"main heard {USR2}", f"main heard {QUIT}"]


@pytest.mark.parametrize("group", [True, False])
def test_the_group_hears_only_where_asked(start: Start, group: bool) -> None:
    """Servers with workers cut requests when each of them hears the signal."""
    kept = start(*(["--group"] if group else []), "--", *HEARER, str(TERM), "own")
    for name in ("main up", "child up"):
        kept.wait_for_line(name)
    kept.ask(USR1)
    kept.wait_for_line(f"main heard {USR1}")
    if group:
        kept.wait_for_line(f"child heard {USR1}")
    kept.ask(TERM)
    assert kept.end() == 143
    assert (f"child heard {USR1}" in kept.lines) == group


@pytest.mark.parametrize(
    ("codes", "script", "code"),
    [("3,143", "exit 3", 0), ("0,143", "exit 3", 3), ("137", "kill -9 $$", 0)],
)
def test_codes_that_mean_success(start: Start, codes: str, script: str, code: int) -> None:
    """As `tini -e`."""
    assert start("--success-codes", codes, "--", "sh", "-c", script).end() == code


def test_a_stop_that_means_success(start: Start) -> None:
    """143 as well."""
    kept = start("--success-codes", "143", "--", *HEARER, str(TERM))
    kept.wait_for_line("main up")
    kept.ask()
    assert kept.end() == 0


def test_every_exit_status() -> None:
    """As they are, and 128 + n for each signal that ends a command; `make bench-pid1` has all."""
    fatal = [n for n in range(1, 65) if n not in (17, 18, 19, 20, 21, 22, 23, 28, 32, 33)]
    codes = (*range(0, 256, 9), 1, 2, 126, 127, 128, 255)
    scripts = {f"exit {n}": n for n in codes} | {f"kill -{n} $$": 128 + n for n in fatal}
    wrong = {}
    for script, code in scripts.items():
        command = [*GRACEKEEPER, *QUIET, "--", "sh", "-c", script]
        done = subprocess.run(command, check=False, timeout=20, stdin=subprocess.DEVNULL)
        if done.returncode != code:
            wrong[script] = done.returncode
    assert wrong == {}


def test_the_command_starts_afresh(tmp_path: Path) -> None:
    """No mask, nothing ignored, no descriptor of ours, and nothing of ours in its environment."""
    env = shutil.which("env")
    assert env
    script = (
        "import os; own = os.listdir('/proc/self/fd');"
        "print('fds', sorted(n for n in map(int, own) if os.path.exists(f'/proc/self/fd/{n}')));"
        "print(open('/proc/self/status').read());"
        "print('env', [n for n in os.environ if n.startswith('GRACEKEEPER_')])"
    )
    refused = (env, "--ignore-signal=HUP,USR1,CHLD", "--block-signal=USR2,TERM")
    with Kept(tmp_path, *refused, *GRACEKEEPER, "--", "env", sys.executable, "-c", script) as kept:
        assert kept.end() == 0
        status = dict(line.split(":\t") for line in kept.lines if ":\t" in line)
        assert int(status["SigBlk"], 16) == 0
        ignored = {n for n in range(1, 65) if int(status["SigIgn"], 16) >> (n - 1) & 1}
        assert ignored <= {13, 25, 32, 33}  # PIPE and XFSZ by Python itself, two by glibc
        assert "fds [0, 1, 2]" in kept.lines
        assert "env ['GRACEKEEPER_CONTROL']" in kept.lines


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="needs x86-64's number of poll(2)")
@NEEDS_UNSHARE
def test_idle_it_waits_for_ever(tmp_path: Path) -> None:
    """No timer ticks: it sits in poll(2) with a timeout of -1, after a signal as before it."""
    with Kept(tmp_path, *UNSHARE, *GRACEKEEPER, "--", *HEARER, str(TERM)) as kept:
        kept.wait_for_line("main up")
        keeper = init_of(kept)
        kept.wait_until(lambda: waits_for_ever(keeper) or None, "an endless poll")
        os.kill(keeper, USR1)
        kept.wait_for_line(f"main heard {USR1}")
        kept.wait_until(lambda: waits_for_ever(keeper) or None, "an endless poll")
        os.kill(keeper, TERM)
        assert kept.end() == 143


def waits_for_ever(pid: int) -> bool:
    """Whether it waits for news without a deadline (proc(5), syscall)."""
    call, *arguments = Path(f"/proc/{pid}/syscall").read_text().split()
    return call == "7" and int(arguments[2], 16) & 0xFFFFFFFF == 0xFFFFFFFF
