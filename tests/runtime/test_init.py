"""An init's duties, for any command: signals, orphans, codes, descriptors; in fresh namespaces."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from supervisor.servers.generic import FORWARDED
from tests.runtime.hearer_path import CODE, HEARER
from tests.runtime.kept import GRACEKEEPER, Kept, descendants

pytestmark = pytest.mark.process
Start = Callable[..., Kept]
UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
NEEDS_UNSHARE = pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare"
)
USR1, USR2, TERM, INT, QUIT, WINCH = 10, 12, 15, 2, 3, 28
QUIET = ("--control", "none", "--log-format", "none")
FAULTS = (4, 5, 6, 7, 8, 11, 31)


def init_of(kept: Kept) -> int:
    """The keeper's pid as we see it; below `unshare` it is PID 1 somewhere."""
    if kept.process.args[0] != "unshare":  # type: ignore[index]
        return kept.pid
    family = kept.wait_until(lambda: descendants(kept.pid) or None, "PID 1")
    return family[-1]


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


def test_orphans_of_any_depth_are_ours(start: Start) -> None:
    """Not PID 1: the kernel gives them to the nearest subreaper."""
    script = "(((sleep 600 & echo up) &) &); exec sleep 601"
    kept = start("--", "sh", "-c", script)
    kept.wait_for_line("up")
    family = kept.wait_until(
        lambda: found if len(found := children_of(kept.pid)) == 2 else None, "the orphan"
    )
    kept.ask()
    assert kept.end() == 143
    assert not any(Path(f"/proc/{pid}").exists() for pid in family)
    assert sorted(process["name"] for process in kept.report["processes"])[-2:] == ["sleep"] * 2


def test_without_a_subreaper_it_warns(start: Start) -> None:
    """Needed and missing; as PID 1 it isn't needed."""
    kept = start("--no-subreaper", "--", "true")
    assert kept.end() == 0
    assert "no subreaper" in kept.wait_for("warning")["why"]


def test_it_hears_of_its_parents_end(tmp_path: Path) -> None:
    """Its parent is killed and can tell nobody; whoever it kept must not stay."""
    options = "--parent-death TERM --control none --exit-code child"
    command = f"{GRACEKEEPER[0]} run {options} -- {' '.join(HEARER)} 15 & wait"
    with Kept(tmp_path, "sh", "-c", command) as kept:
        kept.wait_for_line("main up")
        kept.process.kill()
        kept.wait_for_line("main heard 15")
        kept.wait_for("report", exit_code=CODE)


@NEEDS_UNSHARE
def test_a_stop_amid_a_burst_of_orphans(tmp_path: Path) -> None:
    """Thousands of SIGCHLD are one bit; TERM is another, and nobody is left a zombie."""
    script = (
        "import os, signal, sys\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {15})\n"
        "if os.fork() == 0:\n"
        "    for number in range(1500):\n"
        "        if number == 300: print('amid', flush=True)\n"
        "        if os.fork() == 0: os._exit(0)\n"
        "    os._exit(0)\n"
        "signal.sigwait({15}); os._exit(7)\n"
    )
    with ExitStack() as stack:
        for life in range(5):
            folder = tmp_path / str(life)
            folder.mkdir()
            command = (*UNSHARE, *GRACEKEEPER, "--", sys.executable, "-c", script)
            kept = stack.enter_context(Kept(folder, *command))
            kept.wait_for_line("amid")
            os.kill(init_of(kept), TERM)
            assert kept.end() == 143
            assert kept.report["service"]["status"] == 7


@NEEDS_UNSHARE
def test_a_burst_leaves_no_zombie(tmp_path: Path) -> None:
    """20,000 children of children."""
    script = (
        "import os, signal\n"
        "if os.fork() == 0:\n"
        "    for _ in range(20000):\n"
        "        if os.fork() == 0: os._exit(0)\n"
        "    os._exit(0)\n"
        "os.wait(); print('made', flush=True); signal.pause()\n"
    )
    with Kept(tmp_path, *UNSHARE, *GRACEKEEPER, "--", sys.executable, "-c", script) as kept:
        kept.wait_for_line("made")
        keeper = init_of(kept)
        kept.wait_until(lambda: len(children_of(keeper)) == 1 or None, "an empty house")
        os.kill(keeper, TERM)
        assert kept.end() == 143


@NEEDS_UNSHARE
def test_idle_it_does_nothing(tmp_path: Path) -> None:
    """No timer ticks: between two signals not one switch of context."""
    with Kept(tmp_path, *UNSHARE, *GRACEKEEPER, "--", *HEARER, str(TERM)) as kept:
        kept.wait_for_line("main up")
        keeper = init_of(kept)
        kept.wait_until(lambda: in_poll(keeper) or None, "an idle keeper")
        before = switches(keeper)
        for _ in range(3):
            os.kill(keeper, USR1)
            kept.wait_until(lambda: in_poll(keeper) or None, "an idle keeper")
        count = kept.text.count(f"heard {USR1}")
        assert switches(keeper) - before <= 2 * max(count, 3)  # woken by the signal, and no more
        os.kill(keeper, TERM)
        assert kept.end() == 143


def children_of(pid: int) -> list[int]:
    """Its direct children, zombies among them."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def in_poll(pid: int) -> bool:
    """Whether it waits for news, without a deadline."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def switches(pid: int) -> int:
    """How often the kernel has let it run."""
    status = Path(f"/proc/{pid}/status").read_text()
    return sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)
