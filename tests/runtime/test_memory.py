"""What processes need, as written down and as the kernel tells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.runtime.memory import Memory, measure

PAGE = os.sysconf("SC_PAGE_SIZE")
ROLLUP = """\
5581a0a2e000-7ffe [rollup]
Rss:               45000 kB
Pss:               20000 kB
Pss_Dirty:          9000 kB
Shared_Clean:      16000 kB
Private_Clean:      1000 kB
Private_Dirty:      8000 kB
Private_Hugetlb:    2048 kB
Swap:                  0 kB
"""


def process(proc: Path, rollup: str | None, statm: str | None) -> int:
    """A process that exists as files."""
    folder = proc / "7"
    folder.mkdir()
    for name, text in (("smaps_rollup", rollup), ("statm", statm)):
        if text is not None:
            (folder / name).write_text(text)
    return 7


@pytest.mark.parametrize(
    ("rollup", "statm", "found"),
    [
        (ROLLUP, None, Memory(20000 * 1024, 11048 * 1024)),
        (None, "9000 500 200 5 0 123 0\n", Memory(300 * PAGE, 300 * PAGE, exact=False)),
        ("", "9000 500 200 5 0 123 0\n", Memory(300 * PAGE, 300 * PAGE, exact=False)),
        ("Pss: many kB", "9000 500 200 5 0 1 0\n", Memory(300 * PAGE, 300 * PAGE, exact=False)),
        (None, "0 0 0 0 0 0 0\n", None),
        (None, "nothing", None),
        (None, None, None),
    ],
)
def test_what_is_written(
    rollup: str | None, statm: str | None, found: Memory | None, tmp_path: Path
) -> None:
    """The kernel's sums, else the estimate, else nothing."""
    assert measure(process(tmp_path, rollup, statm), str(tmp_path)) == found


GROWING = """
import mmap, os, sys
sys.path.insert(0, sys.argv[1])
from supervisor.runtime.memory import measure
before = measure(os.getpid())
with mmap.mmap(-1, 32 << 20) as block:
    for page in range(0, 32 << 20, mmap.PAGESIZE):
        block[page] = 1
    after = measure(os.getpid())
print(before.exact, 0 < before.uss <= before.pss, after.uss - before.uss)
"""


@pytest.mark.process
def test_our_own_memory() -> None:
    """It grows by what is written to, and a file's clean pages are not ours alone.

    Asked in a process that does nothing else: what this one shares with children that it has
    forked, or frees in other threads, changes while others' tests end.
    """
    exact, within, grown = _asked(GROWING).split()
    assert (exact, within) == ("True", "True")
    assert int(grown) == pytest.approx(32 << 20, abs=1 << 20)


HIDDEN = """
import os, sys
sys.path.insert(0, sys.argv[1])
from supervisor.runtime.memory import measure
os.setresuid(65534, 65534, 65534)
found = measure(int(sys.argv[2]))
print(found.exact, found.pss > 0) if found else print(None)
"""


@pytest.mark.process
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_pages_that_may_not_be_seen() -> None:
    """Another user's process, without CAP_SYS_PTRACE: the estimate, and it says so."""
    assert _asked(HIDDEN, str(os.getpid())) == "False True\n"


def test_nobody() -> None:
    """Gone is gone."""
    assert measure(2**22 + 1) is None


def _asked(program: str, *words: str) -> str:
    """What a program of its own prints."""
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-I", "-S", "-c", program, root, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
