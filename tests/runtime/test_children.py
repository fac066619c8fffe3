"""Children, orphans and strangers: reaped, held and signalled as what they are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from supervisor.runtime.process import UNKNOWN, Process, moment_of, name_of, parent_and_birth
from tests.runtime.household import SCENES

ROOT = Path(__file__).parents[2]


@pytest.mark.process
@pytest.mark.parametrize("scene", SCENES)
def test_a_scene(scene: str) -> None:
    """Each scene's own docstring says what it proves."""
    command = [sys.executable, "-m", "tests.runtime.household", scene]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            told, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, told


def test_what_is_known_of_a_process() -> None:
    """Name, parent and birth, which is in the past."""
    ours = Process(os.getpid(), "test")
    assert ours.parent == os.getppid()
    assert ours.is_still_there()
    assert ours.started == pytest.approx(moment_of(ours.birth), abs=0.1)
    assert ours.send(0)
    assert ours.was_sent(0)
    assert not ours.was_sent(signal.SIGKILL)
    ours.let_go()
    ours.let_go()


def test_nobody_has_that_pid() -> None:
    """Above the kernel's limit, nobody ever has."""
    nobody = 1 << 23
    assert name_of(nobody) == "?"
    assert parent_and_birth(nobody) == (UNKNOWN, UNKNOWN)
    with pytest.raises(ProcessLookupError):
        Process(nobody, "test")
