"""PID 1 is light in fact: asked of a running one, not of its source."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.sources import ROOT
from tests.runtime.kept import GRACEKEEPER, Kept

pytestmark = pytest.mark.process
# What a front may use and PID 1 must not carry; each brings others.
HEAVY = {"click", "psutil", "structlog", "asyncio", "dataclasses", "enum", "json", "re", "socket"}
HEAVY |= {"ctypes", "logging", "pathlib", "selectors", "subprocess", "typing", "contextlib", "site"}
MOST_ANONYMOUS_KIB = 4608  # 4.5 MiB
SIGNALFD = """
import ctypes, os, sys
mask = (ctypes.c_ulong * 16)()
mask[0] = 1 << 14 | 1 << 16
fd = ctypes.CDLL(None).signalfd(-1, ctypes.byref(mask), 0o4000)
os.environ["GRACEKEEPER_SIGNAL_FD"] = f"{fd}+"  # as the launcher leaves one
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def test_what_a_whole_life_imports(tmp_path: Path) -> None:
    """From the first line to the report, with a control socket: nothing that is rich."""
    main = str(ROOT / "supervisor/__main__.py")
    life = ("-I", "-S", "-X", "importtime", main, "run", "--control", str(tmp_path / "c"), "--")
    command = [sys.executable, "-c", SIGNALFD, *life, "true"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert '"event": "report"' in done.stdout
    imported = set(re.findall(r"^import time:.*\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "supervisor.runtime.keeper" in imported
    assert "supervisor.report.build" in imported
    assert {name.partition(".")[0] for name in imported} & HEAVY == set()


def test_what_a_running_one_has_mapped(tmp_path: Path) -> None:
    """Its libraries, by its own map; and how much memory is its alone (proc(5), smaps_rollup)."""
    with Kept(tmp_path, *GRACEKEEPER, "--", "sleep", "600") as kept:
        kept.wait_for("ready")
        kept.wait_until(lambda: asleep(kept.pid) or None, "an idle keeper")
        maps = Path(f"/proc/{kept.pid}/maps").read_text()
        mapped = set(re.findall(r"/lib-dynload/(\w+)\.", maps))
        assert mapped <= {"_json", "_socket", "select"}, mapped
        assert "site-packages" not in maps
        usage = Path(f"/proc/{kept.pid}/smaps_rollup").read_text()
        anonymous = int(re.search(r"^Anonymous: +(\d+) kB", usage, re.MULTILINE)[1])  # type: ignore[index]
        assert anonymous <= MOST_ANONYMOUS_KIB
        kept.ask()
        assert kept.end() == 143


def asleep(pid: int) -> bool:
    """Whether it waits for news."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
