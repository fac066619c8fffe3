"""An init's house: orphans of any depth and their bursts; nobody is left a zombie."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.runtime.hearer_path import CODE, HEARER
from tests.runtime.kept import GRACEKEEPER, Kept
from tests.runtime.namespaces import NEEDS_UNSHARE, UNSHARE, init_of

pytestmark = pytest.mark.process
Start = Callable[..., Kept]
TERM = 15
MAKING_S = 60.0  # 20,000 forks of a Python program, on a machine that does other work


def test_orphans_of_any_depth_are_ours(start: Start) -> None:
    """Not PID 1: the kernel gives them to the nearest subreaper."""
    script = "(((sleep 600 & echo up) &) &); exec sleep 601"
    kept = start("--", "sh", "-c", script)
    kept.wait_for_line("up")
    family = kept.wait_until(lambda: asleep(kept.pid), "the orphan, which is sleep by now")
    kept.ask()
    assert kept.end() == 143
    assert not any(Path(f"/proc/{pid}").exists() for pid in family)
    assert sorted(process["name"] for process in kept.report["processes"])[-2:] == ["sleep"] * 2


def asleep(pid: int) -> list[int] | None:
    """Two children, once both have become `sleep`."""
    found = children_of(pid)
    names = [Path(f"/proc/{one}/comm").read_text() for one in found]
    return found if names == ["sleep\n"] * 2 else None


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
        kept.wait_for_line("made", MAKING_S)
        keeper = init_of(kept)
        kept.wait_until(lambda: len(children_of(keeper)) == 1 or None, "an empty house")
        os.kill(keeper, TERM)
        assert kept.end() == 143


def children_of(pid: int) -> list[int]:
    """Its direct children, zombies among them."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
