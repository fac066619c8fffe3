"""Fresh PID namespaces, where a keeper is PID 1."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.runtime.kept import Kept, descendants

UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
NEEDS_UNSHARE = pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare"
)


def init_of(kept: Kept) -> int:
    """The keeper's pid as we see it; below `unshare` it is PID 1 somewhere."""
    if kept.process.args[0] != "unshare":  # type: ignore[index]
        return kept.pid
    family = kept.wait_until(lambda: descendants(kept.pid) or None, "PID 1")
    return family[-1]
